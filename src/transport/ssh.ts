import { hostname, userInfo } from 'node:os'
import type { Duplex } from 'node:stream'
import { LockstepError } from '../errors/error.ts'
import { Slots } from './slots.ts'
import { expandTokens, parseHop, type SshSettings } from './ssh-config.ts'
import { SshConnection } from './ssh-connection.ts'
import { dialCommand, dialTcp, dialThrough } from './ssh-dial.ts'
import { hostKeyCheck } from './ssh-host-key.ts'
import { type Link, openLink } from './ssh-link.ts'
import { prepareLogin } from './ssh-login.ts'
import { type AskSsh, sshQuestions } from './ssh-questions.ts'
import { type Environment, home, jumpWords, sshWords } from './ssh-settings.ts'
import type { HostConnection, Target, Transport } from './transport.ts'

export interface SshTransportOptions {
  /** Handshakes in flight per address; default 8, as sshd starts to drop at 10 (sshd_config(5), MaxStartups). */
  readonly maxHandshakes?: number
  readonly env: Environment
}

const usualMaxHandshakes = 8
/** Where neither the target nor the configuration names a ConnectTimeout. */
const usualLimitS = 10
const maxHops = 8

/** Hosts over ssh: one connection each, settings as `ssh` itself would have them. */
export function sshTransport({ maxHandshakes = usualMaxHandshakes, env }: SshTransportOptions): Transport {
  const { ask, foresee } = sshQuestions(env)
  const slots = new Map<string, Slots>()
  const slotsOf = (address: string) => {
    const found = slots.get(address) ?? new Slots(maxHandshakes)
    slots.set(address, found)
    return found
  }

  return {
    foresee: targets => {
      for (const target of targets) foresee(sshWords(target))
    },
    async connect(target, { signal }) {
      const route = await routeTo(target, await ask(sshWords(target)), ask)
      const links: Link[] = []
      try {
        for (const hop of route) links.push(await openHop(hop, links.at(-1), signal))
        return (await connection(target.name, links)).as(target.become)
      } catch (error) {
        for (const link of links.toReversed()) await link.close()
        throw error
      }
    },
  }

  async function openHop(hop: Hop, via: Link | undefined, signal: AbortSignal): Promise<Link> {
    const { name, settings, password } = hop
    const { hostName, port, user } = settings
    const tokens = tokensOf(settings, hop.alias)
    const limitMs = (settings.connectTimeoutS || usualLimitS) * 1000
    const dial = (stop: AbortSignal): Promise<Duplex> => {
      if (via !== undefined) return dialThrough(via, name, hostName, port, stop)
      if (settings.proxyCommand === undefined) return dialTcp(name, hostName, port, stop)
      return dialCommand(name, expandTokens(settings.proxyCommand, tokens), env)
    }
    return openLink({
      name,
      where: `${hostName} port ${port}`,
      user,
      dial,
      hostKey: await hostKeyCheck(
        name,
        settings,
        settings.knownHostsFiles.map(file => expandTokens(file, tokens)),
      ),
      login: await prepareLogin(name, settings, tokens, env, password),
      limitMs,
      slots: slotsOf(`${hostName} ${port}`),
      signal: via === undefined ? signal : AbortSignal.any([signal, via.lost]),
    })
  }
}

/** One of the servers on the way, the last of which is the host itself. */
interface Hop {
  readonly name: string
  /** As it was asked for, before HostName took its place. */
  readonly alias: string
  readonly settings: SshSettings
  readonly password: string | undefined
}

async function routeTo(target: Target, settings: SshSettings, ask: AskSsh): Promise<readonly Hop[]> {
  const jumps = await jumpsOf(target, settings, ask, 0)
  return [...jumps, { name: target.name, alias: target.address, settings, password: target.password }]
}

/** The jump hosts in front of a server. The first of several may have jump hosts of its own (ssh_config(5)). */
async function jumpsOf(
  target: Target,
  { proxyJump }: SshSettings,
  ask: AskSsh,
  depth: number,
): Promise<readonly Hop[]> {
  if (depth > maxHops) throw new LockstepError('SSH_CONFIG', `the jump hosts of ${target.name} lead in a circle`)
  const hops = await Promise.all(
    proxyJump.map(async text => {
      const hop = parseHop(text)
      const settings = await ask(jumpWords(target, hop))
      return { name: `jump host ${hop.host}`, alias: hop.host, settings, password: undefined }
    }),
  )
  const [first] = hops
  return first === undefined ? [] : [...(await jumpsOf(target, first.settings, ask, depth + 1)), ...hops]
}

async function connection(name: string, links: readonly Link[]): Promise<HostConnection> {
  const link = links.at(-1) as Link // a route always holds the host itself
  const jumps = links.slice(0, -1)
  const connection = new SshConnection(name, link, jumps)
  if (jumps.length > 0) await turnOffDelay(link)
  return connection
}

/**
 * Behind a jump host the far sshd delays small packets by 40 ms each; it turns Nagle's algorithm off for a connection
 * on which a terminal was ever asked for.
 */
function turnOffDelay({ client, lost }: Link): Promise<void> {
  return new Promise((resolve, reject) => {
    lost.addEventListener('abort', () => reject(lost.reason), { once: true })
    client.exec('true', { pty: true }, (error, channel) => {
      // A server that gives no terminals is slower, not broken.
      if (error !== undefined) return resolve()
      channel.resume()
      channel.stderr.resume()
      channel.on('close', resolve)
    })
  })
}

/** ssh_config(5), TOKENS. */
function tokensOf(settings: SshSettings, alias: string): Readonly<Record<string, string>> {
  const { uid, username } = userInfo()
  return {
    d: home(),
    h: settings.hostName,
    i: String(uid),
    k: settings.hostKeyAlias ?? alias,
    L: hostname().split('.')[0] ?? '',
    l: hostname(),
    n: alias,
    p: String(settings.port),
    r: settings.user,
    u: username,
  }
}
