import type { Command } from 'commander'
import { LockstepError } from '../errors/error.ts'
import type { LoadedInventory } from '../inventory/inventory.ts'
import { loadInventory } from '../inventory/load.ts'
import type { ProgramOutput } from '../inventory/programs.ts'
import type { Settings } from '../inventory/settings.ts'
import { findSettings } from './ansible-config.ts'
import { several } from './define-command.ts'
import { filesBelow } from './inventory-files.ts'
import { asPath, isStdin, outputsOf, withStdin } from './inventory-inputs.ts'
import type { Io } from './io.ts'
import { asksForPasswords, type VaultOptions, vaultPasswords } from './vault-passwords.ts'

/** What every command takes that reads inventories. */
export interface InventoryOptions extends VaultOptions {
  readonly inventory?: readonly string[]
  readonly runScripts?: true
}

export const inventoryOption = (command: Command): Command =>
  command
    .option(
      '-i, --inventory <source>',
      'an inventory: a file, a folder, names with commas, or - for stdin; repeatable',
      several,
    )
    .option('--run-scripts', 'run inventory scripts and read what they print')
    .option('--vault-id <id@source>', 'a password of Ansible Vault for that id: a file, or prompt; repeatable', several)
    .option(
      '--vault-password-file <file>',
      'holds a password of Ansible Vault, or prints it; ID@FILE is tried first for that vault id; repeatable',
      several,
    )
    .option('--ask-vault-pass', 'ask for the password of Ansible Vault')

/** The inventories of a command line and of ansible.cfg. */
export interface InventoryReader {
  readonly settings: Settings
  /** Undefined when there is no source. `playbookDir` may have variables of its own. Warnings go to stderr. */
  read(playbookDir: string | undefined): LoadedInventory | undefined
}

/**
 * Gets what inventories are read with, once per command: ansible.cfg, passwords, stdin and what scripts print. Paths
 * start at `io.cwd`. Throws LockstepErrors with everything that is wrong.
 */
export async function inventoryReader(options: InventoryOptions, io: Io): Promise<InventoryReader> {
  const settings = findSettings(io)
  warn(settings.warnings, io)
  const sources = (options.inventory ?? settings.sources.map(({ text }) => text)).map(asPath)
  if (sources.length === 0) return { settings, read: () => undefined }
  if (sources.some(isStdin) && asksForPasswords(options, settings))
    throw new LockstepError('USAGE_COMMAND', 'stdin cannot be both an inventory and the answer to a question', {
      hint: 'give the password in a file: --vault-password-file FILE',
    })
  const passwords = await vaultPasswords(options, settings, io)
  const files = await withStdin(sources, filesBelow(io.cwd), io)
  const outputs = options.runScripts ? await outputsOf(sources, files, io) : new Map<string, ProgramOutput>()
  const placeOf = (source: string) =>
    options.inventory === undefined ? settings.sources.find(({ text }) => text === source)?.at : undefined
  const said = new Set<string>()
  return {
    settings,
    read: playbookDir => {
      const inventory = loadInventory(sources, { files, playbookDir, passwords, outputs, placeOf })
      // Several playbooks, one warning.
      warn(
        inventory.warnings.filter(warning => !said.has(warning)),
        io,
      )
      for (const warning of inventory.warnings) said.add(warning)
      return inventory
    },
  }
}

/** For a command that is about inventories, and needs at least one. */
export async function readInventory(
  options: InventoryOptions,
  playbookDir: string | undefined,
  io: Io,
): Promise<LoadedInventory> {
  const inventory = (await inventoryReader(options, io)).read(playbookDir)
  if (inventory !== undefined) return inventory
  throw noInventory()
}

export const noInventory = () =>
  new LockstepError('USAGE_COMMAND', 'there is no inventory', { hint: 'name one with -i, or in ansible.cfg' })

export const warn = (warnings: readonly string[], { stderr }: Io): void => {
  for (const warning of warnings) stderr.write(`warning: ${warning}\n`)
}
