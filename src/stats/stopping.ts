import { meanInterval } from './intervals.ts'
import { meanOf } from './sample.ts'

/** When a cell has been repeated often enough: `95% interval of FIGURE within 2 %`. */
export interface StoppingRule {
  /** 0.95 for 95 %. */
  readonly level: number
  /** The most that the interval may reach to either side of the mean: a share of the mean, or in the figure's own unit. */
  readonly within: { readonly share: number } | { readonly amount: number }
}

/** Two results that happen to be equal would end an experiment that has just begun. */
export const fewestRepetitions = 3

export interface Precision {
  readonly enough: boolean
  readonly mean: number
  /** How far the interval reaches to either side of the mean; undefined below two results. */
  readonly reach: number | undefined
}

/** Holds the results so far against the rule, with the interval of Student's distribution. */
export function precisionOf(results: readonly number[], { level, within }: StoppingRule): Precision {
  const interval = meanInterval(results, level)
  const mean = meanOf(results)
  if (interval === undefined) return { enough: false, mean, reach: undefined }
  const reach = (interval.high - interval.low) / 2
  const most = 'share' in within ? within.share * Math.abs(mean) : within.amount
  return { enough: results.length >= fewestRepetitions && reach <= most, mean, reach }
}
