import type { Place } from '../errors/error.ts'
import type { Requirement } from '../sync/requirement.ts'
import type { Nanoseconds } from '../units/quantity.ts'
import type { Capture } from './capture.ts'
import type { CommandDefinition } from './command-definition.ts'
import type { Overall } from './overall.ts'
import type { Reserve } from './reserve.ts'
import type { Step } from './step.ts'

/** A checked playbook with every variable in its place: what is to happen, in typed values. */
export interface Play {
  /** Path as the user gave it. */
  readonly file: string
  readonly name: string
  /** The hosts that the play names, in declared order. */
  readonly hosts: readonly PlayHost[]
  /** Undefined when every flow omits sync; without a section `sync` in the file, a gate as strict as the strictest flow. */
  readonly sync: SyncSetup | undefined
  /** The playbook says `sync: none`: nobody looks at the clocks. */
  readonly withoutSync: boolean
  readonly flows: readonly Flow[]
  /** In which rounds the flows run, one round after the other; undefined: all at once. */
  readonly mesh: Mesh | undefined
  /** Undefined: nobody is asked whether the hosts are free. */
  readonly reserve: Reserve | undefined
  /** At most one per host. */
  readonly captures: readonly Capture[]
  /** Done in this order, each on all of its hosts at once, before sync. */
  readonly setup: readonly Step[]
  /** Done after the traffic, also when something has failed. */
  readonly after: readonly Step[]
  readonly expect: readonly Expectation[]
  /** What has to hold for the figures to count at all. */
  readonly valid: readonly Expectation[]
  /** What is expected of everything together, and beside which run. */
  readonly overall: Overall
  /** Started attempts at the traffic before the run is invalid; at least 1. */
  readonly attempts: number
  readonly report: readonly ReportKind[]
  /** The document as resolved: defaults filled in, templates evaluated. Plain JSON values, kept in the run folder. */
  readonly resolved: unknown
}

export type ReportKind = 'summary'

export interface PlayHost {
  /** The name in the playbook. */
  readonly name: string
  /** The inventory host that takes its place (`-i` or `--bind`); equal to `name` otherwise. */
  readonly inventoryName: string
  /** Network interface of PTP and test traffic: the variable `interface`. Empty where no flow and no sync needs one. */
  readonly interface: string
  readonly connection: HostConnectionVars
  /** The login that gets lockstep-broker: `lockstep_user`. Undefined: the host is not known to be shared. */
  readonly broker?: BrokerLogin
  /** How wrong its clock may be where nothing there says it, of the controller as an end: `lockstep_clock_error`. */
  readonly clockError?: string
  readonly at: Place
}

/** The login of strangers to a shared host, by its variables. */
export interface BrokerLogin {
  readonly user: string
  /** `lockstep_private_key_file`; undefined: the keys by which the host itself is reached. */
  readonly privateKeyFile?: string
}

/** Rounds of flows in which no host takes part in too many. */
export interface Mesh {
  /** In how many flows of a round a host takes part at most. */
  readonly host: number
  /** What flows share beside their hosts, by name. */
  readonly resources: ReadonlyMap<string, MeshResource>
  /** The names of the flows of each round. */
  readonly rounds: readonly (readonly string[])[]
  /** No schedule has fewer. */
  readonly lowerBound: number
}

/** Flows need it that begin or end at one of the hosts, or go from one side to the other. */
export interface MeshResource {
  /** How many flows of a round may need it. */
  readonly limit: number
  readonly hosts:
    | { readonly at: readonly string[] }
    | { readonly between: readonly [readonly string[], readonly string[]] }
}

/** How to reach a host, out of the playbook's address or the inventory's connection variables. */
export interface HostConnectionVars {
  readonly kind: 'ssh' | 'local'
  /** Address, DNS name or alias of the ssh configuration. */
  readonly address: string
  readonly port?: number
  readonly user?: string
  readonly privateKeyFile?: string
  readonly password?: string
  /** Whether the host key is checked; default yes. */
  readonly hostKeyChecking?: boolean
  readonly connectTimeoutS?: number
  /** Words of ansible_ssh_args, _common_args and _extra_args, in that order. */
  readonly sshArgs?: readonly string[]
  /** Everything on the host is done as this user: `ansible_become`. */
  readonly become?: HostBecome
  /** What the variables say of becoming another user, for steps that do, also where `ansible_become` is off. */
  readonly becoming?: HostBecome
  /** Runs shell lines on the host; default sh. */
  readonly shell?: string
}

