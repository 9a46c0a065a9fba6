import { type Problem, refuse } from '../errors/error.ts'
import { parseDocument } from '../source/document.ts'
import { evaluator } from '../source/expressions.ts'
import { type Findings, newFindings } from '../source/findings.ts'
import { child, type SourceNode, toValue } from '../source/node.ts'
import { type Nanoseconds, ns } from '../units/quantity.ts'
import { largestSeed } from '../units/random.ts'
import { type Configuration, configurationsOf, type Repetition } from './cells.ts'
import { checkPlaybook } from './check-playbook.ts'
import { type PlayInput, playOf, sharedVariables } from './load.ts'
import { type Matrix, readMatrix, withSettings } from './matrix.ts'
import { readOption } from './options.ts'
import type { Play } from './play.ts'
import type { OptionDescription } from './tool-description.ts'
import { playVariables } from './variables.ts'

/** A playbook whose test is run in several configurations or several times. */
export interface Experiment {
  /** In the order written. */
  readonly configurations: readonly Configuration[]
  readonly repetition: Omit<Repetition, 'seed'>
  /** `random`: in an order of its own each time; a number is the seed of it. */
  readonly shuffle: 'no' | 'random' | number
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
export const experimentKeys = ['matrix', 'repeat', 'shuffle', 'warmup', 'pause'] as const

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
  refuse(findings.all())
  if (first === undefined) throw new TypeError('a matrix has one configuration at least')
  return { play: first, experiment: { configurations, ...settings, playOf: each => read(each).play } }
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

/** The document of one test. */
function withoutKeys(document: SourceNode): SourceNode {
  if (document.kind !== 'mapping') return document
  const kept = [...document.entries].filter(([name]) => !experimentKeys.some(key => key === name))
  return { ...document, entries: new Map(kept) }
}
