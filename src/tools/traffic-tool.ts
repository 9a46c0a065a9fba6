import type { ToolOptions } from '../playbook/play.ts'
import type { GivenFlow, SettledFlow, ToolDescription } from '../playbook/tool-description.ts'
import type { ToolFigure } from '../stats/tool-figure.ts'
import type { FigureDescription } from '../units/figure-kind.ts'
import type { Nanoseconds, UtcInstant } from '../units/quantity.ts'
import type { TrafficOption } from './traffic-options.ts'

/**
 * A traffic tool whose two ends are processes: everything that a run needs to know of it, as data and pure functions.
 * `sender` and `receiver` are the ends of the flow; in a reverse test the data goes the other way.
 */
export interface TrafficTool extends Pick<ToolDescription, 'sharing' | 'groups'> {
  readonly name: string
  readonly options: Readonly<Record<string, TrafficOption>>
  /** Options of the tool's manual that a playbook cannot set, each with the reason in words. */
  readonly refused: Readonly<Record<string, string>>
  readonly figures: Readonly<Record<string, FigureDescription>>
  /** Fills in defaults and finds what cannot work, over all flows of the tool at once; one result per flow. */
  settle(flows: readonly GivenFlow[]): readonly SettledFlow[]
  /** Why a figure cannot be had from a flow with these options; undefined when it can. */
  withoutFigure(figure: string, sender: ToolOptions): string | undefined
  /** Whether the address of the receiving end has to be one of IPv6. */
  asksForV6(sender: ToolOptions): boolean
  /** What has to be installed; no receiver: the far end is the host's own network stack. */
  readonly programs: { readonly sender: Program | undefined; readonly receiver: Program | undefined }
  /** Ports that have to be free, given to `receiver` and `sender` in this order. */
  ports(sender: ToolOptions): readonly PortDemand[]
  /** Undefined: nothing is started at the receiving end. */
  receiver(site: FlowSite): ReceiverPlan | undefined
  sender(site: FlowSite): SenderPlan
  /** Out of what both ends printed; any fault, and there are no figures. */
  read(outputs: Outputs, sender: ToolOptions): Reading
}

export interface Program {
  readonly name: string
  /** The package that has it in Debian and Ubuntu. */
  readonly package: string
  /** Says its version; whatever it prints, on either stream and with any exit status. */
  readonly askVersion: readonly string[]
  readVersion(text: string): Version | undefined
  /** Versions whose output is known, both inclusive. Others are used, and said to be unknown. */
  readonly known: { readonly from: Version; readonly to: Version }
}

/** 3.12.1 as [3, 12, 1]. */
export type Version = readonly number[]

/** Ports that nobody has, of TCP and of UDP: some tools need both, and nobody is in want of ports. */
export interface PortDemand {
  readonly at: 'receiver' | 'both'
  /** So many in a row. */
  readonly count: number
  /** Tried first; then upwards. */
  readonly first: number
}

/** Where a flow is and what is known of it when its processes are started. */
export interface FlowSite {
  readonly sender: ToolOptions
  readonly receiver: ToolOptions
  /** Address of the receiving host, as the sending host reaches it. */
  readonly to: string
  /** Address of the sending host, as the receiving host reaches it. */
  readonly from: string
  /** Interface of the receiving host, at which it joins a multicast group. */
  readonly device: string
  /** The first port of each demand. */
  readonly ports: readonly number[]
  /** Folder of the run on that host. */
  readonly folder: string
  /** The common start; `told`: the launcher puts it into the argv; undefined in a plan, where nobody knows it. */
  readonly startAt: UtcInstant | 'told' | undefined
  /** The clocks of both ends are in step. */
  readonly inStep: boolean
}

/** The receiver in one attempt, of one flow or of those that share it. */
export interface ReceiverPlan {
  readonly argv: readonly string[]
  readonly ready: TrafficReady
  /** How long it may take to get ready; default 10 s. */
  readonly readyWithin?: Nanoseconds
  /** Ends by itself after one sender. */
  readonly oneShot: boolean
  /** One that goes on: how long after its sender's end its results may take. Undefined: none come before its own end. */
  readonly reportsWithin?: Nanoseconds
  /** Its standard output belongs to the results and goes into a file of its own. */
  readonly keepsOutput: boolean
}

