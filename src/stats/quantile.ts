/**
 * The nine sample quantiles of Hyndman and Fan (Sample Quantiles in Statistical Packages, The American Statistician 50,
 * 1996), by their numbers, which are R's `type` too.
 *
 * A percentile of packets is type 1 wherever it is shown, judged or kept: always a value that was measured. A quantile of
 * results, which are few (repetitions, cells), is `quantileOfResults`, type 7: what R, NumPy and spreadsheets give unasked.
 */
export type QuantileType = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9
export const quantileOfResults = 7 satisfies QuantileType

/** For types 4 to 9: the k-th of n values stands at (k - a) / (n + 1 - a - b). */
const positions = {
  4: [0, 1],
  5: [1 / 2, 1 / 2],
  6: [0, 0],
  7: [1, 1],
  8: [1 / 3, 1 / 3],
  9: [3 / 8, 3 / 8],
} as const

/** Of ascending values; `p` from 0 to 1. NaN of none. */
export function quantile(ascending: ArrayLike<number>, p: number, type: QuantileType = quantileOfResults): number {
  const n = ascending.length
  if (n === 0) return Number.NaN
  const rank = rankOf(p, n, type)
  // A product such as 0.999 * 1000 misses the whole number that it means by its rounding.
  const near = Math.abs(rank - Math.round(rank)) <= 4 * Number.EPSILON * Math.max(1, Math.abs(rank))
  const below = near ? Math.round(rank) : Math.floor(rank)
  const [low, high] = [below, below + 1].map(k => ascending[Math.min(Math.max(k, 1), n) - 1] as number) as [
    number,
    number,
  ]
  return between(low, high, shareOfHigher(near ? 0 : rank - below, below, type))
}

function rankOf(p: number, n: number, type: QuantileType): number {
  if (type === 1 || type === 2) return n * p
  if (type === 3) return n * p - 0.5
  const [a, b] = positions[type]
  return a + p * (n + 1 - a - b)
}

/** How much of the value is that of the higher neighbour, from how far the rank lies above the lower one. */
function shareOfHigher(above: number, below: number, type: QuantileType): number {
  if (type === 1) return above > 0 ? 1 : 0
  if (type === 2) return above > 0 ? 1 : 0.5
  if (type === 3) return above === 0 && below % 2 === 0 ? 0 : 1
  return above
}

/** An infinite neighbour leaves no room between. */
function between(low: number, high: number, share: number): number {
  if (share === 0 || low === high) return low
  if (share === 1) return high
  if (!Number.isFinite(high - low)) return Number.isFinite(low) ? high : low
  return low + share * (high - low)
}
