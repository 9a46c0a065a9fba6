import type { PtpState } from '../../sync/ptp-state.ts'
import type { Nanoseconds } from '../../units/quantity.ts'
import type { HostFacts } from '../host-facts.ts'

/** error: no test can be right. warning: it may be worthless. note: good to know. */
export type Severity = 'error' | 'warning' | 'note'

/** Something at a host that keeps its clocks from getting in step, or a test from being worth anything. */
export interface Finding {
  readonly severity: Severity
  /** What it is, for programs: `no-phc`. */
  readonly rule: string
  readonly what: string
  /** What was seen that says so. */
  readonly evidence: string
  /** What to do. */
  readonly advice: string
}

/** A host as it was found. */
export interface Patient {
  readonly host: string
  /** The test interface; empty when nothing says which. */
  readonly interface: string
  readonly facts: HostFacts
  /** What the ptp4l of this interface says; `silent` when it runs and does not answer; undefined when none runs. */
  readonly ptp?: PtpState | 'silent' | undefined
  /** CLOCK_REALTIME minus PHC, where phc_ctl could compare them. */
  readonly systemMinusPhc?: Nanoseconds | undefined
}

/** One thing to look for at a host. */
export type HostRule = (patient: Patient) => readonly Finding[]

/** What a rule finds when `seen` is not undefined: its evidence. */
export const when = (
  seen: string | undefined | false,
  [severity, rule]: readonly [Severity, string],
  what: string,
  advice: string,
): Finding[] => (seen === undefined || seen === false ? [] : [{ severity, rule, what, evidence: seen, advice }])
