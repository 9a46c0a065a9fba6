import type { Column } from './metrics.ts'

/** The extremes of a column with where they are (an index), and its mean and deviation. */
export interface Moments {
  readonly min: bigint
  readonly max: bigint
  readonly minAt: number
  readonly maxAt: number
  readonly mean: number
  /** Of the population: divided by n. */
  readonly stddev: number
}

/**
 * Undefined for an empty column. Goes from the last value to the first, adds in double precision and takes only a
 * strictly smaller or larger value for an extreme, as `isochron report` does: the same digits, and among equals the last.
 */
export function momentsOf(values: Column): Moments | undefined {
  const last = values.length - 1
  if (last < 0) return undefined
  const { minAt, maxAt, sum } = values instanceof Float64Array ? walked(values) : widelyWalked(values)
  const mean = sum / values.length
  const at = (index: number) => BigInt(values[index] ?? 0)
  return { min: at(minAt), max: at(maxAt), minAt, maxAt, mean, stddev: deviation(values, mean) }
}

type Walked = Pick<Moments, 'minAt' | 'maxAt'> & { readonly sum: number }

function walked(values: Float64Array): Walked {
  let [minAt, maxAt] = [values.length - 1, values.length - 1]
  let [min, max] = [values[minAt] as number, values[maxAt] as number] // not empty
  let sum = 0
  for (let i = minAt; i >= 0; i--) {
    const value = values[i] as number // i is in bounds
    sum += value
    if (value < min) {
      min = value
      minAt = i
    }
    if (value > max) {
      max = value
      maxAt = i
    }
  }
  return { minAt, maxAt, sum }
}

/** The same for values that are not exact in a double. */
function widelyWalked(values: BigInt64Array): Walked {
  let [minAt, maxAt, sum] = [values.length - 1, values.length - 1, 0]
  for (let i = minAt; i >= 0; i--) {
    sum += Number(values[i])
    if ((values[i] as bigint) < (values[minAt] as bigint)) minAt = i
    if ((values[i] as bigint) > (values[maxAt] as bigint)) maxAt = i
  }
  return { minAt, maxAt, sum }
}

/** The mean, added up from the first value to the last: the last digits differ where sums pass 2^53. */
export function meanInOrder(values: Column): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += Number(values[i])
  return sum / values.length
}

function deviation(values: Column, mean: number): number {
  let squares = 0
  for (let i = values.length - 1; i >= 0; i--) {
    const distance = Number(values[i]) - mean
    squares += distance * distance
  }
  return Math.sqrt(squares / values.length)
}
