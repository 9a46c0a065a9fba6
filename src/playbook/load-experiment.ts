import { type Problem, refuse } from '../errors/error.ts'
import { parseDocument } from '../source/document.ts'
import { evaluator } from '../source/expressions.ts'
import { type Findings, newFindings } from '../source/findings.ts'
import { child, type SourceNode, textOf, toValue } from '../source/node.ts'
import { keptStatistics } from '../units/figure-kind.ts'
import { matchesGlob } from '../units/glob.ts'
import { type Nanoseconds, ns } from '../units/quantity.ts'
import { largestSeed } from '../units/random.ts'
import { type Configuration, configurationsOf, type Repetition } from './cells.ts'
import { checkPlaybook } from './check-playbook.ts'
import { figuresOfTool, figureTable } from './known-figures.ts'
import { type PlayInput, playOf, sharedVariables } from './load.ts'
import { type Matrix, readMatrix, withSettings } from './matrix.ts'
import { readOption } from './options.ts'
import type { Flow, Play } from './play.ts'
import type { OptionDescription, ToolDescription } from './tool-description.ts'
import { readUntil, type Until } from './until.ts'
import { playVariables } from './variables.ts'

/** A playbook whose test is run in several configurations or several times. */
export interface Experiment {
  /** In the order written. */
  readonly configurations: readonly Configuration[]
  readonly repetition: Omit<Repetition, 'seed'>
  /** `random`: in an order of its own each time; a number is the seed of it. */
  readonly shuffle: 'no' | 'random' | number
  /** When a configuration has been repeated often enough; undefined: when it was as often as it says. */
  readonly until: Until | undefined
  /** Between two cells. */
  readonly pause: Nanoseconds
  /** The play of one configuration, read anew each time: a thousand of them would fill the memory. */
  playOf(configuration: Configuration): Play
}

export interface LoadedPlaybook {
  /** Of an experiment the play of its first configuration. */
  readonly play: Play
  /** Undefined: one test, once. */
  readonly experiment: Experiment | undefined
}

/** The keys that say how an experiment goes. */
export const experimentKeys = ['matrix', 'repeat', 'until', 'shuffle', 'warmup', 'pause'] as const

/**
 * Reads a playbook with every configuration of its matrix, so that what is wrong with any of them is found before a host is
 * touched. Throws LockstepErrors with everything that is wrong, each mistake once.
 */
export function loadPlaybook(input: PlayInput): LoadedPlaybook {
  const document = parseDocument(input.file, input.text)
  if (!experimentKeys.some(key => child(document, key) !== undefined)) {
    const findings = newFindings()
    const play = playOf(document, input, findings)
    refuse(findings.all())
    return { play, experiment: undefined }
  }
  const findings = newFindings()
  const { matrix, ...settings } = readSettings(document, input, findings)
  const configurations = configurationsOf(matrix)
  const base = withoutKeys(document)
  const read = (configuration: Configuration): { readonly play: Play; readonly problems: readonly Problem[] } => {
    const found = newFindings()
    const play = playOf(withSettings(base, configuration.settings), input, found)
    return { play, problems: found.all() }
  }
  let first: Play | undefined
  for (const configuration of configurations) {
    const { play, problems } = read(configuration)
    first ??= play
    for (const problem of problems) findings.add(problem)
  }
  refuseReserve(document, first, findings)
  const until = first && readUntilLine(document, first.flows, input.tools, findings)
  refuse(findings.all())
  if (first === undefined) throw new TypeError('a matrix has one configuration at least')
  return { play: first, experiment: { configurations, until, ...settings, playOf: each => read(each).play } }
}

/** All cells together have one time. */
function refuseReserve(document: SourceNode, first: Play | undefined, findings: Findings): void {
  const at = child(document, 'reserve')?.at
  if (first?.reserve?.what === 'flows') {
    const hint = 'reserve the time of all cells, with its duration: reserve: {what: run, duration: 1h}'
    findings.add({ code: 'PLAYBOOK_FLOW', message: 'the flows of cells cannot be reserved one by one', hint, at })
  } else if (first?.reserve !== undefined && first.reserve.duration === undefined) {
    const message = 'nobody knows how long all cells take: the key duration is missing'
    findings.add({ code: 'SCHEMA_MISSING_KEY', message, hint: 'as duration: 1h', at })
  }
}