/** Whom to become after the login, out of `ansible_become_user` and its like. */
export interface HostBecome {
  readonly method: 'sudo'
  readonly user: string
  readonly password?: string
  /** The program; default sudo. */
  readonly exe?: string
  /** Its options; default -H. */
  readonly flags?: readonly string[]
}

/** ptp4l and phc2sys on every host, and the gate that holds the traffic. */
export interface SyncSetup {
  /** The user's options, split into words, without `-i`, `-m` and sockets. Undefined: not started by us. */
  readonly ptp4l: readonly string[] | undefined
  readonly phc2sys: readonly string[] | undefined
  readonly gate: Gate
  readonly at: Place
}

export interface Gate {
  /** Limit of |PHC - grandmaster| and |system clock - PHC|, inclusive. A flow's sync-threshold overrides it for its hosts. */
  readonly offset: Nanoseconds
  /** The limits of hosts that have one of their own, by the host's name. */
  readonly offsets: ReadonlyMap<string, Nanoseconds>
  /** What is asked of every host; default: link, ptp, phc2sys, same-grandmaster. */
  readonly require: readonly Requirement[]
  /** Good rounds in a row that open the gate; default 3. */
  readonly good: number
  /** From the start of one round to that of the next; default 100 ms. */
  readonly every: Nanoseconds
  /** How long the clocks must have been good without a break before the gate opens; default 0. */
  readonly hold: Nanoseconds
  /** Deadline of the gate; default 2 min. */
  readonly timeout: Nanoseconds
  /** Bad answers in a row, while traffic flows, that void an attempt; default 2. */
  readonly bad: number
}

/** Traffic from one host to another with one tool. */
export interface Flow {
  readonly name: string
  /** Names of hosts of the play. */
  readonly from: string
  readonly to: string
  readonly tool: string
  /**
   * Options of the sending end, by the tool's own names: the section's, the flow's and the tool's own defaults
   * (the tool's settle says which are always there).
   */
  readonly sender: ToolOptions
  /** Options of the receiving end that the flow or the long form set beyond what follows from the sender. */
  readonly receiver: ToolOptions
  /** What `tool: command` runs and reads; no other tool has it. */
  readonly command?: CommandDefinition
  /** Tools that take the place of `tool` where an end lacks it, in this order. */
  readonly otherwise: readonly ToolChoice[]
  /** Address of the receiving end for this flow; undefined: that of its interface. */
  readonly over: string | undefined
  /** The name of the receiver in the long form; otherwise the flow's name, or that of the flow whose receiver it shares. */
  readonly receiverName: string
  /** The flow whose receiver (on the same host) or whose sender (to a multicast group) serves this one as well. */
  readonly shares?: string
  /** The name of the sender: the flow's, or that of the flow whose sender it shares. */
  readonly senderName: string
  /** Done before its receiver is started, and after its logs were collected. */
  readonly before: readonly Step[]
  readonly after: readonly Step[]
  /** True when the flow was written in the long form (`receivers:`/`senders:`). */
  readonly at: Place
}

/** A tool of a flow with the options of both ends. */
export type ToolChoice = Pick<Flow, 'tool' | 'sender' | 'receiver' | 'command'>

/** Values with their unit resolved: durations are bigint nanoseconds, flags boolean, counts and masks bigint. */
export type ToolOption = bigint | boolean | string
export type ToolOptions = Readonly<Record<string, ToolOption>>

export type Comparison = '<' | '<=' | '==' | '!=' | '>=' | '>'
export type Statistic = 'min' | 'mean' | 'max' | 'stddev' | `p${number}`

/** One line of `expect` or `valid`: `[FLOW_GLOB:] FIGURE[.STAT] OP QUANTITY`. */
export interface Expectation {
  /** As written. */
  readonly text: string
  /** Glob over flow names; `*` when none was written. */
  readonly flows: string
  /** The tool's spelling: `lost`, `path-delay`, `deadline-misses`, … */
  readonly figure: string
  readonly statistic: Statistic | undefined
  readonly op: Comparison
  /** In the unit of its figure: ns, bit/s, %, octets, or bare for a count. */
  readonly limit: number
  readonly at: Place
}
