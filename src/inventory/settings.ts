import { isAbsolute, join } from 'node:path'
import { type ConfigFile, type ConfigValue, valueIn } from './config-file.ts'
import type { InventoryVariable } from './inventory.ts'

/** What ansible.cfg and the variables ANSIBLE_… of the environment say about inventories and connections. */
export interface Settings {
  /** Inventory sources for a command line that names none. */
  readonly sources: readonly ConfigValue[]
  /** Connection variables below all others, by name. */
  readonly defaults: ReadonlyMap<string, InventoryVariable>
  /** `ID@FILE`, `ID@prompt`, or a file. */
  readonly vaultIds: readonly ConfigValue[]
  readonly vaultPasswordFile: ConfigValue | undefined
}

export interface SettingsGround {
  readonly config: ConfigFile
  /** Where relative paths in the file start. */
  readonly configDir: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
}

interface Row {
  /** `SECTION.KEY` of ansible.cfg; of several the last that is set counts, and so with `env`. */
  readonly ini: readonly string[]
  readonly env: readonly string[]
  readonly isPath?: true
}

const inventory: Row = { ini: ['defaults.inventory'], env: ['ANSIBLE_INVENTORY'] }
const vaultIds: Row = { ini: ['defaults.vault_identity_list'], env: ['ANSIBLE_VAULT_IDENTITY_LIST'] }
const vaultPasswordFile: Row = {
  ini: ['defaults.vault_password_file'],
  env: ['ANSIBLE_VAULT_PASSWORD_FILE'],
  isPath: true,
}

/** By the connection variable that a setting stands in for, when nothing sets it. */
const connection: Readonly<Record<string, Row>> = {
  ansible_user: { ini: ['defaults.remote_user'], env: ['ANSIBLE_REMOTE_USER'] },
  ansible_port: { ini: ['defaults.remote_port'], env: ['ANSIBLE_REMOTE_PORT'] },
  ansible_private_key_file: {
    ini: ['defaults.private_key_file'],
    env: ['ANSIBLE_PRIVATE_KEY_FILE'],
    isPath: true,
  },
  ansible_host_key_checking: {
    ini: ['defaults.host_key_checking', 'ssh_connection.host_key_checking'],
    env: ['ANSIBLE_HOST_KEY_CHECKING', 'ANSIBLE_SSH_HOST_KEY_CHECKING'],
  },
  ansible_timeout: {
    ini: ['defaults.timeout', 'ssh_connection.timeout'],
    env: ['ANSIBLE_TIMEOUT', 'ANSIBLE_SSH_TIMEOUT'],
  },
  ansible_ssh_args: { ini: ['ssh_connection.ssh_args'], env: ['ANSIBLE_SSH_ARGS'] },
  ansible_ssh_common_args: { ini: ['ssh_connection.ssh_common_args'], env: ['ANSIBLE_SSH_COMMON_ARGS'] },
  ansible_ssh_extra_args: { ini: ['ssh_connection.ssh_extra_args'], env: ['ANSIBLE_SSH_EXTRA_ARGS'] },
  ansible_become: { ini: ['privilege_escalation.become'], env: ['ANSIBLE_BECOME'] },
  ansible_become_user: { ini: ['privilege_escalation.become_user'], env: ['ANSIBLE_BECOME_USER'] },
  ansible_become_method: { ini: ['privilege_escalation.become_method'], env: ['ANSIBLE_BECOME_METHOD'] },
}

/** Values as Ansible settles them: the environment wins over the file. An empty value is none, also over a set one. */
export function readSettings(ground: SettingsGround): Settings {
  const defaults = Object.entries(connection).flatMap(([name, row]) => {
    const found = settingOf(row, ground)
    // Text as it stands: no template, no number.
    return found === undefined ? [] : [[name, { value: found.text, at: found.at, unsafe: true }] as const]
  })
  return {
    sources: partsOf(inventory, ground).map(part => ({ ...part, text: pathOf(part, ground) })),
    defaults: new Map(defaults),
    vaultIds: partsOf(vaultIds, ground).map(part => ({ ...part, text: unquoted(part.text) })),
    vaultPasswordFile: settingOf(vaultPasswordFile, ground),
  }
}

/** A value, and whether it is the file's. */
interface Found extends ConfigValue {
  readonly fromFile: boolean
}

function settingOf(row: Row, ground: SettingsGround): Found | undefined {
  const found = rawSetting(row, ground)
  if (found === undefined || found.text === '') return undefined
  return { ...found, text: row.isPath ? pathOf(found, ground) : unquoted(found.text) }
}

function rawSetting({ ini, env }: Row, ground: SettingsGround): Found | undefined {
  const inEnvironment = env.flatMap(name => {
    const text = ground.env[name]
    return text === undefined ? [] : [{ text, at: { file: `$${name}`, line: 1, column: 1 }, fromFile: false }]
  })
  const inFile = ini.flatMap(path => {
    const [section = '', key = ''] = path.split('.')
    const value = valueIn(ground.config, section, key)
    return value === undefined ? [] : [{ ...value, fromFile: true }]
  })
  return inEnvironment.at(-1) ?? inFile.at(-1)
}

function partsOf(row: Row, ground: SettingsGround): readonly Found[] {
  const found = rawSetting(row, ground)
  if (found === undefined) return []
  const { text, at } = found
  let offset = 0
  return text.split(',').flatMap(part => {
    const column = at.column + offset + part.search(/\S/)
    offset += part.length + 1
    // On a line below the first the column would be a guess.
    const place = text.includes('\n') ? at : { ...at, column }
    return part.trim() === '' ? [] : [{ ...found, text: part.trim(), at: place }]
  })
}

/** One pair of quotes around the whole, as Ansible takes it off. */
const unquoted = (text: string) => /^(["'])(.*(?<!\\))\1$/s.exec(text)?.[2] ?? text

/** `~`, `$NAME` and `{{CWD}}` are filled in; the file's relative paths start where it lies, others in `cwd`. */
function pathOf({ text, fromFile }: Found, { configDir, env, cwd }: SettingsGround): string {
  const filled = text
    .replaceAll('{{CWD}}', cwd)
    .replaceAll(/\$(?:(\w+)|\{(\w+)\})/g, (whole, bare?: string, braced?: string) => env[bare ?? braced ?? ''] ?? whole)
    .replace(/^~(?=\/|$)/, env['HOME'] ?? '~')
  return fromFile && !isAbsolute(filled) ? join(configDir, filled) : filled
}
