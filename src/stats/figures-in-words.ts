import { type Figure, statisticOf } from './figure.ts'

/** The statistics of a time that are kept with a result; percentiles by nearest rank. */
export const keptStatistics = ['min', 'mean', 'max', 'stddev', 'p50', 'p99'] as const

/** Figures as result.json has them: `lost` → `0`, `path-delay.mean` → `2157.070`; times in ns. */
export const figuresInWords = (figures: ReadonlyMap<string, Figure>): Record<string, string> =>
  Object.fromEntries([...figures].flatMap(([name, figure]) => inWords(name, figure)))

function inWords(name: string, figure: Figure): [string, string][] {
  if (figure.kind === 'count') return [[name, String(figure.value)]]
  return keptStatistics.map(statistic => {
    const value = statisticOf(figure, statistic)
    return [`${name}.${statistic}`, typeof value === 'number' ? value.toFixed(3) : String(value)]
  })
}
