import { kinds } from '../playbook/kinds.ts'
import type { ToolOption, ToolOptions } from '../playbook/play.ts'
import type { OptionDescription, OptionFault, OptionKind } from '../playbook/tool-description.ts'
import { formatDuration } from '../units/duration.ts'
import { ns } from '../units/quantity.ts'
import { parseRate } from '../units/rate.ts'
import type { Version } from './traffic-tool.ts'

/** The playbook's kinds of values, and those that only traffic tools have. */
export type TrafficKind = OptionKind | MoreKind
export type MoreKind = 'rate' | 'word' | 'port' | 'argv'

/** An option of a traffic tool: what a playbook may write, and how the tool is told. */
export interface TrafficOption extends Omit<OptionDescription, 'kind'> {
  readonly kind: TrafficKind
  /** The word of the command line: a long one is joined to its value by `=`, a short one directly. */
  readonly flag: string
  /** The only values there are. */
  readonly words?: readonly string[]
  /** In what a duration is told; `whole`: without a fraction. Default: seconds with one. */
  readonly told?: 's' | 'ms' | 'us'
  readonly whole?: true
  /** A number is told in so many of its unit, and has to be a multiple of it: 1024 for KiB. */
  readonly per?: bigint
  /** The first version that has it; absent: every known one. */
  readonly since?: Version
}

interface MoreKindOfValue {
  readonly expects: string
  readonly schema: Readonly<Record<string, unknown>>
  read(value: unknown): ToolOption | undefined
}

const template = '\\{\\{'

/** Begins with a letter or digit, holds neither blanks nor control characters: never an option, never two words. */
const safeWord = /^[A-Za-z0-9][A-Za-z0-9_.,:+%@/-]*$/

/** Beside `kinds` of the playbook, which they join. */
export const moreKinds: Readonly<Record<MoreKind, MoreKindOfValue>> = {
  rate: {
    expects: 'a rate with its unit, such as 100M or 2.5Gbit/s',
    schema: {
      type: ['string', 'number'],
      pattern: `^\\d+(\\.\\d+)?\\s*([kKMGT](bit/s|bps)?|bit/s|bps)$|^0+$|${template}`,
      if: { type: 'number' },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { title: 'a rate with its unit, such as 100M or 2.5Gbit/s', const: 0 },
    },
    read: value => (typeof value === 'string' ? parseRate(value) : value === 0n || value === 0 ? 0n : undefined),
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
      const port = kinds.count.read(value as bigint, undefined)
      return typeof port === 'bigint' && port >= 1n && port <= 65_535n ? port : undefined
    },
  },
  /** A list of words, kept as one text with a newline behind each: options are flat. */
  argv: {
    expects: 'a command as a list of words',
    schema: { type: 'array', minItems: 1, items: { type: ['string', 'number', 'boolean'] } },
    read: value =>
      Array.isArray(value) && value.length > 0 && value.every(word => typeof word === 'string' && !/[\n\0]/.test(word))
        ? value.map(word => `${word}\n`).join('')
        : undefined,
  },
}

const isMore = (kind: TrafficKind): kind is MoreKind => kind in moreKinds

/** What a value of the kind is expected to be, in words. */
export const expectsOf = (kind: TrafficKind): string => (isMore(kind) ? moreKinds[kind].expects : kinds[kind].expects)

export const schemaOf = (kind: TrafficKind): Readonly<Record<string, unknown>> =>
  isMore(kind) ? moreKinds[kind].schema : kinds[kind].schema

/** Reads a plain value as the option's kind says, limits and words included; undefined when it cannot be. */
export function readTrafficValue(option: TrafficOption, value: unknown): ToolOption | undefined {
  const read = isMore(option.kind)
    ? moreKinds[option.kind].read(value)
    : kinds[option.kind].read(value as string, typeof value === 'string' ? value : undefined)
  if (read === undefined) return undefined
  if (option.words !== undefined && !option.words.includes(String(read))) return undefined
  if (typeof read !== 'bigint') return read
  return (option.min !== undefined && read < option.min) || (option.max !== undefined && read > option.max)
    ? undefined
    : read
}

