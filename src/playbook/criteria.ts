import { didYouMean, suggest } from '../errors/suggest.ts'
import type { Comparison } from './play.ts'

/** One line of `expect` or `valid` over cells, flows and hosts, as judging needs it. */
export interface Criterion {
  /** As written. */
  readonly text: string
  readonly over: 'each' | 'all' | 'any'
  readonly cells: string
  readonly flows: string
  readonly hosts: string
  readonly figure: string
  readonly statistic: string | undefined
  readonly test:
    | { readonly kind: 'limit'; readonly op: Comparison; readonly limit: number; readonly words: string }
    | { readonly kind: 'change'; readonly op: '<' | '<='; readonly limit: number; readonly words: string }
}

/** What is known of a figure before anything was measured. */
export interface KnownFigure {
  /** Whether a line names a statistic of it, such as `mean`. */
  readonly hasStatistics: boolean
  /** What a limit looks like: `a duration with its unit, such as 10us`. */
  readonly expects: string
  /** A limit as written, in the unit of the figure; undefined when it is not written as the figure asks. */
  parse(text: string): number | undefined
}

export interface CriterionFault {
  readonly message: string
  readonly hint?: string | undefined
  /** Where in the text, from 0. */
  readonly offset: number
}

/**
 * Reads `[each|all|any] [FLOW] [cell GLOB] [host GLOB]: FIGURE[.STAT] OP QUANTITY`, or `… worse_by < 5 %` with which the
 * run is held against that of `compared_to`. `each` is the default, and so are all flows, cells and hosts. A flow that is
 * called like one of these words is written `flow all`.
 */
export function readCriterion(text: string, figures: ReadonlyMap<string, KnownFigure>): Criterion | CriterionFault {
  const subject = readSubject(text, figures)
  if ('message' in subject) return subject
  const { restAt, ...meant } = subject
  const test = readTest(text.slice(restAt), restAt, meant.figure, figures.get(meant.figure))
  return 'message' in test ? test : { text: text.trim(), ...meant, test }
}

export type Subject = Pick<Criterion, 'over' | 'cells' | 'flows' | 'hosts' | 'figure' | 'statistic'>

/** Reads a line up to its figure; `restAt` is where the rest begins. */
export function readSubject(
  text: string,
  figures: ReadonlyMap<string, KnownFigure>,
): (Subject & { readonly restAt: number }) | CriterionFault {
  const words = /^\s*(?:(each|all|any)(?=[\s:]|$))?/.exec(text)
  const quantified = words?.[0].length ?? 0
  const colon = text.indexOf(':', quantified)
  const scope = colon < 0 ? noScope : readScope(text.slice(quantified, colon), quantified)
  if ('message' in scope) return scope
  const begin = colon < 0 ? quantified : colon + 1
  const body = /^(\s*)([A-Za-z][\w-]*)(?:\.([A-Za-z]\w*(?:\.\d+)?))?\s*/.exec(text.slice(begin))
  if (body === null) return { message: 'expected the name of a figure, such as lost or path-delay.mean', offset: begin }
  const [all, blanks = '', figure = '', statistic] = body
  const fault = faultOfFigure(figure, statistic, figures, begin + blanks.length)
  if (fault !== undefined) return fault
  return {
    over: (words?.[1] ?? 'each') as Criterion['over'],
    cells: scope.cell ?? '*',
    flows: scope.flow ?? '*',
    hosts: scope.host ?? '*',
    figure,
    statistic,
    restAt: begin + all.length,
  }
}

type Scope = Readonly<Partial<Record<'flow' | 'cell' | 'host', string>>>
const noScope: Scope = {}
const scopeWords = ['flow', 'cell', 'host'] as const

