import { setMaxListeners } from 'node:events'
import type { Duplex } from 'node:stream'
import ssh2, { type Client } from 'ssh2'
import { LockstepError } from '../errors/error.ts'
import { deadline, orAborted, pause } from './deadline.ts'
import type { Slots } from './slots.ts'
import type { HostKeyCheck } from './ssh-host-key.ts'
import type { Login } from './ssh-login.ts'

/** A silent peer is given up after the fourth of these: 5 s. ssh2 tries three times before. */
const keepaliveMs = 1_250
const keepaliveCountMax = 3

/** One ssh connection, logged in. */
export interface Link {
  readonly client: Client
  /** Who we are there. */
  readonly user: string
  /** Aborted with a LockstepError when the connection ends without our doing. */
  readonly lost: AbortSignal
  /** How long the host may take to open a channel. */
  readonly limitMs: number
  close(): Promise<void>
}

/** Everything that one handshake needs. */
export interface Dialling {
  /** The name that people see. */
  readonly name: string
  /** `ADDRESS port PORT`, for messages. */
  readonly where: string
  readonly user: string
  /** A fresh byte stream to the ssh port; asked again for each try. */
  readonly dial: (signal: AbortSignal) => Promise<Duplex>
  readonly hostKey: HostKeyCheck
  readonly login: Login
  /** Deadline of one handshake. */
  readonly limitMs: number
  /** Handshakes in flight towards this address. */
  readonly slots: Slots
  readonly signal: AbortSignal
}

/**
 * Connects and logs in. A server that drops connections before the handshake (sshd_config(5), MaxStartups) is asked
 * again after a random pause, for three times the limit in all.
 */
export async function openLink(dialling: Dialling): Promise<Link> {
  const giveUpAt = performance.now() + 3 * dialling.limitMs
  for (let tries = 1; ; tries++) {
    const release = await dialling.slots.take(dialling.signal)
    try {
      return await handshake(dialling)
    } catch (error) {
      if (!(error instanceof Dropped)) throw error
      if (performance.now() > giveUpAt) throw droppedTooOften(dialling, tries)
    } finally {
      release()
    }
    await pause(50 + Math.random() * Math.min(100 * tries, 1_000), dialling.signal)
  }
}

/** The server closed before it had said who it is; worth another try. */
class Dropped extends Error {}

async function handshake(dialling: Dialling): Promise<Link> {
  const { where, name, limitMs, login } = dialling
  let sock: Duplex | undefined
  const late = () =>
    sock === undefined
      ? new LockstepError('SSH_TIMEOUT', `${name} (${where}) did not answer within ${limitMs / 1000} s`, {
          hint: 'is the host up, its address right, and does a firewall drop ssh?',
        })
      : new LockstepError(
          'SSH_TIMEOUT',
          `${name} (${where}) did not finish the ssh handshake within ${limitMs / 1000} s`,
        )
  const limit = deadline(limitMs, late, dialling.signal)
  const client = new ssh2.Client()
  try {
    sock = await dialling.dial(limit.signal)
    await orAborted(ready(client, sock, dialling), limit.signal)
    await dialling.hostKey.keep()
    client.setNoDelay(true)
    return linkOver(client, sock, dialling)
  } catch (error) {
    client.on('error', ignoreAfterFailure)
    client.destroy()
    sock?.destroy()
    throw error
  } finally {
    limit.done()
  }

  function ready(client: Client, sock: Duplex, { hostKey, user }: Dialling): Promise<void> {
    let refusal: LockstepError | undefined
    let handshaken = false
    let offered: readonly string[] = []
    const left = [...login.methods]
    return new Promise((resolve, reject) => {
      client.on('handshake', () => (handshaken = true))
      client.on('ready', resolve)
      client.on('error', (error: Error & { level?: string; code?: unknown }) => {
        // An agent that does not answer is not the end: the next way of logging in is tried.
        if (error.level === 'agent') return
        if (refusal !== undefined) return reject(refusal)
        if (error.level === 'client-authentication' || /too many authentication/i.test(error.message))
          return reject(login.refused(offered))
        const dropped =
          /lost before handshake/.test(error.message) || error.code === 'ECONNRESET' || error.code === 'EPIPE'
        reject(dropped && !handshaken ? new Dropped(error.message) : brokeOff(dialling, error))
      })
      client.on('close', () => reject(refusal ?? (handshaken ? login.refused(offered) : new Dropped('closed'))))
      client.connect({
        sock,
        username: user,
        // Deadlines are ours: ssh2's own would start before the server can answer.
        readyTimeout: 0,
        keepaliveInterval: keepaliveMs,
        keepaliveCountMax,
        algorithms: { serverHostKey: hostKey.algorithms },
        hostVerifier: (blob: Buffer) => {
          refusal = hostKey.judge(blob)
          return refusal === undefined
        },
        authHandler: (methodsLeft, _partial, next) => {
          offered = methodsLeft ?? offered
          const fits = (type: string) => offered.length === 0 || offered.includes(type === 'agent' ? 'publickey' : type)
          let method = left.shift()
          while (method !== undefined && !fits(method.type)) method = left.shift()
          next(method ?? (false as never))
        },
      })
    })
  }
}

function linkOver(client: Client, sock: Duplex, { name, user, limitMs }: Dialling): Link {
  const lost = new AbortController()
  setMaxListeners(0, lost.signal) // every command in flight listens
  let closing = false
  let reason = 'the host closed the connection'
  client.on('error', (error: Error & { level?: string }) => {
    const silent = error.level === 'client-timeout'
    reason = silent ? `it has not answered for ${(keepaliveMs * (keepaliveCountMax + 1)) / 1000} s` : error.message
  })
  const closed = new Promise<void>(resolve => {
    client.on('close', () => {
      resolve()
      if (!closing) lost.abort(new LockstepError('SSH_LOST', `the connection to ${name} broke off: ${reason}`))
    })
  })
  return {
    client,
    user,
    lost: lost.signal,
    limitMs,
    async close() {
      closing = true
      client.end()
      // A dead link never confirms; one second is enough for a live one.
      const timer = setTimeout(() => sock.destroy(), 1_000)
      await closed
      clearTimeout(timer)
    },
  }
}

function brokeOff({ name, where }: Dialling, error: Error): LockstepError {
  const algorithms = /no matching|handshake failed/i.test(error.message)
  return new LockstepError('SSH_HANDSHAKE', `no ssh handshake with ${name} (${where}): ${lowerFirst(error.message)}`, {
    hint: algorithms
      ? 'the server offers only algorithms that lockstep does not speak (post-quantum key exchange, certificates): allow curve25519-sha256 and ssh-ed25519 there'
      : undefined,
    cause: error,
  })
}

const droppedTooOften = ({ name, where }: Dialling, tries: number) =>
  new LockstepError('SSH_HANDSHAKE', `${name} (${where}) closed ${tries} connections before the handshake`, {
    hint: 'too many logins at once (MaxStartups in sshd_config), or no ssh server listens on this port',
  })

const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1)

/** The failure is already reported; what the dying client says after it adds nothing. */
const ignoreAfterFailure = () => undefined
