import { type Random, random } from '../units/random.ts'
import { normalBelow, normalQuantile } from './distributions.ts'
import type { Interval } from './intervals.ts'
import { quantile } from './quantile.ts'

export interface BootstrapSettings {
  /** The same seed gives the same interval. */
  readonly seed: number
  /** Default 0.95. */
  readonly level?: number
  /** Default 9,999. */
  readonly resamples?: number
}

/** A number made of one or several samples, such as the ratio of two means. */
export type Statistic<T> = (...samples: readonly (readonly T[])[]) => number

/** The statistic of samples drawn from each of the samples with replacement, ascending. */
export function replicates<T>(
  samples: readonly (readonly T[])[],
  statistic: Statistic<T>,
  { seed, resamples = 9999 }: BootstrapSettings,
): Float64Array {
  const numbers = random(seed)
  return Float64Array.from({ length: resamples }, () =>
    statistic(...samples.map(sample => resampled(sample, numbers))),
  ).sort()
}

const resampled = <T>(sample: readonly T[], { below }: Random): T[] =>
  sample.map(() => sample[below(sample.length)] as T) // below gives an index

/** The middle `level` of the replicates (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13). */
export function percentileInterval<T>(
  samples: readonly (readonly T[])[],
  statistic: Statistic<T>,
  settings: BootstrapSettings,
): Interval {
  const level = settings.level ?? 0.95
  const sorted = replicates(samples, statistic, settings)
  return { low: quantile(sorted, (1 - level) / 2, 6), high: quantile(sorted, (1 + level) / 2, 6), level }
}

/** The interval BCa, bias-corrected and accelerated (Efron and Tibshirani 1993, chapter 14). */
export function bcaInterval<T>(
  samples: readonly (readonly T[])[],
  statistic: Statistic<T>,
  settings: BootstrapSettings,
): Interval {
  const level = settings.level ?? 0.95
  const sorted = replicates(samples, statistic, settings)
  const bias = biasOf(sorted, statistic(...samples))
  const acceleration = accelerationOf(samples, statistic)
  const bound = (p: number) => {
    const moved = bias + normalQuantile(p)
    return quantile(sorted, normalBelow(bias + moved / (1 - acceleration * moved)), 6)
  }
  return { low: bound((1 - level) / 2), high: bound((1 + level) / 2), level }
}

/**
 * z0: where the estimate itself lies among its replicates. Those equal to it count half, as a statistic with few values
 * needs; where all lie on one side it is as if one half of a replicate lay on the other.
 */
export function biasOf(replicas: Float64Array, estimate: number): number {
  let below = 0
  for (const value of replicas) below += value < estimate ? 1 : value === estimate ? 0.5 : 0
  return normalQuantile(Math.min(Math.max(below, 0.5), replicas.length - 0.5) / replicas.length)
}

/**
 * a, from what each value contributes to the statistic, by the jackknife; over several samples as Davison and Hinkley
 * (Bootstrap Methods and their Application, 1997, section 5.3) weigh them. Zero where nothing contributes.
 */
export function accelerationOf<T>(samples: readonly (readonly T[])[], statistic: Statistic<T>): number {
  let [cubes, squares] = [0, 0]
  samples.forEach((sample, at) => {
    const without = sample.map((_, left) => statistic(...samples.with(at, sample.toSpliced(left, 1))))
    const mean = without.reduce((sum, value) => sum + value, 0) / without.length
    for (const value of without) {
      const influence = ((sample.length - 1) * (mean - value)) / sample.length
      cubes += influence ** 3
      squares += influence ** 2
    }
  })
  const acceleration = cubes / (6 * squares ** 1.5)
  return Number.isFinite(acceleration) ? acceleration : 0
}
