import { incompleteBeta, incompleteGamma } from './special-functions.ts'

/** The share of the standard normal distribution above z, for z of zero and more: exact also where it is tiny. */
const normalAbove = (z: number) => incompleteGamma(0.5, (z * z) / 2).upper / 2

/** The share of Student's distribution with `freedom` degrees of freedom above t, for t of zero and more. */
const studentAbove = (t: number, freedom: number) => incompleteBeta(freedom / (freedom + t * t), freedom / 2, 0.5) / 2

/** The share of the standard normal distribution below z. */
export const normalBelow = (z: number): number => (z < 0 ? normalAbove(-z) : 1 - normalAbove(z))

/** The z below which the share p lies; infinite for 0 and 1. */
export const normalQuantile = (p: number): number => bothTails(p, normalAbove)

/** The t below which the share p of Student's distribution lies; infinite for 0 and 1. */
export const studentQuantile = (p: number, freedom: number): number => bothTails(p, t => studentAbove(t, freedom))

/** The x below which the share p of the chi-square distribution lies; infinite for 1. */
export function chiSquareQuantile(p: number, freedom: number): number {
  if (p >= 1) return Infinity
  const shares = (x: number) => incompleteGamma(freedom / 2, x / 2)
  return whereEnds(p < 0.5 ? x => shares(x).lower < p : x => shares(x).upper > 1 - p)
}

/** The quantile of a distribution that is symmetric around 0. */
function bothTails(p: number, above: (x: number) => number): number {
  const tail = Math.min(p, 1 - p)
  const distance = tail <= 0 ? Infinity : whereEnds(x => above(x) > tail)
  return p < 0.5 ? -distance : distance
}

/** Up to which x, from 0, something holds, to the last digit, by halving. */
function whereEnds(holds: (x: number) => boolean): number {
  let [low, high] = [0, 1]
  while (holds(high)) {
    low = high
    high *= 2
  }
  for (;;) {
    const middle = (low + high) / 2
    if (middle <= low || middle >= high) return middle
    if (holds(middle)) low = middle
    else high = middle
  }
}
