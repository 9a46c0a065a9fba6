import { LockstepError, type Place } from '../errors/error.ts'
import { EncryptedValue } from '../inventory/encrypted.ts'
import type { Inventory, InventoryHost, InventoryVariable } from '../inventory/inventory.ts'
import type { ReadEnvironment } from '../source/engine.ts'
import { evaluator, type Variable, type Variables } from '../source/expressions.ts'
import type { Findings } from '../source/findings.ts'
import { entriesOf, entry, record, type SourceNode, toValue, type Value } from '../source/node.ts'

/** What every host of a play shares. */
export interface SharedVariables {
  /** What the playbook says, lowest first: its `vars`, then each of its `vars_files`. */
  readonly playbook: readonly SourceNode[]
  /** Variables that the playbook calls secret. */
  readonly secrets: ReadonlySet<string>
  /** `-e`. */
  readonly extra: ReadonlyMap<string, Value>
  readonly inventory: Inventory | undefined
  /** Below everything else: what ansible.cfg says. */
  readonly defaults: ReadonlyMap<string, InventoryVariable>
  /** What Ansible itself knows of an inventory host. */
  readonly magic: ((host: InventoryHost) => ReadonlyMap<string, unknown>) | undefined
  /** Folder of the playbook, as the user named it. */
  readonly playbookDir: string
  readonly environment: ReadEnvironment
  /** Variables that only a run can know: the results of steps. */
  readonly learnt: readonly string[]
  /** Why a name has no value outside of steps, in words that follow it. */
  readonly unavailable: (name: string) => string | undefined
}

/** What one host adds. */
export interface OwnVariables {
  readonly name: string
  readonly inventoryHost: InventoryHost | undefined
  /** `vars` of the host's entry in the playbook. */
  readonly entry: SourceNode | undefined
  /** Secrets are refused unless they are opened, which passwords and some parts of steps may ask for. */
  readonly secrets?: 'opened'
}

type Level = (name: string) => Variable | undefined

/**
 * The variables of one host, highest first: -e, the host's own `vars` in the playbook, the playbook's `vars_files`
 * and `vars`, the inventory. That is Ansible's order, but for `interface`: there the playbook's `vars` are the default for the hosts of
 * which the inventory says nothing.
 */
export function hostVariables(shared: SharedVariables, own: OwnVariables): Variables {
  const extra = extraLevel(shared)
  const entry = nodeLevel(own.entry)
  const playbook = playbookLevels(shared)
  const inventory = inventoryLevel(own, shared.inventory)
  const levels = [magicLevel(shared, own), extra, entry, ...playbook, inventory, defaultsLevel(shared, own)]
  const interfaceLevels = [extra, entry, inventory, ...playbook]
  const names = [
    ...shared.extra.keys(),
    ...[own.entry, ...shared.playbook].flatMap(node => entriesOf(node).map(([name]) => name)),
    ...(own.inventoryHost?.vars.keys() ?? []),
  ]
  return {
    get: name => {
      if (own.secrets === undefined) refuseSecret(name, shared)
      return first(name === 'interface' ? interfaceLevels : levels, name)
    },
    unavailable: shared.unavailable,
    names: () => names,
    owner: `host ${own.name}`,
    environment: shared.environment,
  }
}

/** What can be used where no host is meant: the name, the gate, `sync`. */
export function playVariables(shared: SharedVariables, secrets?: 'opened'): Variables {
  const levels = [magicLevel(shared), extraLevel(shared), ...playbookLevels(shared)]
  return {
    get: name => {
      if (secrets === undefined) refuseSecret(name, shared)
      return first(levels, name)
    },
    unavailable: shared.unavailable,
    names: () => [...shared.extra.keys(), ...shared.playbook.flatMap(node => entriesOf(node).map(([name]) => name))],
    environment: shared.environment,
  }
}

function first(levels: readonly Level[], name: string): Variable | undefined {
  for (const level of levels) {
    const found = level(name)
    if (found !== undefined) return found
  }
  return undefined
}

const extraLevel =
  ({ extra }: SharedVariables): Level =>
  name => {
    const value = extra.get(name)
    return value === undefined ? undefined : { value }
  }

const playbookLevels = ({ playbook }: SharedVariables) => playbook.toReversed().map(nodeLevel)

function refuseSecret(name: string, { secrets, playbook }: SharedVariables): void {
  if (secrets.has(name)) throw secretRefusal(name, playbook.flatMap(node => entry(node, name)?.value.at ?? [])[0])
}

