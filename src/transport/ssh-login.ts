import { readFile } from 'node:fs/promises'
import ssh2, { type AnyAuthMethod, type BaseAgent, type KnownPublicKeys, type ParsedKey } from 'ssh2'
import { LockstepError } from '../errors/error.ts'
import { readOnce } from './read-once.ts'
import { expandTokens, type SshSettings } from './ssh-config.ts'
import type { Environment } from './ssh-settings.ts'

// ssh2 is CommonJS whose names Node cannot see.
const { utils, createAgent } = ssh2

/** The ways to log in to one host, in the order in which they are tried, and the words for when none is taken. */
export interface Login {
  readonly methods: readonly AnyAuthMethod[]
  /** `offered`: what the server would have taken, as it said last. */
  refused(offered: readonly string[]): LockstepError
}

interface KeyFile {
  readonly path: string
  readonly key?: ParsedKey
  /** Why the file gives no key; undefined together with `key` when there is no such file. */
  readonly trouble?: string
  readonly encrypted?: boolean
}

/** Default identity files of ssh(1): they may be missing without a word. */
const defaultKeyFile = /^~\/\.ssh\/id_\w+$/

/**
 * Key files that the user named come first, then the agent, then the default key files, then the password. Without
 * IdentitiesOnly the agent offers all it has, as ssh does.
 */
export async function prepareLogin(
  name: string,
  settings: SshSettings,
  tokens: Readonly<Record<string, string>>,
  env: Environment,
  password: string | undefined,
): Promise<Login> {
  const username = settings.user
  const files = settings.pubkeyAuthentication ? settings.identityFiles : []
  const read = await Promise.all(files.map(file => readKeyFile(expandTokens(file, tokens), file)))
  const named = read.filter((_, i) => !defaultKeyFile.test(files[i] ?? ''))
  const usual = read.filter(file => !named.includes(file))
  const agent = settings.pubkeyAuthentication ? agentOf(settings, tokens, env) : undefined
  const keys = (list: readonly KeyFile[]): AnyAuthMethod[] =>
    list.flatMap(({ key }) => (key === undefined ? [] : [{ type: 'publickey', username, key }]))
  const publicKeys = settings.identitiesOnly ? await publicKeysOf(read) : undefined
  const methods: AnyAuthMethod[] = [
    { type: 'none', username },
    ...keys(named),
    ...(agent === undefined ? [] : [{ type: 'agent' as const, username, agent: limitedTo(agent.agent, publicKeys) }]),
    ...keys(usual),
    ...(password === undefined ? [] : withPassword(username, password)),
  ]
  return {
    methods,
    refused: offered => refusal(name, username, { read, agent: agent?.socket, password, offered }),
  }
}

function withPassword(username: string, password: string): AnyAuthMethod[] {
  return [
    { type: 'password', username, password },
    {
      type: 'keyboard-interactive',
      username,
      prompt: (_name, _instructions, _lang, prompts, finish) => finish(prompts.map(() => password)),
    },
  ]
}

const keyIn = readOnce((octets): ParsedKey | Error => utils.parseKey(octets))

async function readKeyFile(path: string, written: string): Promise<KeyFile> {
  let key: ParsedKey | Error
  try {
    key = await keyIn(path)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return code === 'ENOENT' && defaultKeyFile.test(written) ? { path } : { path, trouble: message }
  }
  if (!(key instanceof Error)) return key.isPrivateKey() ? { path, key } : { path, trouble: 'holds a public key only' }
  const encrypted = /passphrase|encrypted/i.test(key.message)
  return { path, encrypted, trouble: encrypted ? 'is encrypted' : key.message }
}

/** The agent that the settings name (ssh_config(5), IdentityAgent), or the environment's. */
function agentOf(settings: SshSettings, tokens: Readonly<Record<string, string>>, env: Environment) {
  const said = settings.identityAgent ?? 'SSH_AUTH_SOCK'
  if (said === 'none') return undefined
  const variable =
    said === 'SSH_AUTH_SOCK' ? said : said.startsWith('$') ? said.replace(/^\$\{?(\w+)\}?$/, '$1') : undefined
  const socket = variable === undefined ? expandTokens(said, tokens) : env[variable]
  return socket ? { socket, agent: createAgent(socket) } : undefined
}

/** The public halves of the key files: out of the key itself, or from the `.pub` beside one that cannot be read. */
async function publicKeysOf(files: readonly KeyFile[]): Promise<readonly Buffer[]> {
  const found = await Promise.all(
    files.map(async ({ path, key }) => {
      if (key !== undefined) return key.getPublicSSH()
      const text = await readFile(`${path.replace(/\.pub$/, '')}.pub`).catch(() => undefined)
      const parsed = text === undefined ? undefined : utils.parseKey(text)
      return parsed === undefined || parsed instanceof Error ? undefined : parsed.getPublicSSH()
    }),
  )
  return found.filter(blob => blob !== undefined)
}

/** With IdentitiesOnly the agent signs only for keys whose files are named. */
function limitedTo(agent: BaseAgent, publicKeys: readonly Buffer[] | undefined): BaseAgent {
  if (publicKeys === undefined) return agent
  const limited = Object.create(agent) as BaseAgent
  limited.getIdentities = answer =>
    agent.getIdentities((error, keys) =>
      answer(
        error,
        keys?.filter(key => isOneOf(key, publicKeys)),
      ),
    )
  return limited
}

/** ssh2's agents hand out parsed keys; its types allow for more. */
function isOneOf(key: KnownPublicKeys[number], publicKeys: readonly Buffer[]): boolean {
  if (typeof key === 'object' && 'pubKey' in key)
    return isOneOf('pubKey' in key.pubKey ? key.pubKey.pubKey : key.pubKey, publicKeys)
  const parsed = typeof key === 'string' || Buffer.isBuffer(key) ? utils.parseKey(key) : key
  return !(parsed instanceof Error) && publicKeys.some(blob => blob.equals(parsed.getPublicSSH()))
}

function refusal(
  name: string,
  user: string,
  tried: {
    read: readonly KeyFile[]
    agent: string | undefined
    password: string | undefined
    offered: readonly string[]
  },
): LockstepError {
  const usable = tried.read.filter(file => file.key !== undefined)
  const ways = [
    ...usable.map(file => file.path),
    ...(tried.agent === undefined ? [] : ['the keys of the agent']),
    ...(tried.password === undefined ? [] : ['the password']),
  ]
  const troubles = tried.read.filter(file => file.trouble !== undefined).map(file => `${file.path}: ${file.trouble}`)
  const encrypted = tried.read.find(file => file.encrypted)
  const offered = tried.offered.length === 0 ? '' : `; it takes ${tried.offered.join(', ')}`
  const hint =
    encrypted !== undefined
      ? `a key with a passphrase is used through the agent: ${tried.agent === undefined ? 'start one (eval "$(ssh-agent)"), then ' : ''}ssh-add ${encrypted.path}`
      : `put a public key of yours into the host's authorized_keys: ssh-copy-id ${user}@HOST`
  return new LockstepError(
    'SSH_LOGIN',
    [
      `${name} lets nobody in as ${user} with ${ways.join(', ') || 'no key and no password at hand'}${offered}`,
      ...troubles,
    ].join('; '),
    { hint },
  )
}
