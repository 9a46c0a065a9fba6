import type { Problem } from '../errors/error.ts'
import type { SyncReading } from '../sync/reading.ts'
import type { FigureKind } from '../units/figure-kind.ts'
import type { Nanoseconds, TaiInstant, UtcInstant } from '../units/quantity.ts'
import type { ExperimentHappening } from './experiment-log.ts'
import type { CaptureResult } from './result.ts'

/** The phases of a run, in their fixed order. */
export const phases = [
  'reserve',
  'connect',
  'setup',
  'sync',
  'receivers',
  'gate',
  'traffic',
  'collect',
  'judge',
  'after',
  'report',
  'cleanup',
] as const
export type Phase = (typeof phases)[number]

export type Verdict = 'pass' | 'fail' | 'invalid'

/** A host in a gate round: its reading, and why it is not good (empty: good). */
export interface HostRound {
  readonly reading: SyncReading
  readonly reasons: readonly string[]
}

/** Everything that happens in a run. `RunEvent` adds when. One union by `kind`; renderers are mapped types over it. */
export type Happening =
  | ExperimentHappening
  | {
      readonly kind: 'run_started'
      readonly name: string
      readonly folder: string | undefined
      readonly hosts: readonly string[]
      readonly flows: readonly FlowOutline[]
      /** The phases that have something to do in this run. */
      readonly phases: readonly Phase[]
    }
  | { readonly kind: 'phase_started'; readonly phase: Phase }
  | { readonly kind: 'phase_ended'; readonly phase: Phase; readonly tookMs: number; readonly failed: boolean }
  | { readonly kind: 'host_connected'; readonly host: string; readonly tookMs: number }
  | { readonly kind: 'host_ready'; readonly host: string; readonly summary: string }
  | {
      readonly kind: 'process_started'
      readonly host: string
      readonly process: string
      readonly argv: readonly string[]
      readonly pid: number
    }
  | { readonly kind: 'process_ready'; readonly host: string; readonly process: string; readonly tookMs: number }
  | {
      readonly kind: 'process_exited'
      readonly host: string
      readonly process: string
      readonly code: number | undefined
      readonly expected: boolean
    }
  | {
      readonly kind: 'gate_round'
      readonly round: number
      readonly good: number
      readonly needed: number
      readonly limit: Nanoseconds
      /** Of hosts that are held to another one, by name. */
      readonly limits?: Readonly<Record<string, Nanoseconds>>
      /** Deadline of this gate, counted from its start. */
      readonly timeoutMs?: number
      readonly hosts: readonly HostRound[]
    }
  | { readonly kind: 'gate_passed'; readonly rounds: number; readonly tookMs: number }
  | {
      /** Flows of a round of a mesh are sent together; the attempts at them follow. */
      readonly kind: 'round_started'
      readonly round: number
      readonly of: number
      readonly flows: readonly string[]
    }
  | { readonly kind: 'attempt_started'; readonly attempt: number; readonly of: number }
  | {
      readonly kind: 'traffic_started'
      readonly attempt: number
      readonly flows: readonly FlowSchedule[]
      /** Flows whose senders are processes, started together; missing: none. */
      readonly processes?: readonly { readonly flow: string; readonly lastsMs: number | undefined }[]
      readonly lastsMs: number
    }
  | {
      /** Told when it is over: a sender that is a process was due, and was let go, by its host's clock. */
      readonly kind: 'sender_started'
      readonly flow: string
      readonly host: string
      readonly due: UtcInstant
      /** Missing for one that was told the instant and sends by itself. */
      readonly released: UtcInstant | undefined
    }
  | { readonly kind: 'traffic_reading'; readonly hosts: readonly HostRound[] }
  | { readonly kind: 'traffic_ended'; readonly attempt: number }
  | {
      readonly kind: 'attempt_void'
      readonly attempt: number
      readonly of: number
      readonly reasons: readonly string[]
    }
  | {
      readonly kind: 'collected'
      readonly flow: string
      readonly file: string
      readonly sent: number
      readonly received: number
    }
  | ({ readonly kind: 'capture_collected' } & CaptureResult)
  | { readonly kind: 'outputs_collected'; readonly flow: string; readonly files: readonly string[] }
  | {
      readonly kind: 'not_collected'
      readonly flow: string
      readonly end: 'sender' | 'receiver'
      readonly reason: string
    }
  | {
      readonly kind: 'flow_figures'
      readonly flow: string
      readonly figures: Readonly<Record<string, string>>
      /** What each figure is a number of; missing: isochron's, times and counts. */
      readonly kinds?: Readonly<Record<string, FigureKind>>
      /** The lines of isochron's own report where the playbook asks for them; else empty. */
      readonly summary: string
    }
  | {
      readonly kind: 'judged'
      readonly expectation: string
      readonly flow: string
      readonly value: string
      readonly outcome: 'met' | 'not met' | 'not measured'
    }
  | {
      readonly kind: 'step_started'
      /** Counted from 1 through the whole run, as in the run folder. */
      readonly step: number
      readonly name: string
      /** Where it is done; 'local' for the controller itself. */
      readonly hosts: readonly string[]
    }
  /** `left`: items that are still to come at that host; missing when it is done with the step. */
  | ({ readonly kind: 'step_host'; readonly step: number; readonly left?: number } & StepAtHost)
  | {
      readonly kind: 'step_output'
      readonly step: number
      readonly host: string
      readonly item?: string
      readonly stream: 'stdout' | 'stderr'
      readonly lines: readonly string[]
    }
  | {
      readonly kind: 'step_ended'
      readonly step: number
      readonly name: string
      readonly tookMs: number
      /** Hosts, or items where the step has several, by what became of them. */
      readonly counts: Readonly<Record<StepOutcome, number>>
    }
  | {
      /** Time on shared hosts is booked and confirmed. */
      readonly kind: 'reserved'
      /** Missing: the time of the whole run. */
      readonly flow?: string
      /** ISO 8601 UTC, by the endpoints' clocks. */
      readonly start: string
      readonly lastsMs: number
      /** From now to its beginning. */
      readonly waitsMs: number
      /** How often it was negotiated. */
      readonly attempts: number
      /** Its id by host. */
      readonly reservations: Readonly<Record<string, string>>
    }
  | {
      readonly kind: 'reservation_state'
      readonly flow?: string
      readonly host: string
      readonly state: string
      readonly reason?: string
    }
  | { readonly kind: 'report_written'; readonly file: string }
  | { readonly kind: 'cleanup_done'; readonly host: string; readonly stopped: number; readonly left: readonly string[] }
  | { readonly kind: 'warning'; readonly message: string; readonly host?: string; readonly hint?: string }
  | { readonly kind: 'problem'; readonly problem: Problem; readonly host?: string }
  | {
      readonly kind: 'run_ended'
      readonly verdict: Verdict | undefined
      readonly exitCode: number
      readonly reasons: readonly string[]
      readonly folder: string | undefined
      readonly tookMs: number
    }

