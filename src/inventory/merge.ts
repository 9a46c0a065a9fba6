import { ancestorsOf, type GroupDraft, type HostDraft } from './draft.ts'
import { byName } from './files.ts'
import type { InventoryVariable } from './inventory.ts'
import type { Variables } from './variable.ts'
import type { VarsFiles } from './vars-files.ts'

/** Files of variables beside the sources, in order of the sources, and beside the playbook. */
export interface Beside {
  readonly sources: readonly VarsFiles[]
  readonly playbook: VarsFiles | undefined
}

/** All variables of a host. */
export function mergedVars(layers: readonly Variables[]): ReadonlyMap<string, InventoryVariable> {
  const merged: Variables = new Map()
  for (const layer of layers) for (const [name, variable] of layer) merged.set(name, variable)
  return merged
}

/** Everything that says something about a host, lowest precedence first; a later value replaces an earlier one whole. */
export function layersOf(host: HostDraft, all: GroupDraft, groups: readonly GroupDraft[], beside: Beside): Variables[] {
  const playbook = beside.playbook === undefined ? [] : [beside.playbook]
  const filesOf = (files: readonly VarsFiles[], members: readonly GroupDraft[]) =>
    files.flatMap(each => members.map(group => each.groups.get(group.name)))
  return [
    all.vars,
    ...groups.map(group => group.vars),
    ...filesOf(beside.sources, [all]),
    ...filesOf(playbook, [all]),
    ...filesOf(beside.sources, groups),
    ...filesOf(playbook, groups),
    host.vars,
    ...[...beside.sources, ...playbook].map(each => each.hosts.get(host.name)),
  ].filter(layer => layer !== undefined)
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
