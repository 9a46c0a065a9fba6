import type { ToolOptions } from '../playbook/play.ts'
import type { OptionDescription, OptionFault } from '../playbook/tool-description.ts'
import { formatDuration } from '../units/duration.ts'
import { ns } from '../units/quantity.ts'
import type { Version } from './traffic-tool.ts'

/** An option of a traffic tool: what a playbook may write, and how the tool is told. */
export interface TrafficOption extends OptionDescription {
  /** The word of the command line: a long one is joined to its value by `=`, a short one directly. */
  readonly flag: string
  /** In what a duration is told; `whole`: without a fraction. Default: seconds with one. */
  readonly told?: 's' | 'ms' | 'us'
  readonly whole?: true
  /** A number is told in so many of its unit, and has to be a multiple of it: 1024 for KiB. */
  readonly per?: bigint
  /** The first version that has it; absent: every known one. */
  readonly since?: Version
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
