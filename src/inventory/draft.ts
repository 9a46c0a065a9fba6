import type { Place } from '../errors/error.ts'
import type { InventoryVariable } from './inventory.ts'
import { type Report, remarkAt } from './report.ts'
import type { Statement } from './statements.ts'
import { say, type Variables } from './variable.ts'

/** The inventory while its sources are being read. */
export interface Draft {
  readonly groups: Map<string, GroupDraft>
  readonly hosts: Map<string, HostDraft>
}

export interface GroupDraft {
  readonly name: string
  readonly hosts: Set<HostDraft>
  readonly children: Set<GroupDraft>
  readonly parents: Set<GroupDraft>
  /** What the sources set; files of variables come on top. */
  readonly vars: Variables
  /** ansible_group_priority: orders groups of one depth. */
  priority: bigint
}

export interface HostDraft {
  readonly name: string
  readonly at: Place
  /** The file that named it first; undefined when no file did. */
  readonly file: string | undefined
  /** The groups that name the host itself. */
  readonly groups: Set<GroupDraft>
  readonly vars: Variables
}

/** `all` and `ungrouped` exist without a source. */
export function newDraft(): Draft {
  const draft: Draft = { groups: new Map(), hosts: new Map() }
  link(groupIn(draft, 'all'), groupIn(draft, 'ungrouped'))
  return draft
}

/** One source: what it says, and its path if it is a file. */
export interface Said {
  readonly statements: readonly Statement[]
  readonly file: string | undefined
}

/** Carries out what one source says. */
export function carryOut({ statements, file }: Said, draft: Draft, report: Report): void {
  for (const statement of statements) {
    if (statement.kind === 'group') groupIn(draft, statement.name)
    else if (statement.kind === 'hosts') addHosts(statement, file, draft, report)
    else if (statement.kind === 'child') addChild(statement, draft, report)
    else setVariable(statement, groupIn(draft, statement.group), report)
  }
}

function groupIn({ groups }: Draft, name: string): GroupDraft {
  const known = groups.get(name)
  if (known !== undefined) return known
  const group = {
    name,
    hosts: new Set<HostDraft>(),
    children: new Set<GroupDraft>(),
    parents: new Set<GroupDraft>(),
    vars: new Map<string, InventoryVariable>(),
    priority: 1n,
  }
  groups.set(name, group)
  return group
}

function link(parent: GroupDraft, child: GroupDraft): void {
  parent.children.add(child)
  child.parents.add(parent)
}

function addHosts(
  statement: Extract<Statement, { kind: 'hosts' }>,
  file: string | undefined,
  draft: Draft,
  report: Report,
): void {
  const { names, port, vars, at } = statement
  const group = groupIn(draft, statement.group)
  for (const name of names) {
    const known = draft.hosts.get(name)
    const host = known ?? newHost(name, at, file)
    draft.hosts.set(name, host)
    group.hosts.add(host)
    host.groups.add(group)
    // As in Ansible, the port behind a name counts only where the host is named for the first time.
    if (known === undefined && port !== undefined) host.vars.set('ansible_port', port)
    else if (port !== undefined && host.vars.get('ansible_port')?.value !== port.value)
      report.warn(remarkAt(at, `the port ${port.value} has no effect: '${name}' was named before. Use ansible_port`))
    for (const [key, variable] of vars) say(host.vars, key, variable)
  }
}

const newHost = (name: string, at: Place, file: string | undefined): HostDraft => ({
  name,
  at,
  file,
  groups: new Set(),
  vars: new Map(),
})

function addChild({ group, child, at }: Extract<Statement, { kind: 'child' }>, draft: Draft, report: Report): void {
  const parentDraft = groupIn(draft, group)
  const childDraft = groupIn(draft, child)
  if (child === 'all') report.problem('INVENTORY_GROUP', `'all' contains every group and is no child of '${group}'`, at)
  else if (childDraft === parentDraft)
    report.problem('INVENTORY_GROUP', `the group '${group}' is a child of itself`, at)
  else if (ancestorsOf(parentDraft).has(childDraft))
    report.problem('INVENTORY_GROUP', `'${child}' cannot be a child of '${group}': it contains '${group}'`, at)
  else link(parentDraft, childDraft)
}

function setVariable(
  { name, variable, at }: Extract<Statement, { kind: 'variable' }>,
  group: GroupDraft,
  report: Report,
): void {
  if (name !== 'ansible_group_priority') {
    say(group.vars, name, variable)
    return
  }
  const { value } = variable
  const isInteger = typeof value === 'bigint' || (typeof value === 'string' && /^\s*[-+]?\d+\s*$/.test(value))
  if (isInteger) group.priority = BigInt(String(value).replace('+', ''))
  else report.problem('INVENTORY_PRIORITY', `ansible_group_priority is an integer, got '${value}'`, at)
}

/** Every group above a group. */
export function ancestorsOf(group: GroupDraft): Set<GroupDraft> {
  const found = new Set<GroupDraft>()
  // The set grows while it is walked.
  for (const parent of group.parents) found.add(parent)
  for (const each of found) for (const parent of each.parents) found.add(parent)
  return found
}

/**
 * What holds once all sources are read: groups without a parent are children of `all`; a host is in `ungrouped` exactly
 * when no other group but `all` names it.
 */
export function settle(draft: Draft, report: Report): void {
  const all = groupIn(draft, 'all')
  const ungrouped = groupIn(draft, 'ungrouped')
  for (const group of draft.groups.values()) if (group !== all && group.parents.size === 0) link(all, group)
  for (const host of draft.hosts.values()) {
    const others = [...host.groups].some(group => group !== all && group !== ungrouped)
    if (others) leave(host, ungrouped)
    else if (!host.groups.has(ungrouped)) join(host, ungrouped)
  }
  warnOfNames(draft, report)
}

function leave(host: HostDraft, group: GroupDraft): void {
  group.hosts.delete(host)
  host.groups.delete(group)
}

function join(host: HostDraft, group: GroupDraft): void {
  group.hosts.add(host)
  host.groups.add(group)
}

function warnOfNames({ groups, hosts }: Draft, report: Report): void {
  const unusual = [...groups.keys()].filter(name => /[^A-Za-z0-9_]/.test(name))
  if (unusual.length > 0)
    report.warn(`group names with other characters than letters, digits and '_' are kept: ${unusual.join(', ')}`)
  for (const name of groups.keys()) if (hosts.has(name)) report.warn(`'${name}' is the name of a group and of a host`)
}
