import { type FigureKind, figureKinds } from '../units/figure-kind.ts'
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

const wordsOf = (kind: FigureKind) => ({
  kind,
  unit: figureKinds[kind].unit,
  format: (value: number | bigint) => figureKinds[kind].format(Number(value)),
})

/** A figure, and which of its statistics is wanted. */
export interface WantedFigure {
  readonly figure: string
  readonly statistic: string | undefined
}

/**
 * The wanted values alone: what is kept of a cell while others run. A figure with its packets takes as much memory as there
 * are packets, and an experiment of a thousand cells would hold them all.
 */
export function condensed(
  figures: ReadonlyMap<string, ReadFigure>,
  wanted: readonly WantedFigure[],
): Map<string, ReadFigure> {
  const kept = new Map<string, Map<string | undefined, number | bigint>>()
  for (const { figure, statistic } of wanted) {
    const value = figures.get(figure)?.value(statistic)
    if (value === undefined) continue
    kept.set(figure, (kept.get(figure) ?? new Map<string | undefined, number | bigint>()).set(statistic, value))
  }
  return new Map(
    [...figures].map(([name, { kind, unit, hasStatistics, format }]) => {
      const values = kept.get(name)
      return [name, { kind, unit, hasStatistics, format, value: statistic => values?.get(statistic) }]
    }),
  )
}

/**
 * The figures that a result.json holds: `lost` → `0`, `path-delay.mean` → `2157.070` (ns). Only the statistics that it keeps
 * are there; whoever wants another one needs the packet log. Without a kind of its own a figure is one of isochron's.
 */
export function figuresFromWords(
  words: Readonly<Record<string, string>>,
  kinds: Readonly<Record<string, FigureKind>> = {},
): Map<string, ReadFigure> {
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
      const own = kinds[name]
      const hasStatistics = !values.has(undefined)
      const words = own === undefined ? (hasStatistics ? times : counts) : { ...wordsOf(own), hasStatistics }
      return [name, { ...words, value: statistic => values.get(statistic) }]
    }),
  )
}
