import type { Duplex } from 'node:stream'
import type { ClientChannel } from 'ssh2'
import { LockstepError } from '../errors/error.ts'
import { type Door, viewAs } from './become.ts'
import { deadline, orAborted, pause } from './deadline.ts'
import { execMarked } from './marked.ts'
import { quoteArgv } from './quote.ts'
import { Slots } from './slots.ts'
import type { Link } from './ssh-link.ts'
import type { Become, ExecOptions, ExecResult, HostConnection, RemoteProcess } from './transport.ts'

/** sshd's default MaxSessions is 10; a channel beyond it is refused. Forwards do not count. */
const sessionChannels = 8
const openTries = 8
export class SshConnection implements Door {
  readonly name: string
  readonly user: string
  readonly lost: AbortSignal
  readonly #link: Link
  /** The hops in front of it, nearest first; closed after the link. */
  readonly #jumps: readonly Link[]
  readonly #slots = new Slots(sessionChannels)

  constructor(name: string, link: Link, jumps: readonly Link[]) {
    this.name = name
    this.user = link.user
    this.lost = link.lost
    this.#link = link
    this.#jumps = jumps
  }

  as(become: Become | undefined): HostConnection {
    return viewAs(this, become)
  }

  exec(argv: readonly string[], options: ExecOptions): Promise<ExecResult> {
    return execMarked(this, argv, options)
  }

  async spawn(argv: readonly string[], signal?: AbortSignal): Promise<RemoteProcess> {
    const { limitMs } = this.#link
    const limit = deadline(
      limitMs,
      () => new LockstepError('SSH_CHANNEL', `${this.name} opened no channel within ${limitMs / 1000} s`),
      signal,
    )
    return this.open(argv, limit.signal).finally(limit.done)
  }

  async forward(port: number, host = '127.0.0.1'): Promise<Duplex> {
    const { client, limitMs } = this.#link
    const late = () =>
      new LockstepError('SSH_FORWARD', `port ${port} of ${this.name} was not reached within ${limitMs / 1000} s`)
    const limit = deadline(limitMs, late, this.lost)
    const opening = new Promise<Duplex>((resolve, reject) => {
      client.forwardOut('127.0.0.1', 0, host, port, (error, stream) =>
        error === undefined ? resolve(stream) : reject(forwardRefused(this.name, host, port, error)),
      )
    })
    return await orAborted(opening, limit.signal).finally(limit.done)
  }

  async close(): Promise<void> {
    await this.#link.close()
    for (const jump of this.#jumps.toReversed()) await jump.close()
  }

  async open(argv: readonly string[], signal: AbortSignal): Promise<RemoteProcess> {
    const either = AbortSignal.any([signal, this.lost])
    const release = await this.#slots.take(either)
    for (let tries = 1; ; tries++) {
      const opening = this.#request(argv, release)
      try {
        return await orAborted(opening, either)
      } catch (error) {
        if (either.aborted) {
          // A channel that opens after we have given up is closed at once, and only then is its place free.
          opening.then(command => command.close(), release)
          throw either.reason
        }
        if (tries === openTries) {
          release()
          throw channelRefused(this.name, error as Error)
        }
      }
      // sshd counts a session that has just ended until its next turn: the place is free, it only does not know yet.
      await pause(10 * tries, either).catch(reason => {
        release()
        throw reason
      })
    }
  }

  #request(argv: readonly string[], release: () => void): Promise<RemoteProcess> {
    // Listened to in the very callback: a quick command's exit status may come with the next bytes of the same read.
    return new Promise((resolve, reject) => {
      this.#link.client.exec(`exec ${quoteArgv(argv)}`, (error, channel) =>
        error === undefined ? resolve(commandOver(channel, this.name, this.lost, release)) : reject(error),
      )
    })
  }
}

function commandOver(channel: ClientChannel, name: string, lost: AbortSignal, release: () => void): RemoteProcess {
  let outcome: { code: number | undefined; signal: string | undefined } | undefined
  const exit = new Promise<NonNullable<typeof outcome>>(resolve => {
    channel.on('exit', (code: number | null, signal?: string) => {
      outcome = { code: code ?? undefined, signal: signal ?? undefined }
      resolve(outcome)
    })
  })
  const ended = new Promise<NonNullable<typeof outcome>>((resolve, reject) => {
    const gone = () => reject(lost.reason)
    lost.addEventListener('abort', gone, { once: true })
    channel.on('close', () => {
      release()
      lost.removeEventListener('abort', gone)
      if (outcome !== undefined) return resolve(outcome)
      // No exit status is no result. When the link itself died its own reason follows within this turn or the next.
      setImmediate(() => reject(lost.reason ?? withoutStatus(name)))
    })
  })
  // Writing to a channel that the other side has closed; its close says the rest.
  channel.on('error', () => undefined)
  const exited = Promise.race([exit, ended])
  for (const each of [ended, exited]) each.catch(() => undefined) // heard by whoever awaits it; nobody has to
  return {
    stdin: channel,
    stdout: channel,
    stderr: channel.stderr,
    exited,
    ended,
    close() {
      channel.close()
      channel.resume()
      channel.stderr.resume()
    },
  }
}

const withoutStatus = (name: string) =>
  new LockstepError('SSH_LOST', `a command on ${name} ended without an exit status: its channel was closed`)

const channelRefused = (name: string, error: Error) =>
  new LockstepError('SSH_CHANNEL', `${name} opens no further channel: ${error.message}`, {
    hint: 'lockstep needs 8 sessions on its connection: see MaxSessions in sshd_config(5) of the host',
    cause: error,
  })

function forwardRefused(name: string, host: string, port: number, error: Error & { reason?: unknown }): LockstepError {
  const forbidden = /prohibited/i.test(`${error.message} ${error.reason}`)
  return new LockstepError('SSH_FORWARD', `no connection to ${host} port ${port} on ${name}: ${error.message}`, {
    hint: forbidden ? 'allow it: AllowTcpForwarding in sshd_config(5) of the host' : undefined,
    cause: error,
  })
}
