/** How the value of a tool's option is written in a playbook, and what it becomes in a Play. */
export type OptionKind =
  | 'flag' // true or false
  | 'duration' // needs a unit, zero does not; bigint ns
  | 'octets' // bare or 1500B; bigint
  | 'count' // bare; bigint
  | 'number' // bare integer with a sign, decimal or 0x…; bigint
  | 'mac' // 01:02:03:04:05:06; string, lower case
  | 'address' // IPv4 or IPv6, optional %device; string
  | 'text'

export interface OptionDescription {
  readonly kind: OptionKind
  /** Which end takes it. `both`: the receiver's follows from the sender's. */
  readonly end: 'sender' | 'receiver' | 'both'
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
}
