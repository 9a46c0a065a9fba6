import type { Column } from './metrics.ts'
import { type Moments, momentsOf } from './moments.ts'
import { selectAt, sortAscending } from './order.ts'

/** What was measured of a flow: how many of something, or a time per packet. */
export type Figure = CountFigure | TimeFigure

export interface CountFigure {
  readonly kind: 'count'
  readonly value: number
}

/** The distribution of a time over packets, ns. */
export interface TimeFigure {
  readonly kind: 'time'
  /** Packets measured; at least 1. */
  readonly count: number
  readonly min: bigint
  readonly max: bigint
  readonly mean: number
  /** Of the population: divided by n. */
  readonly stddev: number
  /** The same, with the places of the extremes among the packets measured. */
  readonly moments: Moments
  /** Every value, ascending. Sorted when first asked for; not to be written to. */
  sorted(): Column
  /** The value at this place of them, without sorting all. */
  at(index: number): bigint
}

export const countFigure = (value: number): CountFigure => ({ kind: 'count', value })

/** Takes the column over. Undefined when nothing was measured. */
export function timeFigure(values: Column): TimeFigure | undefined {
  const moments = momentsOf(values)
  if (moments === undefined) return undefined
  let isSorted = false
  const sorted = () => {
    if (!isSorted) sortAscending(values)
    isSorted = true
    return values
  }
  const at = (index: number) => BigInt(isSorted ? (values[index] ?? Number.NaN) : selectAt(values, index))
  const { min, max, mean, stddev } = moments
  return { kind: 'time', count: values.length, min, max, mean, stddev, moments, sorted, at }
}

/** min, mean, max, stddev, or a percentile as `p99` or `p99.9`. Undefined for any other name. */
export function statisticOf(figure: TimeFigure, name: string): number | bigint | undefined {
  if (name === 'min' || name === 'mean' || name === 'max' || name === 'stddev') return figure[name]
  return percentileOf(figure, name)
}

/**
 * By nearest rank: the smallest value that at least p percent of the packets do not exceed, so always one that was
 * measured. p0 is the minimum. The rank is computed in whole numbers: 99.9 % of 1000 is 999, which floats miss.
 */
function percentileOf(figure: TimeFigure, name: string): bigint | undefined {
  const match = /^p(\d{1,3})(?:\.(\d{1,9}))?$/.exec(name)
  if (match === null) return undefined
  const [, whole = '', fraction = ''] = match
  const share = BigInt(whole + fraction) * BigInt(figure.count)
  const all = 100n * 10n ** BigInt(fraction.length)
  const rank = Number((share + all - 1n) / all)
  return rank > figure.count ? undefined : figure.at(Math.max(rank, 1) - 1)
}
