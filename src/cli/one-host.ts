import { LockstepError } from '../errors/error.ts'
import { didYouMean } from '../errors/suggest.ts'
import type { InventoryHost, LoadedInventory } from '../inventory/inventory.ts'

/** The host that a command line means; as in Ansible any pattern will do that selects one. */
export function oneHost({ select, hosts, groups }: LoadedInventory, pattern: string): InventoryHost {
  const [host, ...more] = select(pattern).hosts
  if (host !== undefined && more.length === 0) return host
  if (host !== undefined)
    throw new LockstepError('INVENTORY_PATTERN', `expected one host, '${pattern}' is ${more.length + 1}`)
  const names = hosts.map(({ name }) => name)
  const hint = groups.has(pattern) ? 'the group is empty' : didYouMean(pattern, names)
  throw new LockstepError('INVENTORY_PATTERN', `there is no host '${pattern}' in the inventory`, { hint })
}
