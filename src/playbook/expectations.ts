import type { Place, Problem } from '../errors/error.ts'
import { didYouMean, suggest } from '../errors/suggest.ts'
import type { Findings } from '../source/findings.ts'
import { entriesOf, type SourceNode, textOf } from '../source/node.ts'
import { type FigureDescription, figureKinds, parseLimit } from '../units/figure-kind.ts'
import { matchesGlob } from '../units/glob.ts'
import type { Comparison, Expectation, Flow, Statistic } from './play.ts'
import type { ToolDescription } from './tool-description.ts'

/** What the lines of `expect` are checked against. */
export interface ExpectationGround {
  /** Every flow that is written, also one that cannot be used. */
  readonly flowNames: readonly string[]
  /** The flows that are whole. */
  readonly flows: readonly Flow[]
  /** The tool of a flow, or the tools that it may be done with. */
  readonly toolsOf: (flow: string) => readonly ToolDescription[]
}

/**
 * Reads `expect`: a line or a list of lines `[FLOW_GLOB:] FIGURE[.STAT] OP QUANTITY`. `only` is the flow whose own
 * `expect` this is. Lines that cannot be judged are found and left out.
 */
export function readExpectations(
  node: SourceNode | undefined,
  ground: ExpectationGround,
  findings: Findings,
  only?: string,
): readonly Expectation[] {
  const lines = node?.kind === 'list' ? node.items : node === undefined ? [] : [node]
  return lines.flatMap(line => {
    if (findings.within(line)) return []
    const read = readLine(line, only)
    const problem = 'code' in read ? read : fault(read, ground)
    if (problem === undefined) return 'code' in read ? [] : [toExpectation(read, ground)]
    findings.add(problem)
    return []
  })
}

/** One line with the place of each of its parts. */
interface Line {
  readonly text: string
  readonly flows: Part
  readonly figure: Part
  readonly statistic: Part | undefined
  readonly op: Part
  readonly quantity: Part
  readonly at: Place
}

interface Part {
  readonly text: string
  readonly at: Place
}

/** YAML reads `- a: lost == 0` as a mapping of one key, which says the same as the text. */
function readLine(node: SourceNode, only: string | undefined): Line | Problem {
  const [pair] = entriesOf(node)
  if (pair !== undefined && only === undefined) {
    const [glob, { key, value }] = pair
    const line = textOf(value) === undefined ? unreadable(value.at) : parse(value, { text: glob, at: key })
    return 'code' in line ? line : { ...line, text: `${glob}: ${line.text}`, at: key }
  }
  if (textOf(node) === undefined) return unreadable(node.at)
  return parse(node, only === undefined ? undefined : { text: only, at: node.at })
}

const unreadable = (at: Place): Problem => ({
  code: 'PLAYBOOK_EXPECT',
  message: 'expected a line like path-delay.mean < 10us',
  at,
})

const comparisons: ReadonlySet<string> = new Set<Comparison>(['<', '<=', '==', '!=', '>=', '>'])

function parse(node: SourceNode, flows: Part | undefined): Line | Problem {
  const text = textOf(node) ?? ''
  const from = (offset: number): Place => {
    const begin = node.kind === 'scalar' ? node.textAt : undefined
    return begin === undefined ? node.at : { ...begin, column: begin.column + offset }
  }
  const stop = (message: string, offset: number, hint?: string): Problem => ({
    code: 'PLAYBOOK_EXPECT',
    message,
    hint,
    at: from(offset),
  })
  let offset = 0
  /** Takes what the pattern matches, and the blanks before it. */
  const take = (pattern: RegExp): Part | undefined => {
    const blanks = /^\s*/.exec(text.slice(offset))?.[0].length ?? 0
    const found = pattern.exec(text.slice(offset + blanks))?.[0]
    if (found === undefined) return undefined
    const at = from(offset + blanks)
    offset += blanks + found.length
    return { text: found, at }
  }

  const glob = take(/^[\w.*?[\]!-]+(?=\s*:)/)
  if (glob !== undefined) {
    take(/^:/)
    if (flows !== undefined) return { ...stop('the flow of this line is known already', 0), at: glob.at }
  }
  const figure = take(/^[A-Za-z][\w-]*/)
  if (figure === undefined) return stop('expected the name of a figure, such as lost or path-delay.mean', offset)
  const statistic = take(/^\.[A-Za-z]\w*(\.\d+)?(?![\w-])/)
  const op = take(/^[<>=!]+/)
  if (op === undefined || !comparisons.has(op.text)) {
    const hint = op?.text === '=' ? "did you mean '=='?" : undefined
    const got = op?.text ?? text.slice(offset).trim()
    return { ...stop(`expected one of < <= == != >= >, got '${got}'`, offset, hint), at: op?.at ?? from(offset) }
  }
  const quantity = take(/^\S[\s\S]*/)
  if (quantity === undefined) return stop(`expected a limit behind '${op.text}'`, offset)
  return {
    text: text.trim(),
    flows: flows ?? glob ?? { text: '*', at: node.at },
    figure,
    statistic: statistic && { text: statistic.text.slice(1), at: { ...statistic.at, column: statistic.at.column + 1 } },
    op,
    quantity: { ...quantity, text: quantity.text.trim() },
    at: node.at,
  }
}

