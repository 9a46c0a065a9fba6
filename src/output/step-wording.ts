import { type EventOf, type StepAtHost, type StepOutcome, stepOutcomes } from '../runner/events.ts'
import { formatSpan } from './format.ts'

/** What went as it should, and what was not to be done: said by the counts of its step alone. */
export const isQuiet = ({ outcome, reason }: StepAtHost): boolean =>
  outcome === 'ok' || outcome === 'changed' || (outcome === 'skipped' && reason === undefined)

/** `A (eth1): failed after 3 tries, 1.2s: exit status 1` */
export function stepAtHost({ host, item, outcome, tries, tookMs, reason }: StepAtHost): string {
  const who = item === undefined ? host : `${host} (${item})`
  const tried = tries > 1 ? ` after ${tries} tries` : ''
  const took = outcome === 'skipped' ? '' : `${tried === '' ? ' after' : ','} ${formatSpan(tookMs)}`
  return `${who}: ${outcome}${tried}${took}${reason === undefined ? '' : `: ${reason}`}`
}

/** `3 ok, 1 failed`; what there was none of is left out. */
export function stepCounts(counts: Readonly<Record<StepOutcome, number>>): string {
  const said = stepOutcomes.filter(outcome => counts[outcome] > 0).map(outcome => `${counts[outcome]} ${outcome}`)
  return said.length === 0 ? 'done nowhere' : said.join(', ')
}

/** All steps of a run together. */
export function allCounts(ended: readonly EventOf<'step_ended'>[]): Readonly<Record<StepOutcome, number>> {
  const total = (outcome: StepOutcome) => ended.reduce((sum, { counts }) => sum + counts[outcome], 0)
  return Object.fromEntries(stepOutcomes.map(outcome => [outcome, total(outcome)])) as Record<StepOutcome, number>
}
