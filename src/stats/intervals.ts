import { chiSquareQuantile, studentQuantile } from './distributions.ts'
import { deviationOf, meanOf, standardError } from './sample.ts'

/** Where a figure lies with the confidence `level`, 0.95 for 95 %. */
export interface Interval {
  readonly low: number
  readonly high: number
  readonly level: number
}

/** Of the mean of normal values, by Student's distribution. Undefined below two values. */
export function meanInterval(sample: readonly number[], level = 0.95): Interval | undefined {
  if (sample.length < 2) return undefined
  const reach = studentQuantile((1 + level) / 2, sample.length - 1) * standardError(sample)
  return { low: meanOf(sample) - reach, high: meanOf(sample) + reach, level }
}

/** Of the standard deviation of normal values, by the chi-square distribution. Undefined below two values. */
export function deviationInterval(sample: readonly number[], level = 0.95): Interval | undefined {
  const freedom = sample.length - 1
  if (freedom < 1) return undefined
  const bound = (p: number) => deviationOf(sample) * Math.sqrt(freedom / chiSquareQuantile(p, freedom))
  return { low: bound((1 + level) / 2), high: bound((1 - level) / 2), level }
}