function nodeLevel(node: SourceNode | undefined): Level {
  const entries = new Map(entriesOf(node))
  return name => {
    const value = entries.get(name)?.value
    if (value === undefined) return undefined
    return { value: toValue(value), at: value.at, written: value.kind === 'scalar' ? value.written : undefined }
  }
}

function inventoryLevel({ inventoryHost, secrets }: OwnVariables, inventory: Inventory | undefined): Level {
  const reveal: Reveal = secrets === undefined || inventory === undefined ? refuseEncrypted : inventory.reveal
  return name => {
    const variable = inventoryHost?.vars.get(name)
    if (variable?.secret && secrets === undefined) throw secretRefusal(name, variable.at)
    return variable && fromInventory(variable, reveal)
  }
}

const defaultsLevel =
  ({ defaults }: SharedVariables, { secrets }: OwnVariables): Level =>
  name => {
    const variable = defaults.get(name)
    if (variable?.secret && secrets === undefined) throw secretRefusal(name, variable.at)
    return variable && fromInventory(variable, refuseEncrypted)
  }

type Reveal = (value: EncryptedValue) => string

/** An inventory keeps an encrypted value as it is; who wants to use it learns that it cannot be. */
const refuseEncrypted: Reveal = value => {
  throw value.refusal()
}

function secretRefusal(name: string, at: Place | undefined): LockstepError {
  const hint = 'env, stdin and templates of steps can use it, and passwords'
  return new LockstepError('INVENTORY_VAULT', `'${name}' is secret and cannot be used here`, { at, hint })
}

/** A text that was encrypted by itself is no template, as in Ansible. */
const fromInventory = ({ value, written, unsafe, at }: InventoryVariable, reveal: Reveal): Variable => ({
  value: plainValue(value, reveal),
  written,
  at,
  ...(unsafe || value instanceof EncryptedValue ? { ready: true } : {}),
})

function plainValue(value: unknown, reveal: Reveal = refuseEncrypted): Value {
  if (value instanceof EncryptedValue) return reveal(value)
  if (Array.isArray(value)) return value.map(item => plainValue(item, reveal))
  if (value === null || typeof value !== 'object') return (value ?? null) as Value
  const entries = value instanceof Map ? [...value] : Object.entries(value)
  return record(entries.map(([key, each]) => [String(key), plainValue(each, reveal)]))
}

/** The variables that Ansible makes itself (its documentation: special variables). */
function magicLevel(shared: SharedVariables, own?: OwnVariables): Level {
  const { inventory, playbookDir } = shared
  const known = own?.inventoryHost && shared.magic?.(own.inventoryHost)
  const makers: Readonly<Record<string, () => Value | undefined>> = {
    inventory_hostname: () => own?.name,
    inventory_hostname_short: () => own?.name,
    group_names: () => own && [],
    groups: () => record([...(inventory?.groups ?? [])].map(([name, hosts]) => [name, hosts.map(host => host.name)])),
    playbook_dir: () => playbookDir,
    hostvars: () => everyHost(shared),
  }
  return name => {
    const value =
      name === 'hostvars' || !known?.has(name)
        ? Object.hasOwn(makers, name)
          ? makers[name]?.()
          : undefined
        : plainValue(known.get(name))
    return value === undefined ? undefined : { value, ready: true }
  }
}

/** `hostvars`: nothing in it is evaluated before somebody reads it. */
function everyHost(shared: SharedVariables): Value {
  const hosts = Object.create(null) as Record<string, Value>
  for (const host of shared.inventory?.hosts ?? []) {
    Object.defineProperty(hosts, host.name, { enumerable: true, get: () => variablesOf(host, shared) })
  }
  return hosts
}

function variablesOf(host: InventoryHost, shared: SharedVariables): Value {
  const own = { name: host.name, inventoryHost: host, entry: undefined }
  // Its errors are thrown to the expression that asked, so these findings stay empty.
  const evaluate = evaluator(hostVariables(shared, own), noFindings)
  const variables = Object.create(null) as Record<string, Value>
  for (const name of [...host.vars.keys(), 'inventory_hostname', 'group_names']) {
    Object.defineProperty(variables, name, {
      enumerable: true,
      get: () => evaluate.variable(name, host.at),
    })
  }
  return variables
}

const noFindings: Findings = { add: () => {}, at: () => false, within: () => false, all: () => [] }
