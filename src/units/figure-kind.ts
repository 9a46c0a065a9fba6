import { parseDuration } from './duration.ts'
import { formatTime } from './format-time.ts'
import { parseRate, showRate } from './rate.ts'

/** What a figure is a number of. */
export type FigureKind = keyof typeof figureKinds

interface KindOfFigure {
  /** The unit of its values. */
  readonly unit: string
  /** `a time`. */
  readonly article: string
  /** What a limit looks like in `expect`, in words. */
  readonly expects: string
  /** A limit as written, in the unit. */
  parse(text: string): number | undefined
  /** With its unit, for people. */
  format(value: number): string
}

const bare = (text: string) => (/^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : undefined)
const optionalNumber = (value: bigint | undefined) => (value === undefined ? undefined : Number(value))

export const figureKinds = {
  time: {
    article: 'a time',
    unit: 'ns',
    expects: 'a duration with its unit, such as 10us',
    parse: text => optionalNumber(parseDuration(text)),
    format: value => (Number.isFinite(value) ? formatTime(value, 3) : 'infinite'),
  },
  rate: {
    article: 'a rate',
    unit: 'bit/s',
    expects: 'a rate with its unit, such as 900Mbit/s',
    parse: text => optionalNumber(parseRate(text)),
    format: showRate,
  },
  ratio: {
    article: 'a share',
    unit: '%',
    expects: 'a share, such as 0.5%',
    parse: text => (/^\s*\d+(\.\d+)?\s*%\s*$/.test(text) ? Number.parseFloat(text) : undefined),
    format: value => `${Number(value.toPrecision(6))}%`,
  },
  octets: {
    article: 'a number of octets',
    unit: 'B',
    expects: 'octets, bare or written 1500B',
    parse: text => bare(text.replace(/\s*B\s*$/, '')),
    format: value => `${value}B`,
  },
  count: {
    article: 'a count',
    unit: '',
    expects: 'a bare number',
    parse: bare,
    format: value => String(value),
  },
} as const satisfies Readonly<Record<string, KindOfFigure>>

/** The statistics of a figure that are kept with a result; percentiles by nearest rank. */
export const keptStatistics = ['min', 'mean', 'max', 'stddev', 'p50', 'p99'] as const

/** `one`: a single value, without statistic. `spread`: values of which `expect` names a statistic. */
export type FigureShape = 'one' | 'spread'

/** What a figure is, before anything was measured. */
export interface FigureDescription {
  readonly kind: FigureKind
  readonly shape: FigureShape
  /** One line for the reference manual. */
  readonly summary: string
  /** Statistics that a spread can have; absent: all of them. */
  readonly statistics?: readonly string[]
}

/** A value of a figure with its unit. */
export const formatFigure = (kind: FigureKind, value: number): string => figureKinds[kind].format(value)

/** A limit of `expect` in the unit of the figure; undefined when it is not written as the figure asks. */
export const parseLimit = (kind: FigureKind, text: string): number | undefined => figureKinds[kind].parse(text)
