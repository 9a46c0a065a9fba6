/** A multiple of a unit: its prefix and how many of the unit it stands for. */
export type Scale = readonly [prefix: string, factor: bigint]

/** Powers of a thousand (SI); `K` is what many write for `k`. */
export const decimal = [
  ['T', 1_000_000_000_000n],
  ['G', 1_000_000_000n],
  ['M', 1_000_000n],
  ['k', 1_000n],
] as const satisfies readonly Scale[]

/** Powers of 1024 (IEC 80000-13). */
export const binary = [
  ['Ti', 1n << 40n],
  ['Gi', 1n << 30n],
  ['Mi', 1n << 20n],
  ['Ki', 1n << 10n],
] as const satisfies readonly Scale[]

/**
 * Reads digits, perhaps a decimal fraction, and a suffix that `factorOf` knows. Undefined for anything else, for a suffix that
 * is not known, and for a fraction of the smallest unit. Only zero needs no suffix.
 */
export function parseScaled(text: string, factorOf: (suffix: string) => bigint | undefined): bigint | undefined {
  const [, whole = '', fraction = '', suffix = ''] = /^(\d+)(?:\.(\d+))?\s*([A-Za-z/]*)$/.exec(text.trim()) ?? []
  if (whole === '') return undefined
  if (suffix === '') return /^0+$/.test(whole + fraction) ? 0n : undefined
  const factor = factorOf(suffix)
  if (factor === undefined) return undefined
  const scaled = BigInt(whole + fraction) * factor
  const divisor = 10n ** BigInt(fraction.length)
  return scaled % divisor === 0n ? scaled / divisor : undefined
}

/** The largest scale that divides the value: the shortest exact way to write it without a fraction. */
export const scaleOf = (value: bigint, scales: readonly Scale[]): Scale | undefined =>
  scales.find(([, factor]) => value >= factor && value % factor === 0n)
