import { record } from '../source/node.ts'
import { type Tree, wordFor } from '../source/tree.ts'
import { EncryptedValue } from './encrypted.ts'
import type { InventoryVariable } from './inventory.ts'
import { type Report, remarkAt } from './report.ts'

export type Variables = Map<string, InventoryVariable>

/** A value of a file as an inventory keeps it. */
export function variableOf(tree: Tree): InventoryVariable {
  const written = tree.kind === 'scalar' ? tree.written : undefined
  const inner = new Map<string, string>()
  if (tree.kind !== 'scalar') collectWritten(tree, '', inner)
  return {
    value: plainValue(tree),
    at: tree.at,
    ...(written === undefined ? {} : { written }),
    ...(inner.size === 0 ? {} : { writtenWithin: inner }),
    ...(isUnsafe(tree) ? { unsafe: true } : {}),
  }
}

/** The variables of a mapping. A name that YAML does not read as a text is kept as text, with a warning. */
export function variablesOf(tree: Tree, report: Report): Variables {
  const variables: Variables = new Map()
  if (tree.kind !== 'mapping') {
    if (tree.kind !== 'scalar' || tree.value !== null)
      report.problem('INVENTORY_SHAPE', `variables are a mapping, got ${wordFor(tree)}`, tree.at)
    return variables
  }
  for (const [name, { key, keyIsText, value }] of tree.entries) {
    if (!keyIsText) report.warn(remarkAt(key, `the variable's name '${name}' is no text in YAML: quote it`))
    variables.set(name, variableOf(value))
  }
  return variables
}

/** Sets a variable of one owner, keeping what the same owner said before. */
export function say(vars: Variables, name: string, variable: InventoryVariable): void {
  const over = vars.get(name)
  vars.set(name, over === undefined ? variable : { ...variable, over })
}

/** The text that a variable puts on a command line: a number as it was written. */
export const textOfVariable = ({ value, written }: InventoryVariable): string => written ?? String(value)

function plainValue(tree: Tree): unknown {
  if (tree.kind === 'list') return tree.items.map(plainValue)
  if (tree.kind === 'scalar') return tree.tag === 'vault' ? new EncryptedValue(String(tree.value), tree.at) : tree.value
  const encrypted = tree.entries.get('__ansible_vault')?.value
  // The form in which Ansible itself writes an encrypted value as JSON.
  if (tree.entries.size === 1 && encrypted?.kind === 'scalar')
    return new EncryptedValue(String(encrypted.value), tree.at)
  return record([...tree.entries].map(([key, { value }]) => [key, plainValue(value)]))
}

/** Written forms below a list or mapping, by JSON pointer (RFC 6901): `/flows/0/etype`. */
function collectWritten(tree: Tree, path: string, into: Map<string, string>): void {
  if (tree.kind === 'list') for (const [i, item] of tree.items.entries()) collectWritten(item, `${path}/${i}`, into)
  else if (tree.kind === 'mapping')
    for (const [key, { value }] of tree.entries) collectWritten(value, `${path}/${escaped(key)}`, into)
  else if (tree.written !== undefined) into.set(path, tree.written)
}

const escaped = (key: string) => key.replaceAll('~', '~0').replaceAll('/', '~1')

function isUnsafe(tree: Tree): boolean {
  if (tree.kind === 'list') return tree.items.some(isUnsafe)
  if (tree.kind === 'mapping') return [...tree.entries.values()].some(({ value }) => isUnsafe(value))
  return tree.tag === 'unsafe'
}