const nsPerTold = { s: 1_000_000_000n, ms: 1_000_000n, us: 1_000n } as const

/** A duration in the tool's unit, exact: `0.01`, `1500`. */
function told(length: bigint, unit: keyof typeof nsPerTold): string {
  const scale = nsPerTold[unit]
  const fraction = String(length % scale).padStart(String(scale).length - 1, '0')
  return `${length / scale}.${fraction}`.replace(/\.?0+$/, '') || '0'
}

/** The words of the command line for the options that are set, in the order of the table. */
export function wordsOf(
  table: Readonly<Record<string, TrafficOption>>,
  options: ToolOptions,
  keep: (name: string, option: TrafficOption) => boolean = () => true,
): string[] {
  return Object.entries(table).flatMap(([name, option]) => {
    const value = options[name]
    if (value === undefined || value === false || !keep(name, option)) return []
    if (value === true) return [option.flag]
    const text = textOf(option, value)
    return [option.flag.startsWith('--') ? `${option.flag}=${text}` : `${option.flag}${text}`]
  })
}

function textOf(option: TrafficOption, value: bigint | string): string {
  if (typeof value === 'string') return value
  return option.kind === 'duration' ? told(value, option.told ?? 's') : String(value / (option.per ?? 1n))
}

/** Values that the tool can only be told in whole units. */
export function wholeFaults(table: Readonly<Record<string, TrafficOption>>, options: ToolOptions): OptionFault[] {
  return Object.entries(options).flatMap(([option, value]): OptionFault[] => {
    const { kind, whole, per = 1n, told: unit = 's' } = table[option] ?? {}
    if (typeof value !== 'bigint') return []
    if (value % per !== 0n) return [{ option, message: `${option} is told in multiples of ${per}, got ${value}` }]
    if (kind !== 'duration' || whole === undefined) return []
    if (value % nsPerTold[unit] === 0n) return []
    return [{ option, message: `${option} is told in whole ${unit}, got ${formatDuration(ns(value))}` }]
  })
}

/** Options of which only one may be set; a flag that is false is not set. */
export function exclusive(options: ToolOptions, ...names: readonly string[]): OptionFault[] {
  const [first, second] = names.filter(name => isSet(options, name))
  return second === undefined ? [] : [{ option: second, message: `${first} and ${second} exclude each other` }]
}

/** `option` does nothing without `needs`. */
export const needing = (options: ToolOptions, option: string, needs: string): OptionFault[] =>
  isSet(options, option) && !isSet(options, needs) ? [{ option, message: `${option} works only with ${needs}` }] : []

export const isSet = (options: ToolOptions, name: string): boolean =>
  options[name] !== undefined && options[name] !== false

/** An address of one family with a flag that asks for the other. */
export function familyFaults(
  options: ToolOptions,
  { v4, v6, addresses }: { v4: string; v6: string; addresses: readonly string[] },
): OptionFault[] {
  const faults = exclusive(options, v4, v6)
  for (const option of addresses) {
    const address = options[option]
    if (typeof address !== 'string') continue
    const isV6 = address.includes(':')
    const asked = isV6 ? v4 : v6
    if (isSet(options, asked)) {
      faults.push({ option, message: `${address} is an IPv${isV6 ? 6 : 4} address, but ${asked} is set` })
    }
  }
  return faults
}

/** The usual number out of options that the playbook has read already. */
export const numberOf = (options: ToolOptions, name: string, otherwise = 0): number =>
  typeof options[name] === 'bigint' ? Number(options[name]) : otherwise

/** A length of time in ns. */
export const durationOf = (options: ToolOptions, name: string, otherwise: bigint): bigint =>
  typeof options[name] === 'bigint' ? options[name] : otherwise
