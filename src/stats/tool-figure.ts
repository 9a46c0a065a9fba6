import type { FigureKind } from '../units/figure-kind.ts'
import { valuesAt } from './order.ts'
import { placeOf } from './percentile.ts'

export type ToolFigure = OneFigure | SpreadFigure

export interface OneFigure {
  readonly shape: 'one'
  readonly kind: FigureKind
  readonly value: number
}

/** Values of which the tool named statistics, gave samples, or both; what the tool itself says counts. */
export interface SpreadFigure {
  readonly shape: 'spread'
  readonly kind: FigureKind
  readonly said: Readonly<Partial<Record<'min' | 'mean' | 'max' | 'stddev', number>>>
  /** In no order; empty when the tool gave none. Positive infinity may be among them, NaN is not. */
  readonly samples: Float64Array
}

export const one = (kind: FigureKind, value: number): OneFigure => ({ shape: 'one', kind, value })

/** Undefined when nothing was measured. Takes the samples over. */
export function spread(
  kind: FigureKind,
  samples: Float64Array,
  said: SpreadFigure['said'] = {},
): SpreadFigure | undefined {
  if (samples.length === 0 && Object.keys(said).length === 0) return undefined
  return { shape: 'spread', kind, said, samples }
}

/** `statistic` undefined: the value of a single figure. Undefined when the figure has no such thing. */
export function measuredValue(figure: ToolFigure, statistic: string | undefined): number | undefined {
  if (figure.shape === 'one') return statistic === undefined ? figure.value : undefined
  return statistic === undefined ? undefined : statisticOfSpread(figure, statistic)
}

const statisticOfSpread = (figure: SpreadFigure, name: string): number | undefined => statisticsOf(figure, [name])[0]

/** Several statistics of a spread in the walks through its samples that one of them needs; undefined where it has none. */
export function statisticsOf({ said, samples }: SpreadFigure, names: readonly string[]): (number | undefined)[] {
  const isSaid = (name: string): name is keyof typeof said => Object.hasOwn(said, name)
  const measured = names.filter(name => !isSaid(name))
  const places = measured.map(name => placeOf(name, samples.length))
  const wanted = places.filter(place => place !== undefined)
  const percentiles = new Map(valuesAt(samples, wanted).map((value, i) => [wanted[i], Number(value)]))
  const moments = measured.some(name => isMoment(name)) ? momentsOf(samples) : undefined
  const of = (name: string) => (isMoment(name) ? moments?.[name] : percentiles.get(placeOf(name, samples.length)))
  return names.map(name => (isSaid(name) ? (said[name] ?? of(name)) : of(name)))
}

type SpreadMoments = Required<SpreadFigure['said']>
const isMoment = (name: string): name is keyof SpreadMoments => /^(min|mean|max|stddev)$/.test(name)

/** Undefined of none. */
function momentsOf(values: Float64Array): SpreadMoments | undefined {
  if (values.length === 0) return undefined
  let [min, max, sum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0]
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number // i is in bounds
    sum += value
    if (value < min) min = value
    if (value > max) max = value
  }
  const mean = sum / values.length
  return { min, mean, max, stddev: deviation(values, mean) }
}

function deviation(values: Float64Array, mean: number): number {
  let squares = 0
  for (let i = 0; i < values.length; i++) squares += ((values[i] as number) - mean) ** 2 // i is in bounds
  return Math.sqrt(squares / values.length)
}