/** A pattern by itself is one of flows. */
function readScope(text: string, offset: number): Scope | CriterionFault {
  const tokens = [...text.matchAll(/\S+/g)].map(({ 0: word, index }) => ({ word, at: offset + index }))
  const scope: { -readonly [Key in keyof Scope]: Scope[Key] } = {}
  let bare: (typeof tokens)[number] | undefined
  for (let next = tokens.shift(); next !== undefined; next = tokens.shift()) {
    const { word, at } = next
    const kind = scopeWords.find(each => word === each || word === `${each}s`) ?? 'flow'
    const named = kind === 'flow' && !/^flows?$/.test(word) ? next : tokens.shift()
    if (named === undefined) return { message: `expected a name or pattern behind '${word}'`, offset: at }
    if (scope[kind] !== undefined) {
      // A word for what comes next, mistyped, looks like a flow.
      const mistyped = [bare, named === next ? next : undefined].find(each => each && suggest(each.word, scopeWords))
      const hint = mistyped && didYouMean(mistyped.word, scopeWords)
      return { message: `the ${kind} of this line is said twice`, hint, offset: mistyped?.at ?? at }
    }
    if (named === next) bare = next
    scope[kind] = named.word
  }
  return scope
}

function faultOfFigure(
  figure: string,
  statistic: string | undefined,
  figures: ReadonlyMap<string, KnownFigure>,
  offset: number,
): CriterionFault | undefined {
  const known = figures.get(figure)
  if (known === undefined)
    return { message: `there is no figure '${figure}'`, hint: didYouMean(figure, [...figures.keys()]), offset }
  const behind = offset + figure.length + 1
  if (!known.hasStatistics)
    return statistic === undefined
      ? undefined
      : { message: `'${figure}' is one number and has no statistic`, offset: behind }
  const hint = 'one of min, mean, max, stddev, p50, p99.9'
  if (statistic === undefined) return { message: `'${figure}' needs a statistic`, hint, offset }
  return isStatistic(statistic) ? undefined : { message: `there is no statistic '${statistic}'`, hint, offset: behind }
}

function isStatistic(text: string): boolean {
  const percent = /^p(\d+(?:\.\d+)?)$/.exec(text)?.[1]
  return ['min', 'mean', 'max', 'stddev'].includes(text) || (percent !== undefined && Number(percent) <= 100)
}

const operators: ReadonlySet<string> = new Set<Comparison>(['<', '<=', '==', '!=', '>=', '>'])

function readTest(
  text: string,
  offset: number,
  figure: string,
  known: KnownFigure | undefined,
): Criterion['test'] | CriterionFault {
  const [, change, op = '', gap = '', rest = ''] = /^(?:(worse_by)\s*)?([<>=!]*)(\s*)([\s\S]*)$/.exec(text) ?? []
  const opAt = offset + (change === undefined ? 0 : text.length - op.length - gap.length - rest.length)
  const quantity = rest.trim()
  const words = text.trim()
  if (change !== undefined && op !== '<' && op !== '<=')
    return { message: `worse_by takes < or <=, got '${op === '' ? quantity : op}'`, offset: opAt }
  if (!operators.has(op)) {
    const hint = op === '=' ? "did you mean '=='?" : undefined
    return { message: `expected one of < <= == != >= >, got '${op === '' ? quantity : op}'`, hint, offset: opAt }
  }
  if (quantity === '') return { message: `expected a limit behind '${op}'`, offset: opAt }
  const quantityAt = opAt + op.length + gap.length
  const limit = change === undefined ? known?.parse(quantity) : readShare(quantity)
  const expects = change === undefined ? `'${figure}': expected ${known?.expects}` : 'expected a share, such as 5 %'
  if (limit === undefined) return { message: `${expects}, got '${quantity}'`, offset: quantityAt }
  return change === undefined
    ? { kind: 'limit', op: op as Comparison, limit, words }
    : { kind: 'change', op: op as '<' | '<=', limit, words }
}

/** `5 %` → 0.05 */
export function readShare(text: string): number | undefined {
  const percent = /^(\d+(?:\.\d+)?)\s*%$/.exec(text.trim())?.[1]
  return percent === undefined ? undefined : Number(percent) / 100
}
