import { matchesGlob } from '../units/glob.ts'
import { naturalOrder } from '../units/natural-order.ts'
import { changeFrom, fewestCompared, isWorseBy, type Worse } from './compare.ts'
import type { Outcome } from './judge.ts'
import type { FlowReading } from './reading.ts'

/** One line of `expect` or `valid` over cells, flows and hosts. */
export interface Criterion {
  /** As written. */
  readonly text: string
  /** Of everything it means: each on its own, all together, or any one. */
  readonly over: 'each' | 'all' | 'any'
  /** Shell patterns over the names of cells, flows and of either end of a flow. */
  readonly cells: string
  readonly flows: string
  readonly hosts: string
  readonly figure: string
  readonly statistic: string | undefined
  readonly test: CriterionTest
}

export type CriterionTest =
  /** In the unit of the figure. */
  | { readonly kind: 'limit'; readonly op: keyof typeof comparisons; readonly limit: number; readonly words: string }
  /** A share: 0.05 for 5 %. */
  | { readonly kind: 'change'; readonly op: '<' | '<='; readonly limit: number; readonly words: string }

export interface CellVerdict {
  readonly expectation: string
  readonly outcome: Outcome
  /** The cell and flow that decided; the pattern when nothing has such a name. Of a change, the configuration. */
  readonly cell: string
  readonly flow: string
  /** `path-delay.mean` */
  readonly figure: string
  /** `< 10us` */
  readonly limit: string
  /** With its unit; why there is none when it was not measured. */
  readonly value: string
  /** Where the figure was read; undefined when nothing was. */
  readonly file: string | undefined
}

export interface JudgeSettings {
  /** What `worse_by` compares with; undefined without `compared_to`. */
  readonly baseline?: readonly FlowReading[] | undefined
  /** In which direction a figure gets worse. */
  readonly worse: (figure: string) => Worse
  /** Of the bootstrap. The same one gives the same verdict again; default 1. */
  readonly seed?: number
}

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

/** What the readings make of each criterion, whatever order they come in. A cell that does not count meets nothing. */
export function judgeCells(
  criteria: readonly Criterion[],
  readings: readonly FlowReading[],
  settings: JudgeSettings,
): CellVerdict[] {
  const inOrder = [...readings].sort(readingOrder)
  const baseline = settings.baseline && groupsOf([...settings.baseline].sort(readingOrder))
  return criteria.flatMap(criterion => {
    const meant = inOrder.filter(reading => isMeant(criterion, reading))
    if (meant.length === 0) return [unmeasured(criterion, placeholder(criterion), 'nothing of this name was measured')]
    const single =
      criterion.test.kind === 'limit'
        ? meant.map(reading => judgeReading(criterion, reading))
        : [...groupsOf(meant)].map(([key, group]) =>
            judgeChange(criterion, group, { ...settings, baseline: baseline && (baseline.get(key) ?? []) }),
          )
    return criterion.over === 'each' ? single.map(({ verdict }) => verdict) : [together(criterion, single)]
  })
}

/** The readings, with the cells that miss a condition of `valid` marked as not counting, and why. */
export function withValidity(
  conditions: readonly Criterion[],
  readings: readonly FlowReading[],
  settings: JudgeSettings,
): FlowReading[] {
  const cells = new Map<string, FlowReading[]>()
  for (const reading of readings) {
    const own = cells.get(reading.cell)
    if (own === undefined) cells.set(reading.cell, [reading])
    else own.push(reading)
  }
  return [...cells.values()].flatMap(own => {
    const meant = conditions.filter(condition => own.some(reading => isMeant(condition, reading)))
    const missed = judgeCells(meant, own, settings).filter(({ outcome }) => outcome !== 'met')
    const reasons = missed.map(({ flow, expectation, value }) => `${flow}: valid needs ${expectation}, got ${value}`)
    return own.map(reading => ({ ...reading, invalid: [...reading.invalid, ...reasons] }))
  })
}

const isMeant = ({ cells, flows, hosts }: Criterion, { cell, configuration, flow, from, to }: FlowReading) =>
  (fits(cell, cells) || fits(configuration, cells)) && fits(flow, flows) && (fits(from, hosts) || fits(to, hosts))

/** A pattern that means everything needs no look at a million names. */
const fits = (name: string, pattern: string) => pattern === '*' || matchesGlob(name, pattern)

const readingOrder = (a: FlowReading, b: FlowReading) =>
  naturalOrder(a.cell, b.cell) || naturalOrder(a.flow, b.flow) || naturalOrder(a.file, b.file)

type Where = Pick<CellVerdict, 'cell' | 'flow' | 'file'>

/** A verdict, and how far it lies on the bad side of the limit: of several the largest decides `all`, the smallest `any`. */
interface Single {
  readonly verdict: CellVerdict
  readonly badness: number
}

const placeholder = ({ cells, flows }: Criterion): Where => ({ cell: cells, flow: flows, file: undefined })

