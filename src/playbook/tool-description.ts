import type { FigureDescription } from '../units/figure-kind.ts'
import type { Nanoseconds } from '../units/quantity.ts'
import type { CommandDefinition } from './command-definition.ts'
import type { ToolChoice, ToolOptions } from './play.ts'

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
  | 'word' // begins with a letter or digit, no blanks: never another option, never two words; string
  | 'port' // 1 to 65535; bigint
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
  /** The only values there are. */
  readonly words?: readonly string[]
}

/** What the playbook needs to know of a tool to check a flow before any host is touched. */
export interface ToolDescription {
  readonly name: string
  readonly options: Readonly<Record<string, OptionDescription>>
  /** Figures that `expect` can use. */
  readonly figures: Readonly<Record<string, FigureDescription>>
  /** Options in the tool's manual that a playbook cannot set, each with the reason in words. */
  readonly refused: Readonly<Record<string, string>>
  /** Its options say how good the clocks have to be, and `settle` asks for a gate; otherwise the playbook does. */
  readonly gated?: true
  /** Frames go to a MAC address, whatever addresses the receiving end has. */
  readonly addressless?: true
  /** Every flow defines it for itself: makes the tool of one flow. */
  readonly definedBy?: (definition: CommandDefinition) => ToolDescription
  /** The definition that it was made of. */
  readonly definition?: CommandDefinition
  /** Fills in the tool's defaults and finds what cannot work, over all flows of the tool at once; one result per flow. */
  settle(flows: readonly GivenFlow[]): readonly SettledFlow[]
  /** Why one receiver with these options cannot serve several senders at once; undefined when it can. Absent: it never can. */
  readonly sharing?: (choice: ToolChoice, over: string | undefined) => string | undefined
  /** Why a sender with these options cannot send to a multicast group. Absent: it never can. */
  readonly groups?: (choice: ToolChoice) => string | undefined
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
  /** The gate's limits at both hosts, when the playbook has a gate. */
  readonly gate: { readonly from: Nanoseconds; readonly to: Nanoseconds } | undefined
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
