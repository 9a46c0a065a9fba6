import { ancestorsOf, type GroupDraft, type HostDraft } from './draft.ts'
import { byName } from './files.ts'
import type { InventoryVariable, Saying } from './inventory.ts'
import type { Variables } from './variable.ts'
import type { VarsFiles } from './vars-files.ts'

/** Files of variables beside the sources, in order of the sources, and beside the playbook. */
export interface Beside {
  readonly sources: readonly VarsFiles[]
  readonly playbook: VarsFiles | undefined
}

/** What one place says about a host. */
export interface Layer {
  /** In words: `all`, `group bench`, `host n1`. */
  readonly owner: string
  readonly vars: Variables
}

/** All variables of a host. */
export function mergedVars(layers: readonly Layer[]): ReadonlyMap<string, InventoryVariable> {
  const merged: Variables = new Map()
  for (const { vars } of layers) for (const [name, variable] of vars) merged.set(name, variable)
  return merged
}

/** Everything that the layers say of one variable, highest precedence first. */
export function historyIn(layers: readonly Layer[], name: string): readonly Saying[] {
  // A folder beside source and playbook alike is two layers: it counts as the higher one.
  const highest = new Map([...layers].map(layer => [layer.vars, layer]))
  const once = layers.filter(layer => highest.get(layer.vars) === layer)
  return once.reverse().flatMap(({ owner, vars }) => {
    const said: Saying[] = []
    for (let variable = vars.get(name); variable !== undefined; variable = variable.over) said.push({ owner, variable })
    return said
  })
}

/** Everything that says something about a host, lowest precedence first; a later value replaces an earlier one whole. */
export function layersOf(host: HostDraft, all: GroupDraft, groups: readonly GroupDraft[], beside: Beside): Layer[] {
  const playbook = beside.playbook === undefined ? [] : [beside.playbook]
  const layer = (owner: string, vars: Variables | undefined) => (vars === undefined ? [] : [{ owner, vars }])
  const ownerOf = ({ name }: GroupDraft) => (name === 'all' ? name : `group ${name}`)
  const filesOf = (files: readonly VarsFiles[], members: readonly GroupDraft[]) =>
    files.flatMap(each => members.flatMap(group => layer(ownerOf(group), each.groups.get(group.name))))
  const owner = `host ${host.name}`
  return [
    ...[all, ...groups].flatMap(group => layer(ownerOf(group), group.vars)),
    ...filesOf(beside.sources, [all]),
    ...filesOf(playbook, [all]),
    ...filesOf(beside.sources, groups),
    ...filesOf(playbook, groups),
    ...layer(owner, host.vars),
    ...[...beside.sources, ...playbook].flatMap(each => layer(owner, each.hosts.get(host.name))),
  ]
}

/** The groups of a host without `all`, lowest precedence first: by depth, ansible_group_priority and name. */
export function groupsInOrder(host: HostDraft, depthOf: (group: GroupDraft) => number): readonly GroupDraft[] {
  const groups = new Set<GroupDraft>()
  for (const group of host.groups) {
    groups.add(group)
    for (const ancestor of ancestorsOf(group)) groups.add(ancestor)
  }
  return [...groups]
    .filter(group => group.name !== 'all')
    .sort((a, b) => depthOf(a) - depthOf(b) || Number(a.priority - b.priority) || byName(a.name, b.name))
}

/** Length of the longest path from `all`, remembered per group. */
export function newDepths(): (group: GroupDraft) => number {
  const known = new Map<GroupDraft, number>()
  const depthOf = (group: GroupDraft): number => {
    const depth = known.get(group) ?? Math.max(-1, ...[...group.parents].map(depthOf)) + 1
    known.set(group, depth)
    return depth
  }
  return depthOf
}
