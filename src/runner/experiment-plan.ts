import type { Cell } from '../playbook/cells.ts'
import type { Experiment } from '../playbook/load-experiment.ts'
import type { Play } from '../playbook/play.ts'
import { isochronTest, trafficLasts } from '../tools/isochron.ts'
import { trafficToolOf } from '../tools/traffic-tools.ts'
import { startLeadMs } from './common-start.ts'
import { settledCells } from './experiment-start.ts'
import { isIsochron } from './flow-tools.ts'
import { planInWords, plannedSite } from './plan.ts'

/** Of a cell: starting receivers, reading figures, writing its folder. */
const overheadNs = 300_000_000n

/** The plan of an experiment: its cells in the order written, how long they take, and then the first of them whole. */
export function experimentInWords(experiment: Experiment, only?: readonly string[]): string {
  const { configurations, repetition, shuffle, playOf } = experiment
  const cells = settledCells(experiment, undefined, only)
  const [first] = cells
  if (first === undefined) throw new TypeError('an experiment has cells')
  const spans = new Map(configurations.map(each => [each.id, spanOf(playOf(each))]))
  const order =
    shuffle === 'no' ? '' : `, shuffled${shuffle === 'random' ? '; the run says its seed' : ` with seed ${shuffle}`}`
  const { repeat, warmup } = repetition
  const times = [`${repeat} times`, ...(warmup === 0 ? [] : [`${warmup} before they count`])].join(', ')
  return [
    `${counted(cells.length, 'cell')}: ${counted(configurations.length, 'configuration')}, each ${times}${order}\n`,
    `${estimate(experiment, cells, spans)}\n\n`,
    ...cells.map(({ number, id }) => `${String(number ?? '-').padStart(6)}  ${id}\n`),
    `\nThe first of them:\n\n${planInWords(playOf(first.configuration))}`,
  ].join('')
}

interface Span {
  readonly span: bigint
  /** Whether nobody knows how long one of its flows goes on. */
  readonly open: boolean
}

function estimate({ pause }: Experiment, cells: readonly Cell[], spans: ReadonlyMap<string, Span>): string {
  const each = cells.map(({ configuration: { id } }) => spans.get(id) ?? { span: 0n, open: false })
  const pauses = pause * BigInt(cells.length - 1)
  const total = each.reduce((sum, { span }) => sum + span, pauses)
  const least = each.some(({ open }) => open) ? 'at least ' : 'about '
  const within = pauses === 0n ? '' : `, ${inWords(pauses)} of it pauses`
  return `${least}${inWords(total)} in all${within}; set-up, clocks that come into step and attempts that are void come on top`
}

/** From the receivers to the verdict when the first attempt at everything is a good one. */
function spanOf(play: Play): Span {
  const { sync, flows } = play
  const gate = sync?.gate
  const rounds = gate === undefined ? 0n : gate.every * BigInt(gate.good - 1)
  const held = gate !== undefined && gate.hold > rounds ? gate.hold : rounds
  const lasting = flows.map(flow => {
    if (isIsochron(flow)) return trafficLasts(isochronTest(flow.sender))
    const tool = trafficToolOf(flow)
    return tool?.sender(plannedSite(flow, tool, play)).lasts
  })
  const longest = lasting.reduce<bigint>((most, each) => (each !== undefined && each > most ? each : most), 0n)
  const lead = BigInt(startLeadMs(flows.length)) * 1_000_000n
  return { span: held + lead + longest + overheadNs, open: lasting.includes(undefined) }
}

function inWords(span: bigint): string {
  const seconds = Number((span + 999_999_999n) / 1_000_000_000n)
  if (seconds < 120) return `${seconds} s`
  const minutes = Math.ceil(seconds / 60)
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`
