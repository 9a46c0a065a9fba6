import type { FigureKind } from '../units/figure-kind.ts'
import { sortAscending } from './order.ts'

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
  return { shape: 'spread', kind, said, samples: sortAscending(samples) }
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
      return deviation(samples)
    default:
      return percentile(samples, name)
  }
}

const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length

function deviation(values: Float64Array): number {
  const middle = mean(values)
  return Math.sqrt(mean(values.map(value => (value - middle) ** 2)))
}

/** By nearest rank, computed in whole numbers: always a value that was measured. */
function percentile(samples: Float64Array, name: string): number | undefined {
  const match = /^p(\d{1,3})(?:\.(\d{1,9}))?$/.exec(name)
  if (match === null) return undefined
  const [, whole = '', fraction = ''] = match
  const all = 100n * 10n ** BigInt(fraction.length)
  const rank = Number((BigInt(whole + fraction) * BigInt(samples.length) + all - 1n) / all)
  return rank > samples.length ? undefined : samples[Math.max(rank, 1) - 1]
}
