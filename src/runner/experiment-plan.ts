import type { Cell } from '../playbook/cells.ts'
import type { Experiment } from '../playbook/load-experiment.ts'
import { settledCells } from './experiment-start.ts'
import { planInWords } from './plan.ts'
import { type Span, spanInWords, testSpan } from './test-span.ts'

/** The plan of an experiment: its cells in the order written, how long they take, and then the first of them whole. */
export function experimentInWords(experiment: Experiment, only?: readonly string[]): string {
  const { configurations, repetition, shuffle, until, playOf } = experiment
  const cells = settledCells(experiment, undefined, only)
  const [first] = cells
  if (first === undefined) throw new TypeError('an experiment has cells')
  const spans = new Map(configurations.map(each => [each.id, testSpan(playOf(each))]))
  const order =
    shuffle === 'no' ? '' : `, shuffled${shuffle === 'random' ? '; the run says its seed' : ` with seed ${shuffle}`}`
  const { repeat, warmup } = repetition
  const least = until === undefined ? '' : `, or fewer: until ${until.text}`
  const times = [
    `${until === undefined ? '' : 'at most '}${repeat} times${least}`,
    ...(warmup === 0 ? [] : [`${warmup} before they count`]),
  ].join(', ')
  return [
    `${counted(cells.length, 'cell')}: ${counted(configurations.length, 'configuration')}, each ${times}${order}\n`,
    `${estimate(experiment, cells, spans)}\n\n`,
    ...cells.map(({ number, id }) => `${String(number ?? '-').padStart(6)}  ${id}\n`),
    `\nThe first of them:\n\n${planInWords(playOf(first.configuration))}`,
  ].join('')
}

function estimate({ pause }: Experiment, cells: readonly Cell[], spans: ReadonlyMap<string, Span>): string {
  const each = cells.map(({ configuration: { id } }) => spans.get(id) ?? { span: 0n, open: false })
  const pauses = pause * BigInt(cells.length - 1)
  const total = each.reduce((sum, { span }) => sum + span, pauses)
  const least = each.some(({ open }) => open) ? 'at least ' : 'about '
  const within = pauses === 0n ? '' : `, ${spanInWords(pauses)} of it pauses`
  return `${least}${spanInWords(total)} in all${within}; set-up, clocks that come into step and attempts that are void come on top`
}

const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`
