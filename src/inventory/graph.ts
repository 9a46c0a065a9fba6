import type { LoadedInventory } from './inventory.ts'

/**
 * What `ansible-inventory --graph` prints for a group of the inventory: a group stands under each of its parents, its
 * children before its hosts.
 */
export const graphText = (inventory: LoadedInventory, top = 'all'): string =>
  `${[`@${top}:`, ...linesBelow(top, '  |--', inventory)].join('\n')}\n`

function linesBelow(name: string, indent: string, inventory: LoadedInventory): readonly string[] {
  const { children = [], hosts = [] } = inventory.structure.get(name) ?? {}
  const inner = `  |${indent}`
  return [
    ...children.flatMap(child => [`${indent}@${child}:`, ...linesBelow(child, inner, inventory)]),
    // The own hosts of `all` appear under `ungrouped` or another group.
    ...(name === 'all' ? [] : hosts.map(host => indent + host)),
  ]
}