function readSettings(document: SourceNode, input: PlayInput, findings: Findings) {
  // The rest of the document is looked at with the settings of each configuration: a matrix may bring what it lacks.
  for (const problem of checkPlaybook(document)) if (isOfExperiment(document, problem)) findings.add(problem)
  const evaluate = evaluator(playVariables(sharedVariables(document, input, [], newFindings())), findings)
  const number = (key: 'repeat' | 'warmup' | 'pause', description: OptionDescription, otherwise: bigint): bigint => {
    const node = child(document, key)
    if (node === undefined || findings.within(node)) return otherwise
    const value = readOption(key, description, evaluate.tree(node), findings)
    return typeof value === 'bigint' ? value : otherwise
  }
  const matrix = child(document, 'matrix')
  const whole: Matrix = matrix !== undefined && findings.within(matrix) ? [[]] : readMatrix(matrix, document, findings)
  return {
    matrix: whole,
    repetition: {
      repeat: Number(number('repeat', { ...count, min: 1n, summary: 'How often. Example: 3.' }, 1n)),
      warmup: Number(number('warmup', { ...count, min: 0n, summary: 'How often before. Example: 1.' }, 0n)),
    },
    shuffle: readShuffle(child(document, 'shuffle'), findings),
    pause: ns(number('pause', pause, 0n)),
  }
}

const count = { kind: 'count', end: 'both', max: 100_000n } as const
const pause = {
  kind: 'duration',
  end: 'both',
  min: 0n,
  summary: 'The time between two cells. Example: 5s.',
} as const

/** Whether a problem stands in, or is the lack of, one of the keys of an experiment. */
function isOfExperiment(document: SourceNode, { at }: Problem): boolean {
  if (at === undefined || document.kind !== 'mapping') return false
  const keys = [...document.entries].sort(([, a], [, b]) => a.key.line - b.key.line)
  const inside = keys.findLast(([, { key }]) => key.line <= at.line)
  return inside !== undefined && experimentKeys.some(key => key === inside[0])
}

function readShuffle(node: SourceNode | undefined, findings: Findings): Experiment['shuffle'] {
  if (node === undefined || findings.within(node)) return 'no'
  const text = String(toValue(node))
  if (text === 'true') return 'random'
  if (text === 'false') return 'no'
  const seed = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (seed <= largestSeed) return seed
  const message = `shuffle: expected true, false or a seed, a whole number up to ${largestSeed}, got '${text}'`
  findings.add({ code: 'SCHEMA_VALUE', message, at: node.at })
  return 'no'
}

/** Only what is kept of every cell can be looked at between two of them. */
function readUntilLine(
  document: SourceNode,
  flows: readonly Flow[],
  tools: readonly ToolDescription[],
  findings: Findings,
): Until | undefined {
  const node = child(document, 'until')
  const text = node && textOf(node)
  if (node === undefined || text === undefined || findings.within(node)) return undefined
  const begin = node.kind === 'scalar' ? (node.textAt ?? node.at) : node.at
  const stop = (message: string, { offset = 0, hint }: { offset?: number; hint?: string | undefined } = {}) => {
    findings.add({ code: 'PLAYBOOK_EXPECT', message, hint, at: { ...begin, column: begin.column + offset } })
    return undefined
  }
  const figuresOf = ({ tool, command }: Flow) => {
    const found = tools.find(({ name }) => name === tool)
    const own = found && command && found.definedBy !== undefined ? found.definedBy(command) : found
    return own === undefined ? [] : figuresOfTool(own)
  }
  const until = readUntil(text, figureTable(flows.flatMap(figuresOf)).figures)
  if ('message' in until) return stop(until.message, until)
  const meant = flows.filter(({ name }) => matchesGlob(name, until.flows))
  if (meant.length === 0) return stop(`no flow is called '${until.flows}'`)
  if (figureTable(meant.flatMap(figuresOf)).twofold.has(until.figure))
    return stop(`'${until.figure}' is another thing of each of these flows`, { hint: 'name the flow in front' })
  if (until.statistic !== undefined && !keptStatistics.some(each => each === until.statistic))
    return stop(`'${until.statistic}' is not kept of every cell`, { hint: `one of ${keptStatistics.join(', ')}` })
  if (child(document, 'repeat') === undefined)
    return stop('how often at most? an interval may never get that narrow', { hint: "write 'repeat:'" })
  return until
}

/** The document of one test. */
function withoutKeys(document: SourceNode): SourceNode {
  if (document.kind !== 'mapping') return document
  const kept = [...document.entries].filter(([name]) => !experimentKeys.some(key => key === name))
  return { ...document, entries: new Map(kept) }
}
