import type { TaiInstant } from '../units/quantity.ts'
import { parseIp } from './ip-address.ts'
import type { SendOption } from './isochron-send-options.ts'

/** A value, or why isochron would not read what the text says. */
export type Reading = { readonly value: bigint | string } | { readonly fault: string; readonly hint?: string }

/**
 * Reads a value as isochron 0.9 does, and refuses what it would read as something else than it says: junk behind digits,
 * no digits at all, a fraction below a nanosecond, octal seconds, negative fractions. `now` is for `+1.5`.
 */
export function readValue(option: SendOption, text: string, now: TaiInstant): Reading {
  if (text === '') return { fault: 'expected a value, got none' }
  const reading = readers[option.kind](text, now, option)
  if ('fault' in reading || typeof reading.value === 'string' || reading.value === option.none) return reading
  return outside(reading.value, option) ?? reading
}

type Reader = (text: string, now: TaiInstant, option: SendOption) => Reading

const readers: Readonly<Record<SendOption['kind'], Reader>> = {
  flag: () => ({ fault: 'expected no value' }),
  integer: text => readInteger(text, -(2n ** 63n), 2n ** 63n - 1n),
  unsigned: text => readInteger(text, 0n, 2n ** 64n - 1n),
  time: text => readTime(text),
  instant: (text, now) => (text.startsWith('+') ? sum(now, readTime(text.slice(1))) : readTime(text)),
  mac: text => readMac(text),
  ip: text =>
    parseIp(text) === undefined
      ? { fault: `expected a numeric IPv4 or IPv6 address, got '${text}'`, hint: 'isochron does not resolve names' }
      : { value: text },
  interface: readText,
  path: readText,
}

function readText(text: string, _: TaiInstant, { longest = Number.POSITIVE_INFINITY }: SendOption): Reading {
  const size = Buffer.byteLength(text)
  return size > longest ? { fault: `expected at most ${longest} octets, got ${size}` } : { value: text }
}

/** strtol(3), base 0: decimal, 0x for hex, a leading 0 for octal; what follows the digits is ignored. */
function likeStrtol(text: string): bigint {
  const [, sign, hex, octal, decimal] = /^\s*([+-]?)(?:0x([0-9a-f]+)|0([0-7]*)|([1-9]\d*))/i.exec(text) ?? []
  const size = hex ? BigInt(`0x${hex}`) : octal ? BigInt(`0o${octal}`) : BigInt(decimal ?? 0)
  return sign === '-' ? -size : size
}
const wholeInteger = /^[+-]?(0x[0-9a-f]+|0[0-7]*|[1-9]\d*)$/i

function readInteger(text: string, min: bigint, max: bigint): Reading {
  const value = likeStrtol(text)
  if (!wholeInteger.test(text)) return { fault: `'${text}' is no integer, isochron would read ${value}` }
  if (value < 0n && min === 0n)
    return { fault: `expected 0 or more, got ${text}`, hint: `isochron would read ${BigInt.asUintN(64, value)}` }
  return value < min || value > max ? { fault: `'${text}' does not fit into 64 bits` } : { value }
}

/** A time in ns: an integer of ns, or seconds with a dot. */
function readTime(text: string): Reading {
  const dot = text.indexOf('.')
  if (dot === -1) return wholeInteger.test(text) ? readInteger(text, -(2n ** 63n), 2n ** 63n - 1n) : misread(text)
  if (text.length - dot - 1 > 9) return { fault: `'${text}' has more than 9 digits behind the dot` }
  const [, sign, whole, fraction = ''] = /^(-?)(?=\.?\d)(\d*)\.(\d*)$/.exec(text) ?? []
  if (whole === undefined) return misread(text)
  const size = BigInt(whole) * second + BigInt(fraction.padEnd(9, '0'))
  const said = sign === '-' ? -size : size
  return said === isochronTime(text) ? { value: said } : misread(text)
}

const second = 1_000_000_000n

/** What isochron makes of a time: octal and hex seconds, the fraction always added, junk in it cutting it short. */
function isochronTime(text: string): bigint {
  const [seconds = '', fraction] = text.split('.')
  if (fraction === undefined) return likeStrtol(text)
  const digits = /^\d*/.exec(fraction.padEnd(9, '0'))?.[0] || '0'
  return likeStrtol(seconds) * second + BigInt(digits)
}

const misread = (text: string): Reading => ({
  fault: `'${text}' is no time, isochron would read ${isochronTime(text)} ns`,
  hint: 'an integer is ns, a number with a dot is seconds: 10 ms is 10000000 or 0.01',
})

const sum = (now: TaiInstant, after: Reading): Reading =>
  'value' in after && typeof after.value === 'bigint' ? { value: now + after.value } : after

function readMac(text: string): Reading {
  if (/^[0-9a-f]{1,2}(:[0-9a-f]{1,2}){5}$/i.test(text))
    return {
      value: text
        .split(':')
        .map(octet => octet.padStart(2, '0').toLowerCase())
        .join(':'),
    }
  const hint = 'isochron may take it and read another address'
  return { fault: `expected six hex numbers with ':' between them, got '${text}'`, hint }
}

function outside(value: bigint, { min, max }: SendOption): Reading | undefined {
  if (min !== undefined && value < min) return { fault: `expected at least ${min}, got ${value}` }
  if (max !== undefined && value > max) return { fault: `expected at most ${max}, got ${value}` }
  return undefined
}
