import type { Verdict } from './events.ts'
import type { AttemptRecord } from './orchestrate.ts'
import type { StepResult } from './steps/ground.ts'

/** `result.json` of a run folder. Times of day are ISO 8601 UTC; lengths of time are decimal strings of ns. */
export interface RunResult {
  /** Version of Lockstep that made it. */
  readonly lockstep: string
  readonly name: string
  /** Path of the playbook as the user gave it. */
  readonly playbook: string
  /** Missing when there was no test to judge: a host could not be used, or the user interrupted. */
  readonly verdict?: Verdict
  readonly exitCode: number
  /** Why the verdict is not pass. */
  readonly reasons: readonly string[]
  readonly started: string
  readonly ended: string
  readonly hosts: readonly string[]
  /** In the order in which they were done. */
  readonly steps: readonly StepResult[]
  readonly attempts: readonly AttemptRecord[]
  readonly flows: readonly FlowResult[]
  readonly expectations: readonly ExpectationResult[]
}

export interface FlowResult {
  readonly name: string
  readonly from: string
  readonly to: string
  readonly tool: string
  /** The packet log, relative to the run folder; missing when there is none. */
  readonly file?: string
  /** Why an end's log is missing. */
  readonly missing?: readonly string[]
  readonly sent?: number
  readonly received?: number
  /** By name: `lost` → `0`, `path-delay.mean` → `2157.070` (ns). */
  readonly figures: Readonly<Record<string, string>>
}

export interface ExpectationResult {
  /** As written in the playbook. */
  readonly expectation: string
  readonly flow: string
  /** With its unit; why there is none when it was not measured. */
  readonly value: string
  readonly outcome: 'met' | 'not met' | 'not measured'
}
