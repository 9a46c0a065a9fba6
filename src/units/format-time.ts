/** Picoseconds of each unit, largest first. */
const scales = [
  ['s', 1_000_000_000_000n],
  ['ms', 1_000_000_000n],
  ['us', 1_000_000n],
  ['ns', 1_000n],
] as const

/** Nanoseconds for people, exact to a thousandth of one: `2.157us`, `-512.25ns`, `0`. `places` rounds the decimals. */
export function formatTime(value: number | bigint, places = 12): string {
  const total = picoseconds(value)
  const size = total < 0n ? -total : total
  const [unit, scale] = scales.find(([, least]) => size >= least) ?? scales[3]
  const step = 10n ** BigInt(Math.max(0, String(scale).length - 1 - places))
  const rounded = ((size + step / 2n) / step) * step
  if (rounded === 0n) return '0'
  const fraction = String(rounded % scale).padStart(String(scale).length - 1, '0')
  return `${total < 0n ? '-' : ''}${rounded / scale}.${fraction}`.replace(/\.?0+$/, '') + unit
}

/** A double has no thousandths left beyond 2^43 ns; multiplying there would make some up. */
const picoseconds = (value: number | bigint) =>
  typeof value === 'bigint' || Math.abs(value) > 2 ** 43
    ? BigInt(typeof value === 'bigint' ? value : Math.round(value)) * 1000n
    : BigInt(Math.round(value * 1000))
