import { bcaInterval } from './bootstrap.ts'
import type { Interval } from './intervals.ts'
import { meanOf } from './sample.ts'

/** In which direction a figure gets worse: a delay when it is higher, a rate when it is lower. */
export type Worse = 'higher' | 'lower'

/** By how much the mean got worse, as a share of the baseline's: 0.05 is 5 % worse, -0.05 5 % better. */
export interface Change {
  readonly share: number
  readonly interval: Interval
}

/** With fewer results than this on either side nothing can be said. */
export const fewestCompared = 3

/**
 * The change from the baseline to the results with a BCa bootstrap interval. Undefined where either side has fewer than
 * `fewestCompared` results. Against a baseline of zero every change is infinite, and none is none.
 */
export function changeFrom(
  baseline: readonly number[],
  results: readonly number[],
  { worse, seed, level = 0.95 }: { readonly worse: Worse; readonly seed: number; readonly level?: number },
): Change | undefined {
  if (baseline.length < fewestCompared || results.length < fewestCompared) return undefined
  const share = (before: readonly number[] = [], after: readonly number[] = []) =>
    worseShare(meanOf(before), meanOf(after), worse)
  const interval = bcaInterval([baseline, results], share, { seed, level })
  return { share: share(baseline, results), interval }
}

function worseShare(before: number, after: number, worse: Worse): number {
  const change = worse === 'higher' ? after - before : before - after
  return change === 0 ? 0 : change / Math.abs(before)
}

/**
 * Whether a figure got worse by less than `limit`: only when the whole interval says so. When the interval reaches over
 * the limit, more repetitions are needed to tell.
 */
export function isWorseBy({ interval: { low, high } }: Change, op: '<' | '<=', limit: number): boolean | undefined {
  const below = (share: number) => (op === '<' ? share < limit : share <= limit)
  if (below(low) && below(high)) return true
  return below(low) ? undefined : false
}
