import { quantile } from './quantile.ts'

/** Figures of a handful of results, such as the repetitions of a cell. Each needs one value at least, else it is NaN. */

export const meanOf = (sample: readonly number[]): number =>
  sample.reduce((sum, value) => sum + value, 0) / sample.length

/** Of a sample: divided by n - 1. NaN below two values. */
export function deviationOf(sample: readonly number[]): number {
  if (sample.length < 2) return Number.NaN
  const mean = meanOf(sample)
  return Math.sqrt(sample.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (sample.length - 1))
}

/** Of the mean: how far it would lie from that of other samples. */
export const standardError = (sample: readonly number[]) => deviationOf(sample) / Math.sqrt(sample.length)

export const ascending = (sample: readonly number[]): number[] => [...sample].sort((a, b) => a - b)

export const medianOf = (sample: readonly number[]): number => quantile(ascending(sample), 0.5)

/** Median absolute deviation from the median, times 1.4826: for normal values the standard deviation. */
export function madOf(sample: readonly number[]): number {
  const median = medianOf(sample)
  return 1.4826 * medianOf(sample.map(value => Math.abs(value - median)))
}

/** The mean without the share `trim` of the values, rounded down, at each end. */
export function trimmedMean(sample: readonly number[], trim: number): number {
  const cut = Math.floor(sample.length * trim)
  return meanOf(ascending(sample).slice(cut, sample.length - cut))
}

/** What holds also when a value went astray. */
export interface RobustSummary {
  readonly count: number
  readonly min: number
  /** First quartile, median, third quartile. */
  readonly low: number
  readonly median: number
  readonly high: number
  readonly max: number
  readonly mad: number
  /** Values more than 1.5 times the quartiles' distance outside them (Tukey, Exploratory Data Analysis, 1977). */
  readonly outliers: readonly number[]
}

/** Undefined for no values. */
export function robustSummary(sample: readonly number[]): RobustSummary | undefined {
  const sorted = ascending(sample)
  const [min, max] = [sorted[0], sorted.at(-1)]
  if (min === undefined || max === undefined) return undefined
  const [low, median, high] = [0.25, 0.5, 0.75].map(p => quantile(sorted, p)) as [number, number, number]
  const reach = 1.5 * (high - low)
  const outliers = sorted.filter(value => value < low - reach || value > high + reach)
  return { count: sample.length, min, low, median, high, max, mad: madOf(sample), outliers }
}
