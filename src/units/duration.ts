import { type Nanoseconds, ns } from './quantity.ts'

const nsPer = {
  ns: 1n,
  us: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  min: 60_000_000_000n,
  h: 3_600_000_000_000n,
} as const
type DurationUnit = keyof typeof nsPer

/** The units a duration may be written with. */
export const durationUnits = Object.keys(nsPer) as readonly DurationUnit[]

/**
 * Reads `10ms`, `-2.5us`, `1h`, `0`: exact to the nanosecond. Undefined when the text is no duration, has no unit
 * (only zero needs none) or names a fraction of a nanosecond.
 */
export function parseDuration(text: string): Nanoseconds | undefined {
  const match = /^([+-]?)(\d+)(?:\.(\d+))?\s*([a-zµ]*)$/.exec(text.trim())
  if (match === null) return undefined
  const [, sign, whole = '', fraction = '', name = ''] = match
  if (name === '') return /^0+$/.test(whole + fraction) ? ns(0n) : undefined
  const scale = nsPer[(name === 'µs' ? 'us' : name) as DurationUnit]
  if (scale === undefined) return undefined
  const scaled = BigInt(whole + fraction) * scale
  const divisor = 10n ** BigInt(fraction.length)
  if (scaled % divisor !== 0n) return undefined
  return ns((sign === '-' ? -1n : 1n) * (scaled / divisor))
}

/** The shortest exact way to write a duration: `10ms`, `1.5s`, `-100ns`, `0`. */
export function formatDuration(length: Nanoseconds): string {
  if (length === 0n) return '0'
  const size = length < 0n ? -length : length
  const name = (['s', 'ms', 'us'] as const).find(each => size >= nsPer[each]) ?? 'ns'
  const whole = size / nsPer[name]
  const rest = size % nsPer[name]
  const digits = String(nsPer[name]).length - 1
  const fraction = rest === 0n ? '' : `.${String(rest).padStart(digits, '0').replace(/0+$/, '')}`
  return `${length < 0n ? '-' : ''}${whole}${fraction}${name}`
}
