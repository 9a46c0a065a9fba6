import type { Timestamps } from '../playbook/capture.ts'
import type { FigureKind } from '../units/figure-kind.ts'
import type { CellCounts } from './cell-counts.ts'
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
  /** There where nobody looked at the clocks: the playbook says `sync: none`. */
  readonly clocks?: 'not watched'
  /** In the order in which they were done. */
  readonly steps: readonly StepResult[]
  readonly attempts: readonly AttemptRecord[]
  readonly flows: readonly FlowResult[]
  readonly expectations: readonly ExpectationResult[]
  /** Of an experiment, whose flows and expectations are those of its cells. */
  readonly cells?: CellCounts
  /** Of the attempt that counts; missing where nothing was captured. */
  readonly captures?: readonly CaptureResult[]
}

/** What tcpdump has recorded on a host. */
export interface CaptureResult {
  readonly host: string
  readonly interface: string
  readonly filter?: string
  readonly timestamps: Timestamps
  /** Of the times in the file. */
  readonly precision?: 'ns' | 'us'
  /** Relative to the run folder; missing when there is none. */
  readonly file?: string
  /** Those in the file. */
  readonly packets: number
  /** Of the file; missing when there is none. */
  readonly octets?: number
  /** Those that tcpdump has seen; it did not say when missing, as the next two. */
  readonly captured?: number
  /** By the kernel, whose buffer was full. */
  readonly dropped?: number
  /** By the card or its driver; also missing where there are none. */
  readonly droppedByInterface?: number
  /** The file has reached its bound: what came later is not in it. */
  readonly full?: true
  /** Why it ends before the traffic, or is not there. */
  readonly fault?: string
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
  /** What its programs printed, relative to the run folder. */
  readonly outputs?: readonly string[]
  /** When its sender was due and let go, ns since 1970 UTC by its host's clock; `released` is missing where it starts itself. */
  readonly start?: { readonly due: string; readonly released?: string }
  /** The version of its program on each host, where it says one. */
  readonly versions?: Readonly<Record<string, string>>
  /** By name: `lost` → `0`, `path-delay.mean` → `2157.070` (ns), `received` → `941537000` (bit/s). */
  readonly figures: Readonly<Record<string, string>>
  /** What each figure is a number of; missing: isochron's, times in ns and counts. */
  readonly kinds?: Readonly<Record<string, FigureKind>>
}

export interface ExpectationResult {
  /** As written in the playbook. */
  readonly expectation: string
  readonly flow: string
  /** With its unit; why there is none when it was not measured. */
  readonly value: string
  readonly outcome: 'met' | 'not met' | 'not measured'
}
