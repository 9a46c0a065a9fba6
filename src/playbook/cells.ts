import { createHash } from 'node:crypto'
import { LockstepError } from '../errors/error.ts'
import { didYouMean } from '../errors/suggest.ts'
import { type SourceNode, toValue } from '../source/node.ts'
import { canonicalJson } from '../units/canonical-json.ts'
import { matchesGlob } from '../units/glob.ts'
import { random, shuffled } from '../units/random.ts'
import { type KeyPath, pathInWords } from './key-path.ts'
import type { Matrix, Setting } from './matrix.ts'

/** A set of values that the experiment measures, as often as it is repeated. */
export interface Configuration {
  /** `parallel=2,frame-size=64`, or `run` without a matrix. Letters, digits and `=,._+~-`: fit for a file name. */
  readonly id: string
  readonly settings: readonly Setting[]
  /** What it is selected by: `parallel=2` and `iperf3.parallel=2`, for every setting. */
  readonly terms: readonly (readonly string[])[]
}

/** One run of a configuration: a gate, a folder, a verdict. */
export interface Cell {
  /** `parallel=2,frame-size=64@3`; warm-ups `…@w1`. */
  readonly id: string
  readonly configuration: Configuration
  /** From 1; warm-ups count for themselves. */
  readonly repetition: number
  /** Run, and then neither judged nor shown among the results. */
  readonly warmup: boolean
  /** From 1, in the order written: every configuration once, then all of them again. Warm-ups have none. */
  readonly number: number | undefined
}

export interface Repetition {
  /** How often each configuration is measured; with `until`, at most. */
  readonly repeat: number
  /** How often each is run before. */
  readonly warmup: number
  /** Undefined: in the order written. */
  readonly seed: number | undefined
}

/** The configurations of a matrix with their names. A name depends on the paths of the matrix and its own values only. */
export function configurationsOf(matrix: Matrix): Configuration[] {
  const paths = matrix.flatMap(settings => settings.map(({ path }) => path))
  const labels = labelsOf(paths)
  return matrix.map(settings => {
    const named = settings.map(({ path, value }) => ({
      label: labels.get(pathInWords(path)) ?? pathInWords(path),
      path: pathInWords(path),
      text: textFor(value),
    }))
    const terms = named.map(({ label, path, text }) => [`${slug(label)}=${slug(text)}`, `${path}=${text}`])
    return { id: idOf(named), settings, terms }
  })
}

/**
 * The passes of an experiment: each runs every configuration once, warm-ups first, so that what drifts in the course of
 * time touches all of them alike. With a seed each pass has an order of its own, drawn one after the other from one
 * generator: the first passes are the same however many follow.
 */
export function* passesOf(
  configurations: readonly Configuration[],
  { repeat, warmup, seed }: Repetition,
): Generator<readonly Cell[], undefined> {
  const numbers = seed === undefined ? undefined : random(seed)
  for (let pass = 1; pass <= warmup + repeat; pass++) {
    const isWarmup = pass <= warmup
    const repetition = isWarmup ? pass : pass - warmup
    const cells = configurations.map(
      (configuration, index): Cell => ({
        id: `${configuration.id}@${isWarmup ? 'w' : ''}${repetition}`,
        configuration,
        repetition,
        warmup: isWarmup,
        number: isWarmup ? undefined : (repetition - 1) * configurations.length + index + 1,
      }),
    )
    yield numbers === undefined ? cells : shuffled(cells, numbers)
  }
}

export const cellsOf = (configurations: readonly Configuration[], repetition: Repetition): Cell[] =>
  [...passesOf(configurations, repetition)].flat()

/**
 * The cells that `--only-cells` names, in their order, with the warm-ups of their configurations. A selector is a number or
 * range of the order written (`3`, `2-5`), or terms that all hold: `parallel=2`, `frame-size=6*,parallel=1`, `@1`, each a
 * shell pattern.
 */
export function selectCells(cells: readonly Cell[], selectors: readonly string[]): Cell[] {
  const measured = cells.filter(({ warmup }) => !warmup)
  const chosen = new Set(selectors.flatMap(selector => chosenBy(selector, measured)))
  const warm = new Set([...chosen].map(({ configuration }) => configuration))
  return cells.filter(cell => (cell.warmup ? warm.has(cell.configuration) : chosen.has(cell)))
}

function chosenBy(selector: string, measured: readonly Cell[]): Cell[] {
  const range = /^(\d+)(?:-(\d+))?$/.exec(selector.trim())
  const [from, to] = [Number(range?.[1]), Number(range?.[2] ?? range?.[1])]
  const holds = (cell: Cell) =>
    range === null ? hasTerms(cell, selector) : cell.number !== undefined && from <= cell.number && cell.number <= to
  const found = measured.filter(holds)
  if (found.length > 0) return found
  const known = measured.flatMap(({ id, configuration }) => [id, ...configuration.terms.flat()])
  const hint = range === null ? didYouMean(selector, known) : `there are ${measured.length} cells, counted from 1`
  throw new LockstepError('USAGE_VALUE', `--only-cells: no cell is '${selector}'`, { hint })
}

function hasTerms({ id, configuration }: Cell, selector: string): boolean {
  if (matchesGlob(id, selector) || matchesGlob(configuration.id, selector)) return true
  const [, terms = '', repetition] = /^(.*?)(?:@([^@,]*))?$/.exec(selector) ?? []
  if (repetition !== undefined && !matchesGlob(id.slice(id.lastIndexOf('@') + 1), repetition)) return false
  const wanted = terms.split(',').filter(term => term !== '')
  if (wanted.length === 0) return repetition !== undefined
  return wanted.every(term => configuration.terms.some(ways => ways.some(way => matchesGlob(way, term.trim()))))
}

/** The shortest end of each path that no other path ends with. */
function labelsOf(paths: readonly KeyPath[]): ReadonlyMap<string, string> {
  const all = new Map(paths.map(path => [pathInWords(path), path]))
  const endOf = (path: KeyPath, length: number) => path.slice(-length).join('.')
  return new Map(
    [...all].map(([name, path]) => {
      const others = [...all].filter(([other]) => other !== name).map(([, each]) => each)
      const lengths = path.map((_, index) => index + 1)
      const enough = lengths.find(length => others.every(other => endOf(other, length) !== endOf(path, length)))
      return [name, enough === undefined ? name : endOf(path, enough)]
    }),
  )
}

function textFor(node: SourceNode): string {
  const value = toValue(node)
  return value !== null && typeof value === 'object' ? canonicalJson(value) : String(value)
}

const slug = (text: string) => text.replaceAll(/[^A-Za-z0-9._+-]+/g, '-')
const longest = 120

/** Where a name loses something of its values, or would be too long for a file, a digest of them tells it apart. */
function idOf(named: readonly { readonly label: string; readonly path: string; readonly text: string }[]): string {
  if (named.length === 0) return 'run'
  const id = named.map(({ label, text }) => `${slug(label)}=${slug(text)}`).join(',')
  const whole = named.every(({ label, text }) => slug(label) === label && slug(text) === text && text !== '')
  if (whole && id.length <= longest) return id
  const digest = createHash('sha256').update(canonicalJson(named.map(({ path, text }) => [path, text])))
  return `${id.slice(0, longest)}~${digest.digest('hex').slice(0, 8)}`
}
