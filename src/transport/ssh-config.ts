/** What ssh itself would do for one host: the answer of `ssh -G`, as far as we follow it. */
export interface SshSettings {
  readonly hostName: string
  readonly port: number
  readonly user: string
  /** Identity files in order, `~` and tokens not yet expanded. */
  readonly identityFiles: readonly string[]
  readonly identitiesOnly: boolean
  /** A socket path, a `$VARIABLE`, `SSH_AUTH_SOCK`, `none`, or undefined for the environment's agent. */
  readonly identityAgent: string | undefined
  readonly knownHostsFiles: readonly string[]
  /** The name that known_hosts has for the host, where it is not `hostName`. */
  readonly hostKeyAlias: string | undefined
  readonly strictHostKeyChecking: 'yes' | 'ask' | 'accept-new' | 'no'
  /** Hops in the order in which they are taken, each `[user@]host[:port]` or an ssh:// URI. */
  readonly proxyJump: readonly string[]
  readonly proxyCommand: string | undefined
  readonly connectTimeoutS: number | undefined
  readonly pubkeyAuthentication: boolean
}

/** Reads `keyword value` lines, keywords in any case; a keyword that may come several times keeps all its values. */
export function parseSshConfig(text: string): SshSettings {
  const values = new Map<string, string[]>()
  for (const line of text.split(/\r?\n/)) {
    const match = /^\s*(\S+)\s+(.*?)\s*$/.exec(line)
    if (match === null) continue
    const [, keyword = '', value = ''] = match
    values.set(keyword.toLowerCase(), [...(values.get(keyword.toLowerCase()) ?? []), value])
  }
  const one = (keyword: string) => unlessNone(values.get(keyword)?.[0])
  const files = (keyword: string) => (one(keyword) ?? '').split(/\s+/).filter(file => file !== '')
  return {
    hostName: one('hostname') ?? '',
    port: Number(one('port') ?? 22),
    user: one('user') ?? '',
    identityFiles: (values.get('identityfile') ?? []).map(unquoted).filter(file => file !== 'none'),
    identitiesOnly: one('identitiesonly') === 'yes',
    // `none` means something here: no agent, not even the environment's.
    identityAgent: values.get('identityagent')?.[0],
    knownHostsFiles: [...files('userknownhostsfile'), ...files('globalknownhostsfile')].map(unquoted),
    hostKeyAlias: one('hostkeyalias'),
    strictHostKeyChecking: strictness(one('stricthostkeychecking')),
    proxyJump: (one('proxyjump') ?? '').split(',').filter(hop => hop !== ''),
    proxyCommand: one('proxycommand'),
    connectTimeoutS: one('connecttimeout') === undefined ? undefined : Number(one('connecttimeout')),
    pubkeyAuthentication: !['no', 'false'].includes(one('pubkeyauthentication') ?? 'yes'),
  }
}

/** `[user@]host[:port]`, `[user@][address]:port` or `ssh://…`, as ProxyJump takes it; a part not given is undefined. */
export function parseHop(text: string): { user?: string; host: string; port?: number } {
  const bare = text.replace(/^ssh:\/\//, '').replace(/\/$/, '')
  const at = bare.lastIndexOf('@')
  const match = /^(?:\[([^\]]+)\]|([^:]+|.*:.*:.*?))(?::(\d+))?$/.exec(bare.slice(at + 1))
  const host = match?.[1] ?? match?.[2] ?? bare.slice(at + 1)
  return {
    ...(at > 0 ? { user: bare.slice(0, at) } : {}),
    host,
    ...(match?.[3] === undefined ? {} : { port: Number(match[3]) }),
  }
}

/** Replaces `%h`, `%p`, … (ssh_config(5), TOKENS) and a leading `~`; a token without a value here stays as it is. */
export function expandTokens(text: string, tokens: Readonly<Record<string, string>>): string {
  const replaced = text.replaceAll(/%(.)/g, (whole, token: string) => (token === '%' ? '%' : (tokens[token] ?? whole)))
  return replaced === '~' || replaced.startsWith('~/') ? `${tokens['d'] ?? '~'}${replaced.slice(1)}` : replaced
}

const unlessNone = (value: string | undefined) => (value === undefined || value === 'none' ? undefined : value)
const unquoted = (value: string) => value.replace(/^"(.*)"$/, '$1')

function strictness(value: string | undefined): SshSettings['strictHostKeyChecking'] {
  if (value === 'yes' || value === 'true') return 'yes'
  if (value === 'no' || value === 'false' || value === 'off') return 'no'
  return value === 'accept-new' ? 'accept-new' : 'ask'
}
