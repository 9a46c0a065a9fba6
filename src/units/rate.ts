import { type BitsPerSecond, bitsPerSecond } from './quantity.ts'
import { decimal, parseScaled, scaleOf } from './scaled.ts'

/**
 * Reads `100M`, `900Mbit/s`, `2.5Gbps`, `9600bit/s`, `0`: bits per second, by powers of 1000. Undefined when the text is no rate,
 * has no unit (only zero needs none) or names a fraction of a bit per second.
 */
export function parseRate(text: string): BitsPerSecond | undefined {
  const value = parseScaled(text, factorOf)
  return value === undefined ? undefined : bitsPerSecond(value)
}

function factorOf(suffix: string): bigint | undefined {
  const [, prefix = '', unit] = /^([kKMGT]?)(bit\/s|bps)?$/.exec(suffix) ?? []
  if (prefix === '') return unit === undefined ? undefined : 1n
  return decimal.find(([name]) => name === prefix.replace('K', 'k'))?.[1]
}

/** The shortest exact way to write a rate: `900Mbit/s`, `9600bit/s`, `0`. */
export function formatRate(rate: BitsPerSecond): string {
  if (rate === 0n) return '0'
  const [prefix, factor] = scaleOf(rate, decimal) ?? ['', 1n]
  return `${rate / factor}${prefix}bit/s`
}

const scales = [
  ['T', 1e12],
  ['G', 1e9],
  ['M', 1e6],
  ['k', 1e3],
] as const

/** A measured rate in bit/s for people, to four digits: `941.5Mbit/s`. */
export function showRate(rate: number): string {
  const [prefix, scale] = scales.find(([, least]) => Math.abs(rate) >= least) ?? ['', 1]
  return `${Number((rate / scale).toPrecision(4))}${prefix}bit/s`
}
