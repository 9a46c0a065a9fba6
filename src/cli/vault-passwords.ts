import { basename, extname, resolve } from 'node:path'
import { LockstepError, type Place } from '../errors/error.ts'
import type { Settings } from '../inventory/settings.ts'
import type { VaultPassword } from '../inventory/vault.ts'
import { askSecrets } from './ask-secret.ts'
import { filesBelow } from './inventory-files.ts'
import type { Io } from './io.ts'
import { readUtf8 } from './read-text.ts'
import { endingOf, runProgram } from './run-program.ts'

/** What a command line says about passwords of Ansible Vault. */
export interface VaultOptions {
  readonly vaultId?: readonly string[]
  readonly vaultPasswordFile?: readonly string[]
  readonly askVaultPass?: true
}

/** Where one password comes from. */
interface Origin {
  readonly id: string | undefined
  /** Undefined: the user is asked. */
  readonly file: string | undefined
  /** In words, for errors: `--vault-id lab@x`, or the place in ansible.cfg. */
  readonly said: string
  readonly at?: Place
}

/** A program may ask the user something, who has to find the answer first. */
const limitMs = 120_000

/**
 * Every password, in the order in which Ansible tries them: ansible.cfg's list of ids, `--vault-id`,
 * `--vault-password-file`, ansible.cfg's file, the question of `--ask-vault-pass`.
 */
export async function vaultPasswords(
  options: VaultOptions,
  settings: Settings,
  io: Io,
): Promise<readonly VaultPassword[]> {
  const origins = originsOf(options, settings)
  const asked = [...new Set(origins.flatMap(({ id, file }) => (file === undefined ? [id] : [])))]
  const answers = asked.length === 0 ? [] : await askSecrets(asked.map(questionFor), io)
  const passwords: VaultPassword[] = []
  for (const { id, file, said, at } of origins) {
    const password = file === undefined ? answers[asked.indexOf(id)] : await passwordIn(file, id, { said, at }, io)
    passwords.push({ id, password: password ?? '' })
  }
  return passwords
}

/** Whether a question will be asked, for which stdin has to be free. */
export const asksForPasswords = (options: VaultOptions, settings: Settings): boolean =>
  originsOf(options, settings).some(({ file }) => file === undefined)

function originsOf({ vaultId = [], vaultPasswordFile = [], askVaultPass }: VaultOptions, settings: Settings): Origin[] {
  const configured = settings.vaultPasswordFile
  return [
    ...settings.vaultIds.map(({ text, at }) => originIn(text, 'vault_identity_list', at)),
    ...vaultId.map(text => originIn(text, '--vault-id')),
    ...vaultPasswordFile.map(text => originIn(text, '--vault-password-file')),
    ...(configured === undefined ? [] : [originIn(configured.text, 'vault_password_file', configured.at)]),
    ...(askVaultPass ? [{ id: undefined, file: undefined, said: '--ask-vault-pass' }] : []),
  ]
}

/** `ID@FILE`, `ID@prompt`, or without an id. */
function originIn(text: string, option: string, at?: Place): Origin {
  const [, id, source = text] = /^([^@/]+)@(.+)$/.exec(text) ?? []
  const asks = option !== '--vault-password-file' && ['prompt', 'prompt_ask_vault_pass'].includes(source)
  return { id, file: asks ? undefined : source, said: `${option} ${text}`, ...(at === undefined ? {} : { at }) }
}

const questionFor = (id: string | undefined) => (id === undefined ? 'Vault password: ' : `Vault password (${id}): `)

async function passwordIn(
  written: string,
  id: string | undefined,
  { said, at }: { said: string; at: Place | undefined },
  io: Io,
): Promise<string> {
  const file = resolve(io.cwd, written.replace(/^~(?=\/)/, io.env['HOME'] ?? '~'))
  const runs = filesBelow(io.cwd).isExecutable(file)
  try {
    const password = runs ? await printedBy(file, id, io) : readUtf8(file, io.cwd).trim()
    if (password !== '') return password
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    const message = `${said}: ${error.message.replace(file, written)}`
    throw new LockstepError(error.code, message, { at, hint: error.hint, cause: error.cause })
  }
  throw new LockstepError('USAGE_VALUE', `${said}: ${runs ? 'the program printed nothing' : 'the file is empty'}`, {
    at,
  })
}

/** As Ansible runs it; one that is called `…-client` learns which vault id is meant. */
async function printedBy(file: string, id: string | undefined, io: Io): Promise<string> {
  const isClient = basename(file, extname(file)).endsWith('-client')
  const end = await runProgram([file, ...(isClient && id !== undefined ? ['--vault-id', id] : [])], io, {
    limitMs,
    asks: true,
  })
  // Its stdout may hold a secret and its stderr was passed on: neither is quoted.
  if (end.code !== 0) throw new LockstepError('USAGE_FILE', `no password from ${file}: ${endingOf(end)}`)
  return end.stdout.replace(/^[\r\n]+|[\r\n]+$/g, '')
}
