import { LockstepError, type Place } from '../errors/error.ts'
import { didYouMean } from '../errors/suggest.ts'
import type { Inventory, InventoryHost } from '../inventory/inventory.ts'
import { show } from '../source/expected.ts'
import type { Evaluator } from '../source/expressions.ts'
import type { Findings } from '../source/findings.ts'
import { child, entriesOf, itemsOf, type SourceNode, textOf } from '../source/node.ts'

/** A host of the play before its variables are looked at. */
export interface HostEntry {
  readonly name: string
  /** The inventory host that stands in its place. */
  readonly inventoryHost: InventoryHost | undefined
  /** What the playbook says of it: an address or a mapping; undefined in a list or pattern. */
  readonly written: SourceNode | undefined
  /** `vars` of its entry in the playbook. */
  readonly vars: SourceNode | undefined
  readonly at: Place
}

export interface HostGround {
  readonly inventory: Inventory | undefined
  /** `--bind`: name in the playbook → name in the inventory. */
  readonly binds: ReadonlyMap<string, string>
  /** `--limit`: of the hosts that patterns select, only these. */
  readonly limit?: string | undefined
  /** For `hosts: "{{ target }}"`. */
  readonly evaluate: Evaluator
  readonly findings: Findings
  /** The playbook, for findings about the command line. */
  readonly file: string
}

/** The hosts that a play names, in declared order, each with the inventory host that takes its place. */
export function readHosts(node: SourceNode | undefined, ground: HostGround): readonly HostEntry[] {
  if (node === undefined) return []
  const bound = boundHosts(ground)
  const hosts = node.kind === 'mapping' ? fromMapping(node, ground, bound) : fromPatterns(node, ground, bound)
  if (node.kind === 'mapping') refuseLimit(ground, node)
  checkBinds(hosts, ground, node)
  refuseDoubles(hosts, ground)
  return hosts
}

/** The inventory host of every `--bind` whose right side is known. */
function boundHosts({ inventory, binds, findings }: HostGround): ReadonlyMap<string, InventoryHost> {
  const bound = new Map<string, InventoryHost>()
  for (const [name, target] of binds) {
    const host = inventory && hostCalled(inventory, target)
    if (host !== undefined) bound.set(name, host)
    else {
      const hint = inventory ? didYouMean(target, namesIn(inventory)) : 'name an inventory with -i'
      findings.add({ code: 'PLAYBOOK_BIND', message: `--bind ${name}=${target}: there is no host '${target}'`, hint })
    }
  }
  return bound
}

const namesIn = (inventory: Inventory) => inventory.hosts.map(({ name }) => name)

/** A host by its exact name; the implicit local host counts. */
function hostCalled(inventory: Inventory, name: string): InventoryHost | undefined {
  const declared = inventory.hosts.find(host => host.name === name)
  if (declared !== undefined || !['localhost', '127.0.0.1', '::1'].includes(name)) return declared
  return inventory.select(name).hosts[0]
}

function fromMapping(node: SourceNode, ground: HostGround, bound: ReadonlyMap<string, InventoryHost>): HostEntry[] {
  return entriesOf(node).map(([name, { key, value }]) => {
    const inventoryHost = bound.get(name) ?? ground.inventory?.hosts.find(host => host.name === name)
    if (
      inventoryHost === undefined &&
      !hasAddress(value) &&
      !ground.binds.has(name) &&
      !ground.findings.within(value)
    ) {
      const hint = `write an address, use an inventory that has ${name} (-i), or --bind ${name}=HOST`
      ground.findings.add({ code: 'PLAYBOOK_HOST', message: `host ${name} has no address`, hint, at: key })
    }
    return { name, inventoryHost, written: value, vars: child(value, 'vars'), at: key }
  })
}

const hasAddress = (node: SourceNode) => textOf(node) !== undefined || child(node, 'address') !== undefined

/** Names, groups and patterns, in a list or in one text. A name that is bound stands for itself. */
function fromPatterns(node: SourceNode, ground: HostGround, bound: ReadonlyMap<string, InventoryHost>): HostEntry[] {
  const { findings, inventory } = ground
  const evaluated = findings.within(node) ? undefined : ground.evaluate.tree(node)
  if (evaluated === undefined) return []
  const parts = evaluated.kind === 'list' ? itemsOf(evaluated) : [evaluated]
  const patterns = parts.filter(part => !ground.binds.has(textOf(part) ?? ''))
  if (inventory === undefined && patterns.length > 0) {
    const message = `${show(patterns[0] ?? node)} is a name in an inventory, and there is none`
    const hint = 'name one with -i, or write hosts as a mapping of names and addresses'
    findings.add({ code: 'PLAYBOOK_HOST', message, hint, at: patterns[0]?.at })
    return []
  }
  if (patterns.length === 0) refuseLimit(ground, node)
  for (const part of patterns) if (inventory !== undefined) checkPattern(part, inventory, findings)
  const named = parts.flatMap((part): HostEntry[] => {
    const name = textOf(part) ?? ''
    return ground.binds.has(name) ? [entryFor(name, bound.get(name), part.at)] : []
  })
  return [...named, ...selected(patterns, ground, named)]
}