export const stepOutcomes = ['ok', 'changed', 'skipped', 'failed', 'ignored'] as const
/** `ignored`: failed, and the step is optional. */
export type StepOutcome = (typeof stepOutcomes)[number]

/** What became of a step at one host, or of one item of it. */
export interface StepAtHost {
  readonly host: string
  readonly item?: string
  readonly outcome: StepOutcome
  /** 0 when it was skipped. */
  readonly tries: number
  readonly tookMs: number
  /** Exit status of the last try, where it has one. */
  readonly code?: number
  /** Why it failed or was skipped. */
  readonly reason?: string
}

export interface FlowOutline {
  readonly name: string
  readonly from: string
  readonly to: string
  readonly tool: string
}

export interface FlowSchedule {
  readonly flow: string
  readonly operBaseTime: TaiInstant
  readonly frames: bigint
  readonly cycleTime: Nanoseconds
}

/** A happening with its time, and the cell it is one of where there are several: the controller's wall clock (UTC, ISO 8601) and, once a host was asked, TAI ns. */
export type RunEvent = Happening & { readonly at: string; readonly tai?: TaiInstant; readonly cell?: string }
export type EventKind = Happening['kind']
export type EventOf<Kind extends EventKind> = Extract<RunEvent, { kind: Kind }>
export type Emit = (happening: Happening) => void