/** The first thing wrong with a line that could be read. */
function fault(line: Line, ground: ExpectationGround): Problem | undefined {
  const names = ground.flowNames.filter(name => matchesGlob(name, line.flows.text))
  if (names.length === 0) {
    const hint = didYouMean(line.flows.text, ground.flowNames)
    return problem(`no flow is called '${line.flows.text}'`, line.flows, hint)
  }
  for (const name of names) {
    for (const tool of ground.toolsOf(name)) {
      const found = faultOfFigure(line, tool)
      if (found !== undefined) return found
    }
  }
  return faultOfFlows(line, names, ground)
}

const problem = (message: string, { at }: Part, hint?: string): Problem => ({
  code: 'PLAYBOOK_EXPECT',
  message,
  at,
  hint,
})

function faultOfFigure({ figure, statistic, quantity }: Line, tool: ToolDescription): Problem | undefined {
  const known = Object.hasOwn(tool.figures, figure.text) ? tool.figures[figure.text] : undefined
  if (known === undefined) {
    const hint = didYouMean(figure.text, Object.keys(tool.figures))
    return problem(`${tool.name} has no figure '${figure.text}'`, figure, hint)
  }
  return faultOfStatistic(figure, statistic, known) ?? faultOfLimit(figure, quantity, known)
}

function faultOfStatistic(figure: Part, statistic: Part | undefined, known: FigureDescription): Problem | undefined {
  if (known.shape === 'one') {
    return statistic && problem(`'${figure.text}' is one number and has no statistic`, statistic)
  }
  const names = known.statistics ?? ['min', 'mean', 'max', 'stddev', 'p50', 'p99.9']
  if (statistic === undefined)
    return problem(`'${figure.text}' needs a statistic`, figure, `one of ${names.join(', ')}`)
  if (isStatistic(statistic.text) && (known.statistics?.includes(statistic.text) ?? true)) return undefined
  const near = suggest(
    statistic.text,
    names.filter(name => !/^p\d/.test(name)),
  )
  const hint = near === undefined ? `one of ${names.join(', ')}` : `did you mean '${near}'?`
  const message = isStatistic(statistic.text)
    ? `'${figure.text}' has no statistic '${statistic.text}'`
    : `there is no statistic '${statistic.text}'`
  return problem(message, statistic, hint)
}

function faultOfLimit(figure: Part, quantity: Part, { kind }: FigureDescription): Problem | undefined {
  const isWhole = kind !== 'count' || /^\d+$/.test(quantity.text)
  if (isWhole && parseLimit(kind, quantity.text) !== undefined) return undefined
  const { article, expects } = figureKinds[kind]
  return problem(`'${figure.text}' is ${article}: expected ${expects}, got '${quantity.text}'`, quantity)
}

function isStatistic(text: string): text is Statistic {
  if (['min', 'mean', 'max', 'stddev'].includes(text)) return true
  const percent = /^p(\d+(?:\.\d+)?)$/.exec(text)?.[1]
  return percent !== undefined && Number(percent) <= 100
}

function faultOfFlows(line: Line, names: readonly string[], ground: ExpectationGround): Problem | undefined {
  for (const flow of ground.flows.filter(({ name }) => names.includes(name))) {
    for (const { tool, sender } of [flow, ...flow.otherwise]) {
      const description = ground.toolsOf(flow.name).find(({ name }) => name === tool)
      const reason = description?.withoutFigure(line.figure.text, sender)
      if (reason === undefined) continue
      const withTool = flow.otherwise.length === 0 ? '' : ` with ${tool}`
      return problem(`flow '${flow.name}'${withTool} cannot give '${line.figure.text}': ${reason}`, line.figure)
    }
  }
  return undefined
}

function toExpectation(line: Line, ground: ExpectationGround): Expectation {
  const name = ground.flowNames.find(each => matchesGlob(each, line.flows.text)) ?? ''
  const kind = ground.toolsOf(name)[0]?.figures[line.figure.text]?.kind
  return {
    text: line.text,
    flows: line.flows.text,
    figure: line.figure.text,
    statistic: line.statistic?.text as Statistic | undefined,
    op: line.op.text as Comparison,
    limit: (kind && parseLimit(kind, line.quantity.text)) ?? Number.NaN,
    at: line.at,
  }
}
