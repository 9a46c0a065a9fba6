import { LockstepError } from '../errors/error.ts'
import { didYouMean } from '../errors/suggest.ts'
import type { InventoryHost } from '../inventory/inventory.ts'
import { newSelect, splitPattern } from '../inventory/patterns.ts'
import type { Findings } from '../source/findings.ts'
import { itemsOf, type SourceNode, textOf } from '../source/node.ts'
import type { HostEntry } from './hosts.ts'

/** The hosts of a play as `on` can name them: by their names in the playbook, and by the groups of the inventory. */
export interface StepHosts {
  readonly names: readonly string[]
  readonly groups: ReadonlyMap<string, readonly string[]>
  /** Hosts and groups that the inventory has beyond the play: no mistake to name them. */
  readonly elsewhere: ReadonlySet<string>
}

export function stepHosts(
  entries: readonly HostEntry[],
  groups: ReadonlyMap<string, readonly InventoryHost[]>,
): StepHosts {
  const namesOf = new Map(entries.flatMap(({ name, inventoryHost }) => (inventoryHost ? [[inventoryHost, name]] : [])))
  const inPlay = (hosts: readonly InventoryHost[]) => hosts.flatMap(host => namesOf.get(host) ?? [])
  const all = groups.get('all') ?? []
  const names = entries.map(({ name }) => name)
  const own = [...groups].map(([name, hosts]) => [name, inPlay(hosts)] as const)
  return {
    names,
    groups: new Map([...own, ['all', names]]),
    elsewhere: new Set(all.map(({ name }) => name)),
  }
}

/** The hosts that evaluated `on` selects, in declared order; `local`; undefined when that cannot be, which is found. */
export function hostsOn(
  node: SourceNode,
  hosts: StepHosts,
  findings: Findings,
): readonly string[] | 'local' | undefined {
  const parts = node.kind === 'list' ? itemsOf(node) : [node]
  const texts = parts.map(part => textOf(part) ?? '')
  if (texts.length === 1 && texts[0] === 'local') return 'local'
  const stop = (message: string, part: SourceNode, hint?: string) => {
    findings.add({ code: 'PLAYBOOK_HOST', message, hint, at: part.at })
    return undefined
  }
  for (const [index, part] of parts.entries()) {
    if (texts[index] === 'local') return stop("'local' stands for itself, not among hosts", part)
    const unknown = splitPattern(texts[index] ?? '').find(each => !isKnown(each.replace(/^[!&]/, ''), hosts))
    if (unknown === undefined) continue
    const name = unknown.replace(/^[!&]/, '')
    return stop(
      `no host and no group is called '${name}'`,
      part,
      didYouMean(name, [...hosts.names, ...hosts.groups.keys(), 'local']),
    )
  }
  const colons = texts.some(text => /:[!&]/.test(text)) && !texts.some(text => text.includes(','))
  const pattern = texts.join(colons ? ':' : ',')
  const selected = select(pattern, hosts)
  if (typeof selected === 'string') return stop(selected, node)
  if (selected.size === 0) return stop(`no host of this playbook is in '${pattern}'`, node)
  return hosts.names.filter(name => selected.has(name))
}

const isKnown = (part: string, { names, groups, elsewhere }: StepHosts) =>
  /^~|[*?[]/.test(part) || names.includes(part) || groups.has(part) || elsewhere.has(part)

/** The names that Ansible's pattern selects, or why it cannot be read. */
function select(pattern: string, { names, groups }: StepHosts): ReadonlySet<string> | string {
  const made = new Map(names.map(name => [name, placeholder(name)]))
  const matchable = {
    hosts: made,
    groups: new Map([...groups].map(([group, each]) => [group, each.flatMap(name => made.get(name) ?? [])])),
    implicitHost: placeholder,
    readText: () => undefined,
  }
  try {
    return new Set(newSelect(matchable)(pattern).hosts.map(({ name }) => name))
  } catch (error) {
    if (error instanceof LockstepError) return error.message
    throw error
  }
}

/** Patterns look at names only. */
const placeholder = (name: string): InventoryHost => ({
  name,
  groupNames: [],
  vars: new Map(),
  historyOf: () => [],
  at: { file: '', line: 1, column: 1 },
})
