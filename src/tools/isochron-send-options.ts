import type { Nanoseconds, TaiInstant } from '../units/quantity.ts'

/** How a value is read; `instant` is a time that may also be given relative to now, `+1.5`. */
export type SendKind = 'flag' | 'integer' | 'unsigned' | 'time' | 'instant' | 'mac' | 'ip' | 'interface' | 'path'

export interface SendOption {
  readonly short: string
  readonly kind: SendKind
  /** The value when the option is not there; flags are then false. */
  readonly default?: bigint | string
  readonly mandatory?: true
  /** Inclusive limits: what the field on the wire and isochron's own rules leave. */
  readonly min?: bigint
  readonly max?: bigint
  /** Octets of a text. */
  readonly longest?: number
  /** This value means that the option is not given. */
  readonly none?: bigint | string
  /** A daemon that is driven by an orchestrator never sees it, or makes nothing of it. */
  readonly idle?: true
}

const port = { kind: 'integer', min: 1n, max: 65_535n } as const
const noMac = '00:00:00:00:00:00'

/** Every option of `isochron send` 0.9 by its long name. Times are ns, sizes octets. */
export const sendOptions = {
  help: { short: 'h', kind: 'flag' },
  interface: { short: 'i', kind: 'interface', mandatory: true, longest: 14 },
  dmac: { short: 'd', kind: 'mac', none: noMac },
  smac: { short: 'A', kind: 'mac', default: noMac },
  priority: { short: 'p', kind: 'integer', default: 0n, min: 0n, max: 0xffff_ffffn },
  'stats-port': { short: 'P', ...port, default: 5000n },
  'base-time': { short: 'b', kind: 'instant', default: 0n },
  'advance-time': { short: 'a', kind: 'time', default: 0n, min: 0n }, // 0 = cycle - window
  'shift-time': { short: 'S', kind: 'time', default: 0n },
  'cycle-time': { short: 'c', kind: 'time', mandatory: true, min: 1n }, // 0 crashes the daemon
  'window-size': { short: 'w', kind: 'time', default: 0n, min: 0n },
  'num-frames': { short: 'n', kind: 'unsigned', default: 0n, max: 89_478_485n }, // 48 octets of log each: below 2^32
  'frame-size': { short: 's', kind: 'integer', mandatory: true, min: 34n, max: 10_000n }, // receivers ignore shorter ones
  'no-ts': { short: 'T', kind: 'flag' },
  vid: { short: 'v', kind: 'integer', none: -1n, min: 0n, max: 4094n },
  client: { short: 'C', kind: 'ip' },
  quiet: { short: 'q', kind: 'flag' },
  etype: { short: 'e', kind: 'integer', default: 0xdeadn, min: 0x600n, max: 0xffffn },
  'omit-sync': { short: 'o', kind: 'flag' },
  'omit-remote-sync': { short: 'y', kind: 'flag' },
  tracemark: { short: 'm', kind: 'flag', idle: true },
  taprio: { short: 'Q', kind: 'flag' },
  txtime: { short: 'x', kind: 'flag' },
  deadline: { short: 'D', kind: 'flag' },
  'sched-priority': { short: 'H', kind: 'integer', default: 0n, min: 0n, max: 99n, idle: true },
  'sched-fifo': { short: 'f', kind: 'flag', idle: true },
  'sched-rr': { short: 'r', kind: 'flag', idle: true },
  'utc-tai-offset': { short: 'O', kind: 'integer', none: -1n, min: 0n, max: 32_767n }, // s
  'ip-destination': { short: 'J', kind: 'ip' },
  l2: { short: '2', kind: 'flag' },
  l4: { short: '4', kind: 'flag' },
  'data-port': { short: 'W', ...port, default: 6000n },
  'domain-number': { short: 'N', kind: 'integer', default: 0n, min: 0n, max: 255n },
  'transport-specific': { short: 't', kind: 'integer', default: 0n, min: 0n, max: 15n },
  'unix-domain-socket': { short: 'U', kind: 'path', default: '/var/run/ptp4l', longest: 106 },
  'sync-threshold': { short: 'X', kind: 'integer' }, // ns, not a time: 0.00001 would be 0
  'num-readings': { short: 'R', kind: 'integer', default: 5n, min: 1n, max: 0xffff_ffffn },
  'output-file': { short: 'F', kind: 'path', longest: 4094 }, // isochron.dat when there is a client
  'cpu-mask': { short: 'M', kind: 'unsigned', default: 0n },
} as const satisfies Readonly<Record<string, SendOption>>

type Table = typeof sendOptions
export type SendOptionName = keyof Table
export const sendOptionNames = Object.keys(sendOptions) as readonly SendOptionName[]

interface Values {
  readonly flag: boolean
  readonly integer: bigint
  readonly unsigned: bigint
  readonly time: Nanoseconds
  readonly instant: TaiInstant
  readonly mac: string
  readonly ip: string
  readonly interface: string
  readonly path: string
}
type ValueOf<Name extends SendOptionName> = Values[Table[Name]['kind']]

type Always = {
  [Name in SendOptionName]: Table[Name] extends { kind: 'flag' } | { mandatory: true } | { default: unknown }
    ? Name
    : never
}[SendOptionName]

/** A checked exec line: every option that has a value, by its long name. */
export type SendOptions = { readonly [Name in Exclude<Always, 'help'>]: ValueOf<Name> } & {
  readonly [Name in Exclude<SendOptionName, Always>]?: ValueOf<Name>
}
/** An exec line on its way: options whose value cannot be read are missing. */
export type SomeSendOptions = { readonly [Name in SendOptionName]?: ValueOf<Name> | undefined }
