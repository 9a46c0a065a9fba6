import type { Happening, Phase } from '../events.ts'

/** What a check finds, one after the other. One union by `kind`, as that of runs. */
export type CheckEvent =
  | { readonly kind: 'check_started'; readonly name: string; readonly hosts: readonly string[] }
  | Extract<Happening, { kind: 'host_connected' | 'host_ready' | 'warning' | 'problem' }>
  | {
      readonly kind: 'step_checked'
      /** As a run counts them. */
      readonly step: number
      readonly phase: Phase
      readonly name: string
      /** The user that it becomes. */
      readonly become?: string
      readonly hosts: readonly StepPreview[]
    }
  /** What a phase does besides steps, in lines. */
  | { readonly kind: 'phase_planned'; readonly phase: Phase; readonly lines: readonly string[] }
  | { readonly kind: 'check_ended'; readonly exitCode: number }

export type CheckEventOf<Kind extends CheckEvent['kind']> = Extract<CheckEvent, { kind: Kind }>

/** What a step would do at one host, or for one item of it. */
export interface StepPreview {
  /** 'local' for the controller itself. */
  readonly host: string
  readonly item?: string
  readonly outcome: PreviewOutcome
  /** What would be done, in words; may have several lines. */
  readonly does?: string
  readonly files?: readonly FilePreview[]
  /** Why it is not known, skipped, or cannot be done. */
  readonly reason?: string
}

/**
 * `would_do`: it would be done; `unchanged`: everything is as the step wants it; `skipped`: `when` says no; `holds` and
 * `does_not_hold`: what an assert claims, as things are now; `unknown`: only a run can tell; `wrong`: a run would fail here.
 */
export type PreviewOutcome = 'would_do' | 'unchanged' | 'skipped' | 'holds' | 'does_not_hold' | 'unknown' | 'wrong'

export interface FilePreview {
  /** A path of the host. */
  readonly path: string
  /** `found` and `missing`: of what would be pulled. */
  readonly outcome: 'new' | 'change' | 'unchanged' | 'unknown' | 'impossible' | 'found' | 'missing'
  readonly why?: readonly string[]
  /** Unified, and only when it is asked for. */
  readonly diff?: string
}
