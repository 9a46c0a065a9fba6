import type { Nanoseconds } from '../units/quantity.ts'
import type { ToolOptions } from './play.ts'

/** How the value of a tool's option is written in a playbook, and what it becomes in a Play. */
export type OptionKind =
  | 'flag' // true or false
  | 'duration' // needs a unit, zero does not; bigint ns
  | 'size' // needs a unit, zero does not: 1500B, 64k, 64Ki; bigint octets
  | 'rate' // needs a unit, zero does not: 100M, 900Mbit/s; bigint bit/s
  | 'octets' // bare or 1500B; bigint
  | 'count' // bare; bigint
  | 'number' // bare integer with a sign, decimal or 0x…; bigint
  | 'mac' // 01:02:03:04:05:06; string, lower case
  | 'address' // IPv4 or IPv6, optional %device; string
  | 'text'

export interface OptionDescription {
  readonly kind: OptionKind
  /**
   * Which end takes it. `both`: one value for the two of them, the receiver's follows from the sender's. `each`: either end
   * may be given one of its own; a flow's is the sender's.
   */
  readonly end: 'sender' | 'receiver' | 'both' | 'each'
  /** One line for the reference manual: meaning, unit, limits. */
  readonly summary: string
  /** Inclusive limits in the option's own unit. */
  readonly min?: bigint
  readonly max?: bigint
}

/** What the playbook needs to know of a tool to check a flow before any host is touched. */
export interface ToolDescription {
  readonly name: string
  readonly options: Readonly<Record<string, OptionDescription>>
  /** Figures that `expect` can use. `time` figures are samples in ns and take a statistic; a `count` is one number. */
  readonly figures: Readonly<Record<string, 'time' | 'count'>>
  /** Options in the tool's manual that a playbook cannot set, each with the reason in words. */
  readonly refused: Readonly<Record<string, string>>
  /** Fills in the tool's defaults and finds what cannot work, over all flows of the tool at once; one result per flow. */
  settle(flows: readonly GivenFlow[]): readonly SettledFlow[]
  /** Why a figure cannot be had from a flow with these options of its sender; undefined when it can. */
  withoutFigure(figure: string, sender: ToolOptions): string | undefined
}

/** A flow as the playbook gives it: every value read and inside its own limits. */
export interface GivenFlow {
  readonly name: string
  readonly from: string
  readonly to: string
  readonly sender: ToolOptions
  readonly receiver: ToolOptions
  /** The gate's limit, when the playbook has a gate. */
  readonly gateOffset: Nanoseconds | undefined
}

export interface SettledFlow {
  readonly sender: ToolOptions
  readonly receiver: ToolOptions
  readonly faults: readonly OptionFault[]
}

/** Something that cannot work, said at the option where it was written, else at the flow. */
export interface OptionFault {
  readonly option?: string
  readonly end?: 'receiver'
  /** Said at the flow's own value or at the flow, not at the tool's section that all flows share. */
  readonly own?: true
  readonly message: string
  readonly hint?: string
}
