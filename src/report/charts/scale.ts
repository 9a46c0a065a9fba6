import { formatTime } from '../../units/format-time.ts'

/** From a value to a place on the drawing, with the values worth a tick. */
export interface Scale {
  at(value: number): number
  /** The value at a share of the way, 0 to 1. */
  valueAt(share: number): number
  readonly ticks: readonly Tick[]
}
export interface Tick {
  readonly value: number
  readonly label: string
}
export interface Range {
  readonly from: number
  readonly to: number
}
type Label = (value: number) => string

/** Times in ns. */
export const timeLabel: Label = value => formatTime(value, 3)
export const countLabel: Label = value => String(value)

/** Even steps of 1, 2 or 5 times a power of ten, about `wanted` of them. A range without extent gets one. */
export function linear(values: Range, pixels: Range, label: Label, wanted = 5): Scale {
  const { from, to } = values.from < values.to ? values : { from: values.from - 1, to: values.to + 1 }
  const size = to - from
  const step = niceStep(size / wanted)
  const first = Math.ceil(from / step)
  const ticks = Array.from({ length: Math.floor(to / step) - first + 1 }, (_, i) => tick((first + i) * step, label))
  return {
    at: value => place(pixels, (value - from) / size),
    valueAt: share => from + share * size,
    ticks,
  }
}

/** Powers of ten, with 2 and 5 between them while there are few. Only for positive values. */
export function logarithmic(values: Range, pixels: Range, label: Label): Scale {
  const [low, high] = [Math.log10(values.from), Math.log10(values.to)]
  const decades = Array.from({ length: Math.ceil(high) - Math.floor(low) + 1 }, (_, i) => 10 ** (Math.floor(low) + i))
  const within = (factors: readonly number[]) =>
    decades.flatMap(decade => factors.map(factor => factor * decade)).filter(v => v >= values.from && v <= values.to)
  const few = within([1, 2, 5])
  return {
    at: value => place(pixels, (Math.log10(value) - low) / (high - low)),
    valueAt: share => 10 ** (low + share * (high - low)),
    ticks: (few.length <= 6 ? few : within([1])).map(value => tick(value, label)),
  }
}

/** Near enough to linear below this share of the unit, so that the unit itself stands clear of zero. */
const linearShare = 1 / 3

/** Linear near zero, logarithmic beyond, the same on both sides out to `most`: shows 10 ns beside 1 ms. */
export function symmetric(unit: number, most: number, pixels: Range, label: Label): Scale {
  const bend = (value: number) => Math.asinh(value / (unit * linearShare))
  const edge = bend(Math.max(most, unit * 2))
  const powers = Math.max(0, Math.ceil(Math.log10(Math.max(most, unit) / unit)))
  const sizes = Array.from({ length: powers + 1 }, (_, i) => unit * 10 ** i).filter(size => bend(size) <= edge)
  return {
    at: value => place(pixels, (bend(value) / edge + 1) / 2),
    valueAt: share => Math.sinh((share * 2 - 1) * edge) * unit * linearShare,
    ticks: [...sizes.map(size => -size).reverse(), 0, ...sizes].map(value => tick(value, label)),
  }
}

const place = ({ from, to }: Range, share: number) => from + share * (to - from)
const tick = (value: number, label: Label): Tick => ({ value, label: label(value) })

function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough))
  const factor = [1, 2, 5, 10].find(each => each * power >= rough * 0.999) ?? 10
  return factor * power
}
