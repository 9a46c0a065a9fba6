import { type StepAtHost, type StepOutcome, stepOutcomes } from '../runner/events.ts'
import type { StepResult } from '../runner/steps/ground.ts'
import { formatTime } from '../units/format-time.ts'

export interface StepRow {
  readonly step: StepResult
  /** `3 ok, 1 failed` */
  readonly counts: string
  readonly took: string
  /** What failed, or failed and did not matter. */
  readonly bad: readonly StepAtHost[]
}

/** A row per step, those with failures first. */
export function stepRows(steps: readonly StepResult[]): readonly StepRow[] {
  const rows = steps.map(step => ({
    step,
    counts: countsOf(step.hosts),
    took: formatTime(BigInt(Math.round(step.tookMs)) * 1_000_000n, 1),
    bad: step.hosts.filter(({ outcome }) => outcome === 'failed' || outcome === 'ignored'),
  }))
  const failed = ({ bad }: StepRow) => bad.some(({ outcome }) => outcome === 'failed')
  return [...rows.filter(failed), ...rows.filter(row => !failed(row))]
}

function countsOf(hosts: readonly StepAtHost[]): string {
  const count = (outcome: StepOutcome) => hosts.filter(each => each.outcome === outcome).length
  const said = stepOutcomes.filter(outcome => count(outcome) > 0).map(outcome => `${count(outcome)} ${outcome}`)
  return said.length === 0 ? 'done nowhere' : said.join(', ')
}

/** `A (eth1): exit status 1` */
export const badHost = ({ host, item, outcome, reason }: StepAtHost): string =>
  `${host}${item === undefined ? '' : ` (${item})`}: ${outcome === 'ignored' ? 'ignored: ' : ''}${reason ?? 'failed'}`
