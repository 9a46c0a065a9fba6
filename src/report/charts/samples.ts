import type { DatFile } from '../../stats/dat-file.ts'
import { statisticOf, type TimeFigure, timeFigure } from '../../stats/figure.ts'
import { type Column, columnOf, type MetricName, metrics } from '../../stats/metrics.ts'
import { linear, logarithmic, type Range, type Scale, timeLabel } from './scale.ts'

/** The values of a metric as its charts need them. */
export interface Samples {
  /** In the order of the packets. */
  readonly values: Column
  /** Ascending. */
  readonly sorted: Column
  readonly statistics: TimeFigure
  percentile(name: string): bigint
  readonly isLogarithmic: boolean
  /** From the smallest to the largest value; all charts of a metric use the same. */
  scale(pixels: Range): Scale
}

/** Undefined when no packet was measured. */
export function samplesOf(file: DatFile, name: MetricName, records: Uint32Array): Samples | undefined {
  const values = columnOf(file, metrics[name], records)
  const statistics = timeFigure(values)
  if (statistics === undefined) return undefined
  const range = { from: Number(statistics.min), to: Number(statistics.max) }
  // A few late packets would press all others against the left edge.
  const isLogarithmic = range.from > 0 && range.to / range.from > 20
  return {
    values,
    sorted: statistics.sorted(),
    statistics,
    percentile: p => statisticOf(statistics, p) as bigint, // a whole percentile of something measured
    isLogarithmic,
    scale: pixels => (isLogarithmic ? logarithmic : linear)(range, pixels, timeLabel),
  }
}
