/** Bits per second of each prefix; as network tools mean it, k is 1000. */
const perPrefix = { '': 1n, k: 1_000n, K: 1_000n, M: 1_000_000n, G: 1_000_000_000n, T: 1_000_000_000_000n } as const

/**
 * Reads `900Mbit/s`, `2.5G`, `0` in bit/s. Undefined when the text is no rate, names a fraction of a bit/s, or has no
 * unit: a bare number could be anything, only zero needs none.
 */
export function parseRate(text: string): bigint | undefined {
  const match = /^(\d+)(?:\.(\d+))?\s*([kKMGT]?)(bit\/s|bps)?$/.exec(text.trim())
  if (match === null) return undefined
  const [, whole = '', fraction = '', prefix = '', unit] = match
  if (prefix === '' && unit === undefined) return /^0+$/.test(whole + fraction) ? 0n : undefined
  const scaled = BigInt(whole + fraction) * perPrefix[prefix as keyof typeof perPrefix]
  const divisor = 10n ** BigInt(fraction.length)
  return scaled % divisor === 0n ? scaled / divisor : undefined
}

const scales = [
  ['T', 1e12],
  ['G', 1e9],
  ['M', 1e6],
  ['k', 1e3],
] as const

/** bit/s for people, to four digits: `941.5Mbit/s`. */
export function formatRate(bitsPerSecond: number): string {
  const [prefix, scale] = scales.find(([, least]) => Math.abs(bitsPerSecond) >= least) ?? ['', 1]
  return `${Number((bitsPerSecond / scale).toPrecision(4))}${prefix}bit/s`
}
