import type { JsonSchema } from '../source/check.ts'
import type { Scalar, ScalarNode } from '../source/node.ts'
import { durationUnits, parseDuration } from '../units/duration.ts'
import { parseRate } from '../units/rate.ts'
import { parseSize } from '../units/size.ts'
import type { ToolOption } from './play.ts'
import type { OptionKind } from './tool-description.ts'

interface Kind {
  /** What a value is expected to be, in words; also the title in the schema. */
  readonly expects: string
  /** What a value may look like in the file; `{{ }}` may stand for any. */
  readonly schema: JsonSchema
  /** The typed value; undefined when it cannot be read. Text is read too, since `-e` and templates give text. */
  read(value: Scalar, written: string | undefined): ToolOption | undefined
}

const template = '\\{\\{'
const units = [...durationUnits, 'µs'].join('|')

/** Begins with a letter or digit, holds neither blanks nor control characters: never an option, never two words. */
const safeWord = /^[A-Za-z0-9][A-Za-z0-9_.,:+%@/-]*$/

const integer = (value: Scalar): bigint | undefined => {
  if (typeof value === 'bigint') return value
  if (typeof value !== 'string' || !/^\s*(-?\d+|0x[0-9a-fA-F]+)\s*$/.test(value)) return undefined
  return BigInt(value)
}

/** A bare number is wrong wherever a unit is needed, except zero. */
function measured(expects: string, pattern: string): JsonSchema {
  return {
    type: ['string', 'number'],
    pattern: `^${pattern}$|${template}`,
    if: { type: 'number' },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: { title: expects, const: 0 },
  }
}

const textOrZero = (value: Scalar): string =>
  typeof value === 'string' ? value : value === 0n || value === 0 ? '0' : 'none'

/** Every way in which a tool's option is written; durations become ns, sizes octets, rates bit/s, counts bigints. */
export const kinds: Readonly<Record<OptionKind, Kind>> = {
  flag: {
    expects: 'true or false',
    schema: { type: ['boolean', 'string'], pattern: template },
    read: value => (typeof value === 'boolean' ? value : flags[String(value).toLowerCase()]),
  },
  duration: {
    expects: 'a duration with its unit, such as 10ms or 100ns',
    schema: measured(
      'a duration with its unit, such as 10ms or 100ns',
      `[+-]?(\\d+(\\.\\d+)?\\s*(${units})|0+(\\.0+)?)`,
    ),
    read: value => parseDuration(textOrZero(value)),
  },
  size: {
    expects: 'a size with its unit, such as 1500B, 64k (64000) or 64Ki (65536)',
    schema: measured(
      'a size with its unit, such as 1500B, 64k (64000) or 64Ki (65536)',
      '(\\d+(\\.\\d+)?\\s*(B|[kKMGT]i?B?)|0+)',
    ),
    read: value => parseSize(textOrZero(value)),
  },
  rate: {
    expects: 'a rate with its unit, such as 100M or 900Mbit/s',
    schema: measured(
      'a rate with its unit, such as 100M or 900Mbit/s',
      '(\\d+(\\.\\d+)?\\s*([kKMGT]?(bit/s|bps)|[kKMGT])|0+)',
    ),
    read: value => parseRate(textOrZero(value)),
  },
  octets: {
    expects: 'octets, bare or written 1500B',
    schema: { type: ['integer', 'string'], pattern: `^\\d+\\s*B?$|${template}` },
    read: value => integer(typeof value === 'string' ? value.replace(/\s*B\s*$/, '') : value),
  },
  count: {
    expects: 'a count, a bare whole number',
    schema: { type: ['integer', 'string'], pattern: `^\\d+$|${template}` },
    read: value => integer(value),
  },
  number: {
    expects: 'a whole number, decimal or 0x…',
    schema: { type: ['integer', 'string'], pattern: `^(-?\\d+|0x[0-9a-fA-F]+)$|${template}` },
    read: value => integer(value),
  },
  mac: {
    expects: 'a MAC address, six pairs of hex digits with colons',
    schema: { type: 'string', pattern: `^([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}$|${template}` },
    read: value =>
      typeof value === 'string' && /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(value) ? value.toLowerCase() : undefined,
  },
  address: {
    expects: 'an IPv4 or IPv6 address',
    schema: { type: 'string', pattern: `^[0-9a-fA-F:.]+(%\\S+)?$|${template}` },
    read: value => (typeof value === 'string' && isAddress(value.replace(/%\S+$/, '')) ? value : undefined),
  },
  word: {
    expects: 'a word without blanks that begins with a letter or a digit',
    schema: { type: ['string', 'integer'], pattern: `${safeWord.source}|${template}` },
    read: value => {
      const text = typeof value === 'bigint' || typeof value === 'number' ? String(value) : value
      return typeof text === 'string' && safeWord.test(text) ? text : undefined
    },
  },
  port: {
    expects: 'a port, 1 to 65535',
    schema: { type: ['integer', 'string'], minimum: 1, maximum: 65_535, pattern: `^\\d+$|${template}` },
    read: value => {
      const port = integer(value)
      return port !== undefined && port >= 1n && port <= 65_535n ? port : undefined
    },
  },
  text: {
    expects: 'a text',
    schema: { type: ['string', 'number'] },
    read: (value, written) => written ?? (typeof value === 'string' && value !== '' ? value : undefined),
  },
}

const flags: Readonly<Record<string, boolean>> = { true: true, false: false }

/** Octets of 0 to 255 without leading zeros, or whatever a URL takes as IPv6 (RFC 4291, section 2.2). */
const isAddress = (text: string) =>
  /^((25[0-5]|2[0-4]\d|1?\d?\d)(\.(?!$)|$)){4}$/.test(text) || (text.includes(':') && URL.canParse(`http://[${text}]/`))

/** Reads an option's value with what its kind says. */
export const readKind = (kind: OptionKind, node: ScalarNode): ToolOption | undefined =>
  kinds[kind].read(node.value, node.written)
