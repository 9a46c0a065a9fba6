import type { Place } from '../errors/error.ts'
import { didYouMean } from '../errors/suggest.ts'
import { type Mapping, type MappingEntry, type Tree, wordFor } from '../source/tree.ts'
import { readHostPattern } from './host-pattern.ts'
import { type Report, remarkAt } from './report.ts'
import type { Statement } from './statements.ts'
import { variableOf, variablesOf } from './variable.ts'

/** Reads the YAML form of an inventory: a mapping of groups. */
export function readGroups(root: Mapping, report: Report): readonly Statement[] {
  const statements: Statement[] = []
  for (const [name, entry] of root.entries) readGroup(name, entry, 'top', statements, report)
  return statements
}

const sections: readonly string[] = ['hosts', 'vars', 'children']

function readGroup(
  name: string,
  { key: at, keyIsText, value }: MappingEntry,
  level: 'top' | 'child',
  into: Statement[],
  report: Report,
): void {
  if (!keyIsText) {
    report.problem('INVENTORY_SHAPE', `the name of a group is a text, got ${name}`, at, `quote it: "${name}"`)
    return
  }
  if (value.kind !== 'mapping' && !isNothing(value)) {
    const message = `the group '${name}' is a mapping with hosts, vars and children, got ${wordFor(value)}`
    if (level === 'top') report.warn(remarkAt(value.at, `${message}: it is skipped`))
    else report.problem('INVENTORY_SHAPE', message, value.at)
    return
  }
  into.push({ kind: 'group', name, at })
  if (value.kind === 'mapping')
    for (const [section, entry] of value.entries) readSection(name, section, entry, into, report)
}

function readSection(group: string, section: string, entry: MappingEntry, into: Statement[], report: Report): void {
  const { value } = entry
  if (!sections.includes(section)) {
    const known = didYouMean(section, sections)
    report.warn(remarkAt(entry.key, `'${section}' in group '${group}' is skipped${known ? `: ${known}` : ''}`))
    return
  }
  const body = asMapping(value)
  if (body === undefined) {
    const message = `'${section}' is a mapping, got ${wordFor(value)}`
    report.problem('INVENTORY_SHAPE', message, value.at, hints[section])
    return
  }
  for (const [name, each] of body.entries) {
    if (section === 'hosts') readHost(group, name, each, into, report)
    if (section === 'children') readChild(group, name, each, into, report)
  }
  if (section !== 'vars') return
  for (const [name, variable] of variablesOf(body, report))
    into.push({ kind: 'variable', group, name, variable, at: variable.at })
}

const hints: Readonly<Record<string, string>> = {
  hosts: "write 'NAME:' on a line of its own for each host, without '-'",
  children: "write 'NAME:' on a line of its own for each group, without '-'",
  vars: "write 'NAME: VALUE' for each variable, without '-'",
}

function readHost(group: string, pattern: string, entry: MappingEntry, into: Statement[], report: Report): void {
  const { key: at, keyIsText, value } = entry
  if (!keyIsText) {
    report.problem('INVENTORY_SHAPE', `the name of a host is a text, got ${pattern}`, at, `quote it: "${pattern}"`)
    return
  }
  if (value.kind !== 'mapping' && !isFalsy(value)) {
    const message = `the host '${pattern}' has nothing or a mapping of variables, got ${wordFor(value)}`
    report.problem('INVENTORY_SHAPE', message, value.at)
    return
  }
  const vars = value.kind === 'mapping' ? variablesOf(value, report) : new Map()
  into.push({ kind: 'hosts', ...readHostPattern(pattern, at, report), group, vars, at })
}

function readChild(group: string, child: string, entry: MappingEntry, into: Statement[], report: Report): void {
  readGroup(child, entry, 'child', into, report)
  into.push({ kind: 'child', group, child, at: entry.key })
}

/** Nothing is an empty mapping, and a text is a mapping with that one key. */
function asMapping(tree: Tree): Mapping | undefined {
  if (tree.kind === 'mapping') return tree
  if (isNothing(tree)) return { kind: 'mapping', entries: new Map(), at: tree.at }
  if (tree.kind !== 'scalar' || typeof tree.value !== 'string') return undefined
  const value: Tree = { kind: 'scalar', value: null, at: tree.at }
  return { kind: 'mapping', entries: new Map([[tree.value, { key: tree.at, keyIsText: true, value }]]), at: tree.at }
}

const isNothing = (tree: Tree) => tree.kind === 'scalar' && tree.value === null

/** What Python takes for false stands for no variables. */
const isFalsy = (tree: Tree) =>
  tree.kind === 'list' ? tree.items.length === 0 : tree.kind === 'scalar' && (!tree.value || tree.value === 0n)

/** A mapping that configures an inventory plugin instead of naming hosts. */
export const pluginOf = (root: Mapping): { readonly name: string; readonly at: Place } | undefined => {
  const entry = root.entries.get('plugin')
  return entry?.value.kind === 'scalar' && entry.value.value
    ? { name: String(variableOf(entry.value).value), at: entry.key }
    : undefined
}
