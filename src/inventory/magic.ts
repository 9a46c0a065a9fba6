import { dirname, resolve } from 'node:path'
import { isIpv4, isIpv6 } from './address.ts'
import type { Inventory, InventoryHost } from './inventory.ts'

export interface MagicOptions {
  /** Where relative paths start from; without it inventory_dir and playbook_dir stay as the user gave them. */
  readonly cwd?: string | undefined
  readonly playbookDir?: string | undefined
}

/**
 * The variables that every host has without anybody setting them. `hostvars` gives the variables of each listed host
 * as written, templates not evaluated, made when they are asked for.
 */
export function magicVars(
  inventory: Inventory,
  options: MagicOptions = {},
): (host: InventoryHost) => ReadonlyMap<string, unknown> {
  const absolute = (path: string) => (options.cwd === undefined ? path : resolve(options.cwd, path))
  const groups = Object.freeze(namesOf(inventory))
  const ownMagic = (host: InventoryHost): [string, unknown][] =>
    [
      ['inventory_hostname', host.name],
      ['inventory_hostname_short', shortName(host.name)],
      ['group_names', host.groupNames],
      ['groups', groups],
      ['inventory_file', host.file === undefined ? null : absolute(host.file)],
      ['inventory_dir', host.file === undefined ? null : absolute(dirname(host.file))],
      ...(options.playbookDir === undefined ? [] : ([['playbook_dir', absolute(options.playbookDir)]] as const)),
    ] as [string, unknown][]
  const hostvars = lazyRecord(inventory.hosts, host => {
    const vars = [...host.vars].map(([name, { value }]) => [name, value] as const)
    return Object.assign(Object.create(null), Object.fromEntries(vars), Object.fromEntries(ownMagic(host)))
  })
  return host => new Map([...ownMagic(host), ['hostvars', hostvars]])
}

const shortName = (name: string) => (isIpv4(name) || isIpv6(name) ? name : (name.split('.')[0] ?? name))

function namesOf({ groups }: Inventory): Readonly<Record<string, readonly string[]>> {
  const names: Record<string, readonly string[]> = Object.create(null)
  for (const [group, hosts] of groups) names[group] = hosts.map(({ name }) => name)
  return names
}

/** An object without prototype with one key per host, whose value is made at its first use. */
function lazyRecord<T>(hosts: readonly InventoryHost[], make: (host: InventoryHost) => T): Readonly<Record<string, T>> {
  const made = new Map<string, T>()
  const lazy: Record<string, T> = Object.create(null)
  for (const host of hosts)
    Object.defineProperty(lazy, host.name, {
      enumerable: true,
      get: () => {
        const value = made.get(host.name) ?? make(host)
        made.set(host.name, value)
        return value
      },
    })
  return lazy
}
