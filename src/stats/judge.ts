import { formatFigure } from '../units/figure-kind.ts'
import { formatTime } from '../units/format-time.ts'
import { matchesGlob } from '../units/glob.ts'
import { type Figure, statisticOf } from './figure.ts'
import { measuredValue, type ToolFigure } from './tool-figure.ts'

/** Measured out of packets, or said by a tool. */
export type AnyFigure = Figure | ToolFigure

/** One line of `expect`, as far as judging needs it. */
export interface Expected {
  /** As written. */
  readonly text: string
  /** Glob over flow names. */
  readonly flows: string
  readonly figure: string
  readonly statistic: string | undefined
  readonly op: keyof typeof comparisons
  /** In the unit of the figure. */
  readonly limit: number
}

export type Outcome = 'met' | 'not met' | 'not measured'

export interface Judgement {
  /** The text of the expectation. */
  readonly expectation: string
  /** The flow's name, or the glob that no flow matches. */
  readonly flow: string
  readonly outcome: Outcome
  /** With its unit; why there is none when it was not measured. */
  readonly value: string
}

// A bigint and a number compare exactly.
const comparisons = {
  '<': (a: number | bigint, b: number) => a < b,
  '<=': (a: number | bigint, b: number) => a <= b,
  // biome-ignore lint/suspicious/noDoubleEquals: === never holds between a bigint and a number
  '==': (a: number | bigint, b: number) => a == b,
  // biome-ignore lint/suspicious/noDoubleEquals: !== always holds between a bigint and a number
  '!=': (a: number | bigint, b: number) => a != b,
  '>=': (a: number | bigint, b: number) => a >= b,
  '>': (a: number | bigint, b: number) => a > b,
} as const

/** What the figures of each flow make of each expectation. Undefined figures: the flow's packet log could not be had. */
export function judge(
  expectations: readonly Expected[],
  flows: ReadonlyMap<string, ReadonlyMap<string, AnyFigure> | undefined>,
): Judgement[] {
  return expectations.flatMap(expected => {
    const names = [...flows.keys()].filter(name => matchesGlob(name, expected.flows))
    if (names.length === 0) return [notMeasured(expected, expected.flows, 'no flow has this name')]
    return names.map(name => judgeFlow(expected, name, flows.get(name)))
  })
}

function judgeFlow(expected: Expected, flow: string, figures: ReadonlyMap<string, AnyFigure> | undefined): Judgement {
  if (figures === undefined) return notMeasured(expected, flow, 'no packet log')
  const figure = figures.get(expected.figure)
  if (figure === undefined) return notMeasured(expected, flow, whyMissing(figures))
  const value = measuredOf(figure, expected.statistic)
  if (value === undefined) {
    const statistic = expected.statistic ?? 'no statistic'
    return notMeasured(expected, flow, `a ${figure.kind} has no '${statistic}'`)
  }
  const outcome = comparisons[expected.op](value, expected.limit) ? 'met' : 'not met'
  const text = inWords(figure, value)
  return { expectation: expected.text, flow, outcome, value: text }
}

const whyMissing = (figures: ReadonlyMap<string, AnyFigure>) =>
  [...figures.values()].some(figure => 'shape' in figure)
    ? 'its program does not tell it'
    : 'no packet gives this figure'

/** A time out of packets to its last digit; what a tool said with as many as it is good for. */
function inWords(figure: AnyFigure, value: number | bigint): string {
  if ('shape' in figure) return formatFigure(figure.kind, Number(value))
  return figure.kind === 'count' ? String(value) : formatTime(value)
}

function measuredOf(figure: AnyFigure, statistic: string | undefined): number | bigint | undefined {
  if ('shape' in figure) return measuredValue(figure, statistic)
  if (figure.kind === 'count') return statistic === undefined ? figure.value : undefined
  return statistic === undefined ? undefined : statisticOf(figure, statistic)
}

const notMeasured = ({ text }: Expected, flow: string, why: string): Judgement => ({
  expectation: text,
  flow,
  outcome: 'not measured',
  value: why,
})
