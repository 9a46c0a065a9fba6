/** The functions behind the distributions. Sections are those of the NIST Digital Library of Mathematical Functions. */

const enough = 1e-16
const mostTerms = 10_000

/** Natural logarithm of the gamma function, x > 0. Section 5.11: Stirling's series, after moving up to where it is exact. */
export function logGamma(x: number): number {
  if (x < 10) return logGamma(x + 1) - Math.log(x)
  const inverse = 1 / (x * x)
  const coefficients = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360_360, 1 / 156]
  const series = coefficients.reduceRight((sum, coefficient) => sum * inverse + coefficient, 0) / x
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + series
}

/** The lower regularised incomplete gamma function P(a, x) and the upper Q(a, x) = 1 - P, each exact where it is small. */
export function incompleteGamma(a: number, x: number): { readonly lower: number; readonly upper: number } {
  if (x <= 0) return { lower: 0, upper: 1 }
  const scale = Math.exp(a * Math.log(x) - x - logGamma(a))
  if (x < a + 1) {
    const lower = scale * gammaSeries(a, x)
    return { lower, upper: 1 - lower }
  }
  // Section 8.9.2, as its even part: x + 1 - a - 1 (1 - a) / (x + 3 - a - …)
  const upper = scale / continuedFraction(x + 1 - a, k => [k * (a - k), x + 1 - a + 2 * k])
  return { lower: 1 - upper, upper }
}

/** Section 8.11.4. */
function gammaSeries(a: number, x: number): number {
  let term = 1 / a
  let sum = term
  for (let k = 1; k < mostTerms && term > sum * enough; k++) {
    term *= x / (a + k)
    sum += term
  }
  return sum
}

/** The regularised incomplete beta function I_x(a, b), 0 <= x <= 1. Section 8.17.22, on the side where it is quick. */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0
  if (x >= 1) return 1
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a)
  const scale = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a
  return (
    scale /
    continuedFraction(1, k => {
      const m = Math.floor(k / 2)
      const odd = -((a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
      const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
      return [k % 2 === 1 ? odd : even, 1]
    })
  )
}

/** first + a1 / (b1 + a2 / (b2 + …)) by the method of Lentz (section 3.10). `partOf` gives a and b of the k-th part. */
function continuedFraction(first: number, partOf: (k: number) => readonly [number, number]): number {
  const never0 = (value: number) => (value === 0 ? 1e-300 : value)
  let value = never0(first)
  let c = value
  let d = 0
  for (let k = 1; k < mostTerms; k++) {
    const [a, b] = partOf(k)
    d = 1 / never0(b + a * d)
    c = never0(b + a / c)
    value *= c * d
    if (Math.abs(c * d - 1) < enough) break
  }
  return value
}
