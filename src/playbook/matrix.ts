import type { Place, Problem } from '../errors/error.ts'
import { didYouMean } from '../errors/suggest.ts'
import type { Findings } from '../source/findings.ts'
import { entriesOf, type SourceNode, toValue } from '../source/node.ts'
import { canonicalJson } from '../units/canonical-json.ts'
import { type KeyPath, pathInWords, readPath, withValue } from './key-path.ts'

/** One value that a configuration of the experiment puts into the playbook. */
export interface Setting {
  readonly path: KeyPath
  readonly value: SourceNode
  /** The key in the matrix. */
  readonly at: Place
}

/** What a matrix makes of its playbook: the settings of every configuration, in the order written, the last key fastest. */
export type Matrix = readonly (readonly Setting[])[]

/** More would be a mistake: at a second each they take a day. */
const mostConfigurations = 100_000

/** Keys that say how an experiment goes; a configuration cannot change them. */
const ownKeys: ReadonlySet<string> = new Set(['matrix', 'repeat', 'shuffle', 'warmup', 'pause', 'until'])

/**
 * Reads `matrix`: paths to keys with the values that each takes in turn, every combination once; `exclude` lists
 * combinations to leave out, each naming some of the paths; `include` adds configurations of their own. Without a matrix
 * there is one configuration without settings. What cannot be read is found and left out.
 */
export function readMatrix(node: SourceNode | undefined, document: SourceNode, findings: Findings): Matrix {
  if (node === undefined) return [[]]
  const ground = { document, findings }
  const axes = entriesOf(node).filter(([key]) => key !== 'exclude' && key !== 'include')
  const lists = axes.flatMap(([key, { key: at, value }]) => readAxis(key, at, value, ground))
  refuseOverlap(
    lists.flatMap(list => list.slice(0, 1)),
    findings,
  )
  const size = lists.reduce((all, { length }) => all * length, 1)
  if (size > mostConfigurations) {
    findings.add(fault(`the matrix has ${size} configurations, more than ${mostConfigurations}`, node.at))
    return [[]]
  }
  const all = lists.length === 0 ? [] : product(lists)
  const left = withoutExcluded(all, partsOf(node, 'exclude'), { ...ground, axes: lists })
  const matrix = [...left, ...readIncluded(partsOf(node, 'include'), left, ground)]
  if (matrix.length === 0 && !findings.within(node)) findings.add(fault('the matrix leaves no configuration', node.at))
  return matrix.length === 0 ? [[]] : matrix
}

/** The playbook of one configuration. */
export const withSettings = (document: SourceNode, settings: readonly Setting[]): SourceNode =>
  settings.reduce((changed, { path, value, at }) => withValue(changed, path, value, at), document)

interface Ground {
  readonly document: SourceNode
  readonly findings: Findings
}

const fault = (message: string, at: Place, hint?: string): Problem => ({ code: 'SCHEMA_VALUE', message, at, hint })

/** A path with each of its values; nothing when there is something wrong with it. */
function readAxis(key: string, at: Place, node: SourceNode, { document, findings }: Ground): [Setting[]] | [] {
  const path = pathOf(key, at, { document, findings })
  if (path === undefined) return []
  const values = node.kind === 'list' ? node.items : []
  if (values.length === 0) {
    findings.add(fault(`expected a list of values for '${key}'`, node.at))
    return []
  }
  const seen = new Set<string>()
  for (const value of values) {
    if (seen.has(sameness(value))) findings.add(fault(`'${key}' has this value already`, value.at))
    seen.add(sameness(value))
  }
  return [values.map(value => ({ path, value, at }))]
}

function pathOf(key: string, at: Place, { document, findings }: Ground): KeyPath | undefined {
  const path = readPath(key, document)
  if (!('message' in path)) {
    if (!ownKeys.has(String(path[0]))) return path
    findings.add(fault(`'${path[0]}' belongs to the whole experiment, a configuration cannot change it`, at))
    return undefined
  }
  findings.add(fault(path.message, at, path.hint))
  return undefined
}

/** Of two paths of which one leads through the other, the later would undo the earlier. */
function refuseOverlap(settings: readonly Setting[], findings: Findings): void {
  for (const [index, { path, at }] of settings.entries()) {
    const others = settings.filter(({ path: other }, i) => (other.length === path.length ? i < index : i !== index))
    const outer = others.find(({ path: other }) => other.every((key, i) => key === path[i]))
    if (outer === undefined) continue
    const [inside, name] = [pathInWords(path), pathInWords(outer.path)]
    findings.add(
      fault(inside === name ? `'${name}' is set twice` : `'${inside}' lies within '${name}', which is set too`, at),
    )
  }
}

const product = (lists: readonly (readonly Setting[])[]): Setting[][] =>
  lists.reduce<Setting[][]>((all, list) => all.flatMap(row => list.map(setting => [...row, setting])), [[]])

/** The mappings that `exclude` or `include` lists. */
function partsOf(node: SourceNode, key: 'exclude' | 'include'): readonly SourceNode[] {
  const part = node.kind === 'mapping' ? node.entries.get(key)?.value : undefined
  return part?.kind === 'list' ? part.items : part === undefined ? [] : [part]
}

function withoutExcluded(
  all: Matrix,
  parts: readonly SourceNode[],
  { axes, document, findings }: Ground & { readonly axes: Matrix },
): Matrix {
  const known = axes.flatMap(([setting]) => (setting === undefined ? [] : [pathInWords(setting.path)]))
  const excluded = new Set<readonly Setting[]>()
  for (const part of parts) {
    const wanted = entriesOf(part).flatMap(([key, { key: at, value }]) => {
      const path = readPath(key, document)
      const name = 'message' in path ? key : pathInWords(path)
      if (!known.includes(name)) findings.add(fault(`the matrix has no '${key}'`, at, didYouMean(name, known)))
      return [{ name, values: new Set((value.kind === 'list' ? value.items : [value]).map(sameness)) }]
    })
    const hit = all.filter(settings =>
      wanted.every(({ name, values }) =>
        settings.some(({ path, value }) => pathInWords(path) === name && values.has(sameness(value))),
      ),
    )
    if ((hit.length === 0 || wanted.length === 0) && !findings.within(part))
      findings.add(fault('this excludes nothing: no configuration has these values', part.at))
    for (const settings of hit) excluded.add(settings)
  }
  return all.filter(settings => !excluded.has(settings))
}

function readIncluded(parts: readonly SourceNode[], others: Matrix, ground: Ground): Matrix {
  const known = new Set(others.map(settingsSameness))
  return parts.flatMap((part): Matrix => {
    const settings = entriesOf(part).flatMap(([key, { key: at, value }]) => {
      const path = pathOf(key, at, ground)
      return path === undefined ? [] : [{ path, value, at }]
    })
    refuseOverlap(settings, ground.findings)
    if (settings.length === 0) {
      if (!ground.findings.within(part))
        ground.findings.add(fault('expected paths to keys, each with a value', part.at))
      return []
    }
    if (known.has(settingsSameness(settings))) {
      ground.findings.add(fault('this configuration is in the matrix already', part.at))
      return []
    }
    known.add(settingsSameness(settings))
    return [settings]
  })
}

const settingsSameness = (settings: readonly Setting[]) =>
  canonicalJson(new Map(settings.map(({ path, value }) => [pathInWords(path), sameness(value)])))

/** Equal for values that are written alike: 1 and '1' are one cell, whose folder has one name. */
function sameness(node: SourceNode): string {
  const value = toValue(node)
  return value !== null && typeof value === 'object' ? canonicalJson(value) : String(value)
}
