import { formatFigure } from '../units/figure-kind.ts'
import type { RecordedFlow } from './run-folder.ts'
import { shortTime } from './wording.ts'

/** The figures worth a column beside the packet counts. */
const shownCounts = ['lost', 'not-stamped', 'deadline-misses'] as const
const shownTimes = ['path-delay', 'wakeup-latency', 'sender-latency', 'arrival-latency'] as const

/** Flows and figures as rows of text, below two rows of headings. What was not measured is a dash. */
export function flowTable(flows: readonly RecordedFlow[]): { headings: string[][]; rows: string[][] } {
  const some = (isShown: (figures: RecordedFlow['figures']) => boolean) => flows.some(({ figures }) => isShown(figures))
  const counts = shownCounts.filter(name => name === 'lost' || some(figures => (figures[name] ?? '0') !== '0'))
  const times = shownTimes.filter(name => some(figures => figures[`${name}.mean`] !== undefined))
  return {
    headings: [
      ['flow', 'from', 'to', 'sent', ...counts, ...times.flatMap(name => [name, ''])],
      ['', '', '', '', ...counts.map(() => ''), ...times.flatMap(() => ['mean', 'max'])],
    ],
    rows: flows.map(({ name, from, to, sent, figures }) => [
      name,
      from,
      to,
      sent === undefined ? '-' : String(sent),
      ...counts.map(count => figures[count] ?? '-'),
      ...times.flatMap(time => [timeOf(figures[`${time}.mean`]), timeOf(figures[`${time}.max`])]),
    ]),
  }
}

const timeOf = (value: string | undefined) => (value === undefined ? '-' : shortTime(value))

/** What a tool measured, figure by figure with its unit: `received`, `941.5Mbit/s`; of several values, their statistics. */
export function figureCells({ figures, kinds = {} }: Pick<RecordedFlow, 'figures' | 'kinds'>): [string, string][] {
  return Object.entries(kinds).flatMap(([name, kind]): [string, string][] => {
    const format = (value: string) => formatFigure(kind, Number(value))
    const single = figures[name]
    if (single !== undefined) return [[name, format(single)]]
    const statistics = Object.entries(figures).filter(([key]) => key.startsWith(`${name}.`))
    const words = statistics.map(([key, value]) => `${key.slice(name.length + 1)} ${format(value)}`)
    return words.length === 0 ? [] : [[name, words.join(', ')]]
  })
}
