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
export function momentsOf(values: BigInt64Array): Moments | undefined {
  const last = values.length - 1
  const first = values[last]
  if (first === undefined) return undefined
  let min = first
  let max = first
  let minAt = last
  let maxAt = last
  let sum = 0
  for (let i = last; i >= 0; i--) {
    const value = values[i] as bigint // i is in bounds
    sum += Number(value)
    if (value < min) {
      min = value
      minAt = i
    }
    if (value > max) {
      max = value
      maxAt = i
    }
  }
  const mean = sum / values.length
  return { min, max, minAt, maxAt, mean, stddev: deviation(values, mean) }
}

/** The mean, added up from the first value to the last: the last digits differ where sums pass 2^53. */
export function meanInOrder(values: BigInt64Array): number {
  let sum = 0
  for (const value of values) sum += Number(value)
  return sum / values.length
}

function deviation(values: BigInt64Array, mean: number): number {
  let squares = 0
  for (let i = values.length - 1; i >= 0; i--) {
    const distance = Number(values[i]) - mean
    squares += distance * distance
  }
  return Math.sqrt(squares / values.length)
}