/** How a receiving end shows that it is ready; the port is the very process's own. */
export type TrafficReady =
  | { readonly kind: 'listening'; readonly protocol: 'tcp' | 'udp'; readonly port: number }
  | { readonly kind: 'log'; readonly pattern: RegExp }
  /** It has nothing to show, but one that was started wrongly is gone by then. */
  | { readonly kind: 'lasting'; readonly forMs: number }

export interface SenderPlan {
  readonly argv: readonly string[]
  /**
   * `released`: the launcher holds the program and starts it at the instant. `own`: the program is told the instant and
   * started before it, which takes it a moment.
   */
  readonly start: 'released' | 'own'
  /** From the start to the last result; undefined when only the network knows. */
  readonly lasts: Nanoseconds | undefined
  /** How much longer it may take before it counts as hanging. */
  readonly grace: Nanoseconds
}

/** What is waited for at most when the length of a test depends on the network. */
export const unknownLength = 600_000_000_000n as Nanoseconds

/** When a sender counts as hanging, from its start. */
export const deadlineOf = ({ lasts, grace }: Pick<SenderPlan, 'lasts' | 'grace'>): Nanoseconds =>
  ((lasts ?? unknownLength) + grace) as Nanoseconds

export interface Output {
  readonly stdout: string
  readonly stderr: string
  /** Undefined: ended by a signal. */
  readonly code: number | undefined
}

export interface Outputs {
  readonly sender: Output
  /** Undefined when there is no receiving process, or its output could not be had. */
  readonly receiver: Output | undefined
  /** The receiver has served other flows as well: its output holds a report of each. */
  readonly isShared?: boolean
  /** The receiver's is somewhere else and not missed: only what the sender says is judged, and there may be no figures. */
  readonly isHalf?: boolean
}

export interface Reading {
  readonly figures: ReadonlyMap<string, ToolFigure>
  /** What the sender's own output says of its version. */
  readonly version: string | undefined
  /** Why there are no figures, in words that name what went wrong. */
  readonly faults: readonly string[]
}

export const faulty = (version: string | undefined, ...faults: readonly string[]): Reading => ({
  figures: new Map(),
  version,
  faults,
})

/** Figures by name; what was not measured is left out. */
export const reading = (
  version: string | undefined,
  figures: Readonly<Record<string, ToolFigure | undefined>>,
): Reading => ({
  figures: new Map(Object.entries(figures).flatMap(([name, figure]) => (figure === undefined ? [] : [[name, figure]]))),
  version,
  faults: [],
})

/** An address as a word of a command line. They were checked where they were written; one that looks like an option is a bug. */
export function endpoint(address: string): string {
  if (/^[A-Za-z0-9:][^\s\0]*$/.test(address)) return address
  throw new TypeError(`'${address}' is no address of an end`)
}

/** The last words of a program, for a fault. */
export function lastWords({ stderr, stdout }: Output): string {
  const lines = (stderr.trim() === '' ? stdout : stderr).split('\n').filter(line => line.trim() !== '')
  return lines.slice(-2).join(' | ').trim() || 'it said nothing'
}

/** How a program ended, for a fault. */
export const endingOf = ({ code }: Output): string =>
  code === undefined ? 'was ended by a signal' : `ended with exit status ${code}`

/** Negative, zero or positive as `a` is older than, equal to or newer than `b`. */
export function compareVersions(a: Version, b: Version): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

export const formatVersion = (version: Version): string => version.join('.')

/** The first run of numbers and dots that `pattern` catches. */
export function versionIn(text: string, pattern: RegExp): Version | undefined {
  const found = pattern.exec(text)?.[1]
  return found?.split('.').map(Number)
}

export const isKnownVersion = ({ known }: Program, version: Version): boolean =>
  compareVersions(version, known.from) >= 0 && compareVersions(version, known.to) <= 0

/** Why a tool of this version cannot do what the options ask; one line per option. */
export function versionFaults(tool: TrafficTool, options: ToolOptions, version: Version): readonly string[] {
  return Object.entries(options).flatMap(([name, value]) => {
    const since = tool.options[name]?.since
    if (value === false || since === undefined || compareVersions(version, since) >= 0) return []
    return [`${name} needs ${tool.name} ${formatVersion(since)} or later, this is ${formatVersion(version)}`]
  })
}
