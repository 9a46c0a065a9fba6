import { formatTime } from '../units/format-time.ts'
import { type Figure, statisticOf } from './figure.ts'

/** A figure of any tool, as far as judging and tables need it. */
export interface ReadFigure {
  /** What it is a number of: `time`, `count`, `rate`, … */
  readonly kind: string
  /** Of its values: `ns` for a time, empty for a count. */
  readonly unit: string
  /** Whether it has statistics, such as a mean, or is one number. */
  readonly hasStatistics: boolean
  /** In its unit; undefined when the figure has no such statistic. */
  value(statistic: string | undefined): number | bigint | undefined
  /** With its unit, for people. */
  format(value: number | bigint): string
}

/** What was measured of one flow in one cell. */
export interface FlowReading {
  /** `parallel=2@3` */
  readonly cell: string
  /** What the cell repeats: `parallel=2`. */
  readonly configuration: string
  readonly flow: string
  readonly from: string
  readonly to: string
  /** Where the figures come from, for people: a path. */
  readonly file: string
  /** Undefined when nothing could be read. */
  readonly figures: ReadonlyMap<string, ReadFigure> | undefined
  /** Why the cell does not count; empty when it does. */
  readonly invalid: readonly string[]
}

export const readFigure = (figure: Figure): ReadFigure =>
  figure.kind === 'count'
    ? { ...counts, value: name => (name === undefined ? figure.value : undefined) }
    : { ...times, value: name => (name === undefined ? undefined : statisticOf(figure, name)) }

const counts = { kind: 'count', unit: '', hasStatistics: false, format: String } as const
const times = {
  kind: 'time',
  unit: 'ns',
  hasStatistics: true,
  format: (value: number | bigint) => formatTime(value),
} as const

/**
 * The figures that a result.json holds: `lost` → `0`, `path-delay.mean` → `2157.070` (ns). Only the statistics that it keeps
 * are there; whoever wants another one needs the packet log.
 */
export function figuresFromWords(words: Readonly<Record<string, string>>): Map<string, ReadFigure> {
  const figures = new Map<string, Map<string | undefined, number | bigint>>()
  for (const [name, text] of Object.entries(words)) {
    const value = /^-?\d+$/.test(text) ? BigInt(text) : Number(text)
    if (text.trim() === '' || Number.isNaN(Number(value))) continue
    const [figure = name, statistic] = /^([^.]+)(?:\.(.+))?$/.exec(name)?.slice(1) ?? []
    const known = figures.get(figure) ?? new Map<string | undefined, number | bigint>()
    figures.set(figure, known.set(statistic, value))
  }
  return new Map(
    [...figures].map(([name, values]) => {
      const words = values.has(undefined) ? counts : times
      return [name, { ...words, value: statistic => values.get(statistic) }]
    }),
  )
}