const figureOf = ({ figure, statistic }: Criterion) => (statistic === undefined ? figure : `${figure}.${statistic}`)

const verdictOf = (
  criterion: Criterion,
  { cell, flow, file }: Where,
  outcome: Outcome,
  value: string,
): CellVerdict => ({
  expectation: criterion.text,
  outcome,
  cell,
  flow,
  figure: figureOf(criterion),
  limit: criterion.test.words,
  value,
  file,
})

const unmeasured = (criterion: Criterion, where: Where, why: string) => verdictOf(criterion, where, 'not measured', why)

function judgeReading(criterion: Criterion, reading: FlowReading): Single {
  const { test } = criterion
  const measured = measuredOf(criterion, reading)
  if (typeof measured === 'string') return { verdict: unmeasured(criterion, reading, measured), badness: 0 }
  const outcome = comparisons[test.op](measured.value, test.limit) ? 'met' : 'not met'
  const distance = Number(measured.value) - test.limit
  const badness = { '<': distance, '<=': distance, '>': -distance, '>=': -distance }
  return {
    verdict: verdictOf(criterion, reading, outcome, measured.text),
    badness: badness[test.op as keyof typeof badness] ?? (outcome === 'met' ? 0 : 1),
  }
}

/** The value, or why there is none. */
function measuredOf(criterion: Criterion, { figures, invalid }: FlowReading) {
  if (invalid.length > 0) return `the cell does not count: ${invalid.join('; ')}`
  const figure = figures?.get(criterion.figure)
  if (figure === undefined) return figures === undefined ? 'nothing was recorded' : 'this figure was not measured'
  const value = figure.value(criterion.statistic)
  if (value === undefined) return `a ${figure.kind} has no '${criterion.statistic ?? 'no statistic'}' here`
  return { value, text: figure.format(value) }
}

/** Readings of one flow in all repetitions of one configuration, by a key of both. */
function groupsOf(readings: readonly FlowReading[]): Map<string, FlowReading[]> {
  const groups = new Map<string, FlowReading[]>()
  for (const reading of readings) {
    const key = `${reading.configuration}\n${reading.flow}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [reading])
    else group.push(reading)
  }
  return groups
}

/** `baseline` holds the readings of the same configuration and flow. */
function judgeChange(criterion: Criterion, group: readonly FlowReading[], settings: JudgeSettings): Single {
  const { test } = criterion
  const { baseline: before } = settings
  const [first] = group as [FlowReading]
  const where = { cell: first.configuration, flow: first.flow, file: first.file }
  const none = (why: string): Single => ({ verdict: unmeasured(criterion, where, why), badness: 0 })
  if (before === undefined) return none('there is no run to compare with')
  if (before.length === 0) return none('the run compared with has no such cell and flow')
  const [baseline, results] = [before, group].map(readings => numbersOf(criterion, readings)) as [number[], number[]]
  const change = changeFrom(baseline, results, {
    worse: settings.worse(criterion.figure),
    seed: settings.seed ?? 1,
  })
  const sizes = `${results.length} against ${baseline.length}`
  if (change === undefined) return none(`${sizes} results, at least ${fewestCompared} of each are needed`)
  const { low, high, level } = change.interval
  const value = `${percent(change.share)} (${percent(level).slice(1)} interval ${percent(low)} to ${percent(high)}, ${sizes})`
  const less = isWorseBy(change, test.op as '<' | '<=', test.limit)
  if (less === undefined) return none(`${value}: more repetitions are needed to tell`)
  return { verdict: verdictOf(criterion, where, less ? 'met' : 'not met', value), badness: change.share - test.limit }
}

const numbersOf = (criterion: Criterion, readings: readonly FlowReading[]): number[] =>
  readings.flatMap(reading => {
    const measured = measuredOf(criterion, reading)
    return typeof measured === 'string' ? [] : [Number(measured.value)]
  })

/** `+3.2%`; positive is worse. */
function percent(share: number): string {
  if (!Number.isFinite(share)) return share > 0 ? '+∞%' : '-∞%'
  return `${share < 0 ? '-' : '+'}${Number(Math.abs(share * 100).toPrecision(3))}%`
}

/** One verdict for many: of `all` the worst speaks, of `any` the best. What was not measured leaves open what it could decide. */
function together({ over }: Criterion, single: readonly Single[]): CellVerdict {
  const outcomes: readonly Outcome[] =
    over === 'all' ? ['not met', 'not measured', 'met'] : ['met', 'not measured', 'not met']
  const outcome = outcomes.find(each => single.some(({ verdict }) => verdict.outcome === each)) ?? 'not measured'
  const deciding = single.filter(({ verdict }) => verdict.outcome === outcome)
  const sign = over === 'all' ? 1 : -1
  return deciding.reduce((best, each) => (sign * each.badness > sign * best.badness ? each : best)).verdict
}
