import { keptStatistics } from '../units/figure-kind.ts'
import type { Column } from './metrics.ts'
import { type Moments, momentsOf } from './moments.ts'
import { sortAscending, valuesAt } from './order.ts'
import { placeOf } from './percentile.ts'

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
  /** Every value, ascending; the caller's own. */
  sorted(): Column
  /** The value at this place of them, without sorting all. */
  at(index: number): bigint
}

export const countFigure = (value: number): CountFigure => ({ kind: 'count', value })

/**
 * Undefined when nothing was measured. `again` gives the same values whenever it is asked, so that a figure of many packets need not
 * hold them all.
 */
export function timeFigure(values: Column, again: () => Column = () => values): TimeFigure | undefined {
  const moments = momentsOf(values)
  if (moments === undefined) return undefined
  const count = values.length
  const places = keptStatistics.flatMap(name => placeOf(name, count) ?? [])
  const known = new Map(valuesAt(values, places).map((value, i) => [places[i], BigInt(value)]))
  const at = (index: number) => {
    const value = known.get(index) ?? BigInt(valuesAt(again(), [index])[0] as number)
    known.set(index, value)
    return value
  }
  const { min, max, mean, stddev } = moments
  return { kind: 'time', count, min, max, mean, stddev, moments, sorted: () => sortAscending(again().slice()), at }
}

/** min, mean, max, stddev, or a percentile as `p99` or `p99.9`. Undefined for any other name. */
export function statisticOf(figure: TimeFigure, name: string): number | bigint | undefined {
  if (name === 'min' || name === 'mean' || name === 'max' || name === 'stddev') return figure[name]
  const place = placeOf(name, figure.count)
  return place === undefined ? undefined : figure.at(place)
}
