import { basename } from 'node:path'
import type { Command } from 'commander'
import { LockstepError } from '../errors/error.ts'
import type { Files } from '../inventory/files.ts'
import type { LoadedInventory } from '../inventory/inventory.ts'
import { loadInventory } from '../inventory/load.ts'
import type { VaultPassword } from '../inventory/vault.ts'
import { several } from './define-command.ts'
import { filesBelow } from './inventory-files.ts'
import type { Io } from './io.ts'
import { readUtf8 } from './read-text.ts'

/** What every command takes that reads inventories. */
export interface InventoryOptions {
  readonly inventory?: readonly string[]
  readonly vaultPasswordFile?: readonly string[]
}

export const inventoryOption = (command: Command): Command =>
  command
    .option('-i, --inventory <source>', 'an inventory: a file, a folder, or names with commas; repeatable', several)
    .option(
      '--vault-password-file <file>',
      'holds a password of Ansible Vault; ID@FILE is tried first for that vault id; repeatable',
      several,
    )

/**
 * Reads the sources of a command line; paths start at `io.cwd`. `playbookDir` may have variables of its own. Throws
 * LockstepErrors with everything that is wrong with them. Warnings go to stderr.
 */
export function readInventory(options: InventoryOptions, playbookDir: string | undefined, io: Io): LoadedInventory {
  const files = filesBelow(io.cwd)
  const passwords = (options.vaultPasswordFile ?? []).map(written => vaultPassword(written, files, io))
  const inventory = loadInventory(sourcesOf(options), { files, playbookDir, passwords })
  warn(inventory.warnings, io)
  return inventory
}

/** The sources, of which a command that is about inventories needs at least one. */
function sourcesOf({ inventory = [] }: InventoryOptions): readonly string[] {
  if (inventory.length > 0) return inventory
  throw new LockstepError('USAGE_COMMAND', 'there is no inventory', { hint: 'name one with -i' })
}

/** As Ansible takes it: the text of a file, without the blanks around it. */
function vaultPassword(written: string, { isExecutable }: Files, { cwd }: Io): VaultPassword {
  const [, id, file = written] = /^([^@/]+)@(.+)$/.exec(written) ?? []
  const password = readUtf8(file, cwd).trim()
  if (password === '') throw new LockstepError('USAGE_VALUE', `--vault-password-file ${written}: the file is empty`)
  if (!isExecutable(file)) return { id, password }
  const hint = `give what it prints: --vault-password-file <(./${basename(file)})`
  throw new LockstepError('USAGE_VALUE', `--vault-password-file ${written}: this is a program`, { hint })
}

export const warn = (warnings: readonly string[], { stderr }: Io): void => {
  for (const warning of warnings) stderr.write(`warning: ${warning}\n`)
}