const entryFor = (name: string, inventoryHost: InventoryHost | undefined, at: Place): HostEntry => ({
  name,
  inventoryHost,
  written: undefined,
  vars: undefined,
  at,
})

/** All patterns together, since `!part` and `&part` act on the others; a host stands at the first part that has it. */
function selected(patterns: readonly SourceNode[], ground: HostGround, named: readonly HostEntry[]): HostEntry[] {
  const { inventory } = ground
  const [first] = patterns
  if (inventory === undefined || first === undefined) return []
  const pattern = united(patterns.map(part => textOf(part) ?? ''))
  const taken = new Set(named.map(({ name }) => name))
  const places = new Map<string, Place>()
  for (const part of patterns) {
    for (const { name } of inventory.select(textOf(part) ?? '').hosts) if (!places.has(name)) places.set(name, part.at)
  }
  return withinLimit(pattern, inventory, ground, first.at)
    .filter(({ name }) => !taken.has(name))
    .map(host => entryFor(host.name, host, places.get(host.name) ?? first.at))
}

/** The hosts of a pattern that `--limit` leaves; a part of the limit that matches nothing is a mistake too. */
function withinLimit(
  pattern: string,
  inventory: Inventory,
  { limit, findings }: HostGround,
  at: Place,
): readonly InventoryHost[] {
  const { hosts, warnings } = inventory.select(pattern)
  // Where the pattern selects nothing, that has been said.
  if (limit === undefined || hosts.length === 0) return hosts
  try {
    const limited = inventory.select(pattern, limit)
    for (const message of limited.warnings.slice(warnings.length))
      findings.add({ code: 'INVENTORY_LIMIT', message: `--limit ${limit}: ${message}`, at })
    return limited.hosts
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    findings.add({ code: error.code, message: error.message, hint: error.hint, at })
    return []
  }
}

/** Hosts that the playbook itself names have their parts in it: none can be left out. */
function refuseLimit({ limit, findings }: HostGround, node: SourceNode): void {
  if (limit === undefined) return
  const message = `--limit ${limit}: the hosts of this playbook are names, not a pattern`
  findings.add({ code: 'INVENTORY_LIMIT', message, hint: 'write hosts as a pattern, such as hosts: all', at: node.at })
}

/** One pattern out of several; Ansible splits at commas if there are any, else at colons. */
function united(patterns: readonly string[]): string {
  const colons = patterns.some(pattern => /:[!&]/.test(pattern)) && !patterns.some(pattern => pattern.includes(','))
  return patterns.join(colons ? ':' : ',')
}

function checkPattern(part: SourceNode, inventory: Inventory, findings: Findings): void {
  const text = textOf(part) ?? ''
  const { hosts, warnings } = inventory.select(text.replace(/^[!&]/, ''))
  if (warnings.length === 0 && (hosts.length > 0 || /[:,]/.test(text))) return
  const hint = didYouMean(text.replace(/^[!&]/, ''), [...namesIn(inventory), ...inventory.groups.keys()])
  const message = warnings[0] ?? `no host of the inventory matches '${text}'`
  findings.add({ code: 'PLAYBOOK_HOST', message, hint, at: part.at })
}

function checkBinds(hosts: readonly HostEntry[], { binds, findings, file }: HostGround, node: SourceNode): void {
  const names = hosts.map(({ name }) => name)
  for (const name of binds.keys()) {
    if (names.includes(name) || findings.within(node)) continue
    const message = `--bind ${name}=${binds.get(name)}: there is no host '${name}' in ${file}`
    findings.add({ code: 'PLAYBOOK_BIND', message, hint: didYouMean(name, names) })
  }
}

/** One machine cannot be two hosts of a play: they would stop each other's programs. */
function refuseDoubles(hosts: readonly HostEntry[], { findings }: HostGround): void {
  const owners = new Map<InventoryHost, string>()
  for (const { name, inventoryHost, at } of hosts) {
    if (inventoryHost === undefined) continue
    const owner = owners.get(inventoryHost)
    if (owner === undefined) owners.set(inventoryHost, name)
    else {
      const message = `${name} and ${owner} are both the host '${inventoryHost.name}' of the inventory`
      findings.add({ code: 'PLAYBOOK_HOST', message, at })
    }
  }
}
