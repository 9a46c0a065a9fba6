import type { Command } from 'commander'
import { LockstepError } from '../errors/error.ts'
import type { LoadedInventory } from '../inventory/inventory.ts'
import { loadInventory } from '../inventory/load.ts'
import { several } from './define-command.ts'
import { filesBelow } from './inventory-files.ts'
import type { Io } from './io.ts'

/** What every command takes that reads inventories. */
export interface InventoryOptions {
  readonly inventory?: readonly string[]
}

export const inventoryOption = (command: Command): Command =>
  command.option(
    '-i, --inventory <source>',
    'an inventory: a file, a folder, or names with commas; repeatable',
    several,
  )

/**
 * Reads the sources of a command line; paths start at `io.cwd`. `playbookDir` may have variables of its own. Throws
 * LockstepErrors with everything that is wrong with them. Warnings go to stderr.
 */
export function readInventory(sources: readonly string[], playbookDir: string | undefined, io: Io): LoadedInventory {
  const inventory = loadInventory(sources, { files: filesBelow(io.cwd), playbookDir })
  warn(inventory.warnings, io)
  return inventory
}

/** The sources, of which a command that is about inventories needs at least one. */
export function sourcesOf({ inventory = [] }: InventoryOptions): readonly string[] {
  if (inventory.length > 0) return inventory
  throw new LockstepError('USAGE_COMMAND', 'there is no inventory', { hint: 'name one with -i' })
}

export const warn = (warnings: readonly string[], { stderr }: Io): void => {
  for (const warning of warnings) stderr.write(`warning: ${warning}\n`)
}
