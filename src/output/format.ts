import { stripVTControlCharacters } from 'node:util'
import { abs, type Nanoseconds } from '../units/quantity.ts'

/**
 * An offset for a column: signed, whole ns below a microsecond, else three places in the unit that keeps it below
 * 1000: `-56ns`, `+1.234us`, `+37.000s`. Exact up to 1 ms, rounded above.
 */
export function formatOffset(offset: Nanoseconds): string {
  const size: bigint = abs(offset)
  const sign = offset > 0n ? '+' : offset < 0n ? '-' : ''
  if (size < 1000n) return `${sign}${size}ns`
  const [unit, scale] = scales.find(([, each]) => thousandths(size, each) < 1_000_000n) ?? ['s', 1_000_000_000n]
  const value = thousandths(size, scale)
  return `${sign}${value / 1000n}.${String(value % 1000n).padStart(3, '0')}${unit}`
}

const scales = [
  ['us', 1_000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
] as const
const thousandths = (size: bigint, scale: bigint) => (size * 1000n + scale / 2n) / scale

/** How long something took: `12ms`, `4.3s`, `2m05s`, `1h02m`. Fractions of the last unit shown are cut off. */
export function formatSpan(lengthMs: number): string {
  const ms = Math.max(0, Math.floor(lengthMs))
  if (ms < 1000) return `${ms}ms`
  const s = Math.floor(ms / 1000)
  if (s < 60) return `${s}.${Math.floor((ms % 1000) / 100)}s`
  if (s < 3600) return `${Math.floor(s / 60)}m${twoDigits(s % 60)}s`
  return `${Math.floor(s / 3600)}h${twoDigits(Math.floor(s / 60) % 60)}m`
}

const twoDigits = (value: number) => String(value).padStart(2, '0')

/** `1 host`, `3 hosts`. */
export const count = (size: number, thing: string, things = `${thing}s`) => `${size} ${size === 1 ? thing : things}`

/** Text of a stranger on one line: without escape sequences, every other control character a blank. */
export const clean = (text: string) =>
  stripVTControlCharacters(text)
    .replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .trimEnd()
