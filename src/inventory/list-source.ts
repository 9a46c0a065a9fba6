import type { Place } from '../errors/error.ts'
import { type Mapping, type Tree, wordFor } from '../source/tree.ts'
import type { Report } from './report.ts'
import type { Statement } from './statements.ts'
import { variablesOf } from './variable.ts'

/** Whether a JSON value is what `ansible-inventory --list` and inventory scripts print, not the YAML form as JSON. */
export function isListForm({ entries }: Mapping): boolean {
  if (entries.get('_meta')?.value.kind === 'mapping') return true
  return [...entries.values()].some(({ value }) => {
    if (value.kind === 'list') return true
    return value.kind === 'mapping' && ['hosts', 'children'].some(key => value.entries.get(key)?.value.kind === 'list')
  })
}

/** Reads groups with lists of `hosts` and `children`, and the hosts' variables under `_meta.hostvars`. */
export function readListForm(root: Mapping, report: Report): readonly Statement[] {
  const statements: Statement[] = []
  for (const [name, { key, value }] of root.entries)
    if (name !== '_meta') readGroup(name, value, key, statements, report)
  return [...statements, ...hostVars(root, statements, report)]
}

function readGroup(name: string, body: Tree, at: Place, into: Statement[], report: Report): void {
  into.push({ kind: 'group', name, at })
  const host = (each: Named): Statement => hostStatement(each, name, new Map())
  if (body.kind === 'list') {
    into.push(...namesIn(body, report).map(host))
    return
  }
  if (body.kind !== 'mapping') {
    report.problem(
      'INVENTORY_SHAPE',
      `the group '${name}' is a mapping or a list of hosts, got ${wordFor(body)}`,
      body.at,
    )
    return
  }
  if (!['hosts', 'vars', 'children'].some(key => body.entries.has(key))) {
    // The oldest form: a host of the group's name with these variables for the group.
    into.push(host({ name, at }), ...groupVars(name, body, report))
    return
  }
  const part = (key: string) => body.entries.get(key)?.value
  into.push(...namesIn(part('hosts'), report).map(host))
  const vars = part('vars')
  if (vars !== undefined) into.push(...groupVars(name, vars, report))
  for (const child of namesIn(part('children'), report))
    into.push(
      { kind: 'group', name: child.name, at: child.at },
      { kind: 'child', group: name, child: child.name, at: child.at },
    )
}

interface Named {
  readonly name: string
  readonly at: Place
}

function namesIn(list: Tree | undefined, report: Report): readonly Named[] {
  if (list === undefined) return []
  if (list.kind !== 'list') {
    report.problem('INVENTORY_SHAPE', `here stands a list of names, got ${wordFor(list)}`, list.at)
    return []
  }
  return list.items.flatMap(item => {
    if (item.kind === 'scalar' && typeof item.value === 'string') return [{ name: item.value, at: item.at }]
    report.problem('INVENTORY_SHAPE', `a name is a text, got ${wordFor(item)}`, item.at)
    return []
  })
}

function groupVars(group: string, vars: Tree, report: Report): Statement[] {
  const variables = [...variablesOf(vars, report)]
  return variables.map(([name, variable]) => ({ kind: 'variable', group, name, variable, at: variable.at }))
}

/** Variables count for hosts that a group names; others are left out, as in Ansible. */
function hostVars(root: Mapping, statements: readonly Statement[], report: Report): Statement[] {
  const meta = root.entries.get('_meta')?.value
  const hostvars = meta?.kind === 'mapping' ? meta.entries.get('hostvars')?.value : undefined
  if (hostvars === undefined) return []
  if (hostvars.kind !== 'mapping') {
    report.problem('INVENTORY_SHAPE', `_meta.hostvars is a mapping of hosts, got ${wordFor(hostvars)}`, hostvars.at)
    return []
  }
  return hostStatements(
    [...hostvars.entries].map(([name, { value }]) => [name, value] as const),
    statements,
    report,
  )
}

/** The variables of hosts that `statements` put into groups. */
export function hostStatements(
  vars: Iterable<readonly [string, Tree]>,
  statements: readonly Statement[],
  report: Report,
): Statement[] {
  const groupOf = new Map<string, string>()
  for (const each of statements) if (each.kind === 'hosts') for (const name of each.names) groupOf.set(name, each.group)
  return [...vars].flatMap(([name, value]) => {
    const group = groupOf.get(name)
    return group === undefined ? [] : [hostStatement({ name, at: value.at }, group, variablesOf(value, report))]
  })
}

const hostStatement = ({ name, at }: Named, group: string, vars: ReturnType<typeof variablesOf>): Statement => ({
  kind: 'hosts',
  names: [name],
  group,
  port: undefined,
  vars,
  at,
})
