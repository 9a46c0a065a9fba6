import { LockstepError, type Place, refuse } from '../errors/error.ts'
import { didYouMean } from '../errors/suggest.ts'
import type { InventoryHost, InventoryVariable } from '../inventory/inventory.ts'
import { parseDocument } from '../source/document.ts'
import { evaluator } from '../source/expressions.ts'
import { newFindings } from '../source/findings.ts'
import { child, fromValue, type SourceNode, toValue, type Value } from '../source/node.ts'
import { isTemplate } from '../source/template.ts'
import { readHosts } from './hosts.ts'
import { type PlayInput, sharedVariables } from './load.ts'
import { hostVariables, type OwnVariables, playVariables, type SharedVariables } from './variables.ts'

/** Everything that is said of one variable of one host. */
export interface Explanation {
  readonly host: string
  /** The value that counts first, then what it replaces. */
  readonly said: readonly [Said, ...Said[]]
  /** What the value that counts is when something uses it, if it is a template. */
  readonly evaluated?: Value
  /** Why it cannot be evaluated. */
  readonly fault?: string
}

export interface Said {
  /** In words: `-e`, `playbook`, `host n1`, `group bench`, `all`, `default`. */
  readonly owner: string
  /** Without a place for `-e`. */
  readonly variable: Omit<InventoryVariable, 'at'> & { readonly at?: Place }
}

export interface ExplainGround extends Omit<PlayInput, 'file' | 'text'> {
  /** Without one, only inventories, `-e` and ansible.cfg are asked. */
  readonly playbook: { readonly file: string; readonly text: string } | undefined
  /** The inventory's host of that name or pattern; throws when there is none. */
  readonly inventoryHost: (pattern: string) => InventoryHost
}

/** Says where a variable of a host comes from. Throws INVENTORY_VARIABLE when nothing sets it. */
export function explainVariable(name: string, host: string, ground: ExplainGround): Explanation {
  const { playbook } = ground
  const document = playbook === undefined ? nothing : parseDocument(playbook.file, playbook.text)
  const findings = newFindings()
  const shared = sharedVariables(document, { ...ground, file: playbook?.file ?? '' }, [], findings)
  refuse(findings.all())
  const own = ownVariables(host, document, shared, ground)
  const [winner, ...losers] = sayings(name, shared, own)
  if (winner === undefined) {
    const known = [...hostVariables(shared, own).names(), ...shared.defaults.keys()]
    throw new LockstepError('INVENTORY_VARIABLE', `nothing sets '${name}' for ${own.name}`, {
      hint: didYouMean(name, known),
    })
  }
  return { host: own.name, said: [winner, ...losers], ...evaluation(name, winner, shared, own) }
}

const nothing = fromValue(null, { file: '', line: 1, column: 1 })

/** A host of the playbook, else one of the inventory. */
function ownVariables(
  host: string,
  document: SourceNode,
  shared: SharedVariables,
  { binds, limit, playbook, inventory, inventoryHost }: ExplainGround,
): OwnVariables {
  const findings = newFindings()
  const ground = { inventory, binds, limit, findings, file: playbook?.file ?? '' }
  const evaluate = evaluator(playVariables(shared), findings)
  const entries = readHosts(child(document, 'hosts'), { ...ground, evaluate })
  const entry = entries.find(({ name }) => name === host) ?? entries.find(each => each.inventoryHost?.name === host)
  if (entry !== undefined) return { name: entry.name, inventoryHost: entry.inventoryHost, entry: entry.vars }
  refuse(findings.all())
  try {
    const found = inventoryHost(host)
    return { name: found.name, inventoryHost: found, entry: undefined }
  } catch (error) {
    if (playbook === undefined || !(error instanceof LockstepError)) throw error
    const names = [...entries, ...(inventory?.hosts ?? [])].map(({ name }) => name)
    const hint = didYouMean(host, names) ?? error.hint
    throw new LockstepError(
      'PLAYBOOK_HOST',
      `'${host}' is no host of ${playbook.file}, and no one host of an inventory`,
      {
        hint,
      },
    )
  }
}

/** Highest first: the order of hostVariables. */
function sayings(name: string, shared: SharedVariables, own: OwnVariables): readonly Said[] {
  const { extra, playbook, defaults, secrets } = shared
  const [value, written, setting] = [extra.get(name), own.inventoryHost?.historyOf(name) ?? [], defaults.get(name)]
  const onCommandLine = value === undefined ? [] : [{ owner: '-e', variable: { value } }]
  const inPlaybook = playbook
    .flatMap((node, i) => sayingIn(node, name, i === 0 ? 'playbook' : 'vars_files'))
    .toReversed()
  const above = [...onCommandLine, ...sayingIn(own.entry, name, `host ${own.name}`)]
  const below = name === 'interface' ? [...written, ...inPlaybook] : [...inPlaybook, ...written]
  const all = [...above, ...below, ...(setting === undefined ? [] : [{ owner: 'default', variable: setting }])]
  if (!secrets.has(name)) return all
  return all.map(({ owner, variable }) => ({ owner, variable: { ...variable, secret: true } }))
}

function sayingIn(vars: SourceNode | undefined, name: string, owner: string): readonly Said[] {
  const node = vars && child(vars, name)
  if (node === undefined) return []
  const written = node.kind === 'scalar' && node.written !== undefined ? { written: node.written } : {}
  return [{ owner, variable: { value: toValue(node), at: node.at, ...written } }]
}

function evaluation(
  name: string,
  { variable }: Said,
  shared: SharedVariables,
  own: OwnVariables,
): Pick<Explanation, 'evaluated' | 'fault'> {
  if (variable.unsafe || variable.secret || !holdsTemplate(variable.value)) return {}
  try {
    const at = variable.at ?? { file: '-e', line: 1, column: 1 }
    const evaluated = evaluator(hostVariables(shared, own), newFindings()).variable(name, at)
    return evaluated === undefined ? {} : { evaluated }
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    return { fault: error.message }
  }
}

function holdsTemplate(value: unknown): boolean {
  if (typeof value === 'string') return isTemplate(value)
  if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== null) {
    return Array.isArray(value) && value.some(holdsTemplate)
  }
  return Object.values(value).some(holdsTemplate)
}
