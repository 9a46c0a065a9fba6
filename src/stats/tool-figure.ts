import { parseDuration } from '../units/duration.ts'
import { formatTime } from '../units/format-time.ts'
import { parseRate, showRate } from '../units/rate.ts'

/** What a figure is a number of. */
export type FigureKind = keyof typeof figureKinds

interface KindOfFigure {
  /** The unit of its values. */
  readonly unit: string
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
    unit: 'ns',
    expects: 'a duration with its unit, such as 10us',
    parse: text => optionalNumber(parseDuration(text)),
    format: value => (Number.isFinite(value) ? formatTime(value, 3) : 'infinite'),
  },
  rate: {
    unit: 'bit/s',
    expects: 'a rate with its unit, such as 900Mbit/s',
    parse: text => optionalNumber(parseRate(text)),
    format: showRate,
  },
  ratio: {
    unit: '%',
    expects: 'a share, such as 0.5%',
    parse: text => (/^\s*\d+(\.\d+)?\s*%\s*$/.test(text) ? Number.parseFloat(text) : undefined),
    format: value => `${Number(value.toPrecision(6))}%`,
  },
  octets: {
    unit: 'B',
    expects: 'octets, bare or written 1500B',
    parse: text => bare(text.replace(/\s*B\s*$/, '')),
    format: value => `${value}B`,
  },
  count: {
    unit: '',
    expects: 'a bare number',
    parse: bare,
    format: value => String(value),
  },
} as const satisfies Readonly<Record<string, KindOfFigure>>

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

export type ToolFigure = OneFigure | SpreadFigure

export interface OneFigure {
  readonly shape: 'one'
  readonly kind: FigureKind
  readonly value: number
}

/** Values of which the tool named statistics, gave samples, or both; what the tool itself says counts. */
export interface SpreadFigure {
  readonly shape: 'spread'
  readonly kind: FigureKind
  readonly said: Readonly<Partial<Record<'min' | 'mean' | 'max' | 'stddev', number>>>
  /** Ascending; empty when the tool gave none. */
  readonly samples: Float64Array
}

export const one = (kind: FigureKind, value: number): OneFigure => ({ shape: 'one', kind, value })

/** Undefined when nothing was measured. Takes the samples over. */
export function spread(
  kind: FigureKind,
  samples: Float64Array,
  said: SpreadFigure['said'] = {},
): SpreadFigure | undefined {
  if (samples.length === 0 && Object.keys(said).length === 0) return undefined
  return { shape: 'spread', kind, said, samples: samples.sort() }
}

/** `statistic` undefined: the value of a single figure. Undefined when the figure has no such thing. */
export function measuredValue(figure: ToolFigure, statistic: string | undefined): number | undefined {
  if (figure.shape === 'one') return statistic === undefined ? figure.value : undefined
  return statistic === undefined ? undefined : statisticOfSpread(figure, statistic)
}

function statisticOfSpread({ said, samples }: SpreadFigure, name: string): number | undefined {
  const told = Object.hasOwn(said, name) ? said[name as keyof typeof said] : undefined
  if (told !== undefined) return told
  if (samples.length === 0) return undefined
  switch (name) {
    case 'min':
      return samples[0]
    case 'max':
      return samples.at(-1)
    case 'mean':
      return mean(samples)
    case 'stddev':
      return Math.sqrt(mean(samples.map(value => (value - mean(samples)) ** 2)))
    default:
      return percentile(samples, name)
  }
}

const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length

/** By nearest rank, computed in whole numbers: always a value that was measured. */
function percentile(samples: Float64Array, name: string): number | undefined {
  const match = /^p(\d{1,3})(?:\.(\d{1,9}))?$/.exec(name)
  if (match === null) return undefined
  const [, whole = '', fraction = ''] = match
  const all = 100n * 10n ** BigInt(fraction.length)
  const rank = Number((BigInt(whole + fraction) * BigInt(samples.length) + all - 1n) / all)
  return rank > samples.length ? undefined : samples[Math.max(rank, 1) - 1]
}

/** A value of a figure with its unit. */
export const formatFigure = (kind: FigureKind, value: number): string => figureKinds[kind].format(value)

/** A limit of `expect` in the unit of the figure; undefined when it is not written as the figure asks. */
export const parseLimit = (kind: FigureKind, text: string): number | undefined => figureKinds[kind].parse(text)
