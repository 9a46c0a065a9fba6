import { type FigureKind, keptStatistics } from '../units/figure-kind.ts'
import { type Figure, statisticOf } from './figure.ts'
import { statisticsOf, type ToolFigure } from './tool-figure.ts'

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

/** What tools said, likewise: each in the unit of its kind, with the statistics that it has, `also` these. */
export const toolFiguresInWords = (
  figures: ReadonlyMap<string, ToolFigure>,
  also: readonly string[] = [],
): Record<string, string> => {
  const statistics = [...new Set([...keptStatistics, ...also])]
  return Object.fromEntries([...figures].flatMap(([name, figure]) => toolInWords(name, figure, statistics)))
}

function toolInWords(name: string, figure: ToolFigure, statistics: readonly string[]): [string, string][] {
  if (figure.shape === 'one') return [[name, plain(figure.value)]]
  const values = statisticsOf(figure, statistics)
  return statistics.flatMap((statistic, i) => {
    const value = values[i]
    return value === undefined ? [] : [[`${name}.${statistic}`, plain(value)] as [string, string]]
  })
}

const plain = (value: number) => (Number.isInteger(value) ? String(value) : value.toFixed(3))

export const kindsOf = (figures: ReadonlyMap<string, ToolFigure>): Record<string, FigureKind> =>
  Object.fromEntries([...figures].map(([name, { kind }]) => [name, kind]))
