import type { Command } from 'commander'
import { LockstepError } from '../errors/error.ts'
import type { InventoryVariable } from '../inventory/inventory.ts'
import { askSecrets } from './ask-secret.ts'
import { isStdin } from './inventory-inputs.ts'
import type { Io } from './io.ts'
import { readUtf8 } from './read-text.ts'

/** Whom to become on the hosts, by Ansible's options. A password is never the value of an option. */
export interface BecomeOptions {
  readonly become?: true
  readonly becomeUser?: string
  readonly askBecomePass?: true
  readonly becomePasswordFile?: string
}

export const becomeOptions = (command: Command): Command =>
  command
    .option('-b, --become', 'do everything on the hosts as another user, by sudo')
    .option('--become-user <user>', 'whom to become; default root')
    .option('-K, --ask-become-pass', 'ask for the password of sudo')
    .option('--become-password-file <file>', 'holds the password of sudo')

type Defaults = ReadonlyMap<string, InventoryVariable>

/** The connection variables that the options stand for: what inventories and playbooks say wins, as in Ansible. */
export async function becomeDefaults(options: BecomeOptions, inventory: readonly string[], io: Io): Promise<Defaults> {
  const { become, becomeUser, askBecomePass, becomePasswordFile } = options
  if (askBecomePass && becomePasswordFile !== undefined)
    throw new LockstepError('USAGE_COMMAND', '-K and --become-password-file are two ways to give one password')
  const password = askBecomePass
    ? await askedPassword(inventory, io)
    : becomePasswordFile === undefined
      ? undefined
      : passwordIn(becomePasswordFile, io)
  return new Map([
    ...said('ansible_become', become && 'true', '-b'),
    ...said('ansible_become_user', becomeUser, '--become-user'),
    ...said('ansible_become_password', password, askBecomePass ? '-K' : '--become-password-file', { secret: true }),
  ])
}

/** Text as it stands: no template. */
const said = (name: string, value: string | undefined, option: string, more: { readonly secret?: true } = {}) =>
  value === undefined
    ? []
    : [[name, { value, at: { file: option, line: 1, column: 1 }, unsafe: true, ...more } as const] as const]

async function askedPassword(inventory: readonly string[], io: Io): Promise<string | undefined> {
  if (inventory.some(source => source === '-' || isStdin(source)))
    throw new LockstepError('USAGE_COMMAND', 'stdin cannot be both an inventory and the answer to a question', {
      hint: 'give the password in a file: --become-password-file FILE',
    })
  const [password] = await askSecrets(['sudo password: '], io)
  return password
}

function passwordIn(file: string, io: Io): string {
  const password = readUtf8(file, io.cwd).replace(/\r?\n$/, '')
  if (password !== '') return password
  throw new LockstepError('USAGE_VALUE', `--become-password-file ${file}: the file is empty`)
}
