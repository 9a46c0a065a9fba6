import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { LockstepError } from '../errors/error.ts'
import { orAborted } from './deadline.ts'
import { gathered } from './gathered.ts'
import type { Link } from './ssh-link.ts'
import type { Environment } from './ssh-settings.ts'

/** A TCP connection without Nagle's delay. */
export async function dialTcp(name: string, host: string, port: number, signal: AbortSignal): Promise<Socket> {
  const socket = connect({ host, port, noDelay: true })
  try {
    await orAborted(once(socket, 'connect'), signal)
    return gathered(socket)
  } catch (error) {
    socket.on('error', () => undefined) // destroyed below: nothing more to learn from it
    socket.destroy()
    throw error instanceof LockstepError ? error : unreachable(name, host, port, error as NodeJS.ErrnoException)
  }
}

/** The byte stream of a ProxyCommand: a process of ours, ended together with the stream. */
export async function dialCommand(name: string, command: string, env: Environment): Promise<Duplex> {
  const child = spawn('/bin/sh', ['-c', `exec ${command}`], {
    env: env as NodeJS.ProcessEnv,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  try {
    await once(child, 'spawn')
  } catch (cause) {
    throw new LockstepError('SSH_UNREACHABLE', `the ProxyCommand of ${name} cannot be started: ${command}`, { cause })
  }
  const stream = Duplex.from({ readable: child.stdout, writable: child.stdin })
  stream.once('close', () => child.kill())
  child.once('exit', () => stream.destroy())
  return stream
}

/** A byte stream to `port` of `host` as seen from the far end of `link`. */
export function dialThrough(
  link: Link,
  name: string,
  host: string,
  port: number,
  signal: AbortSignal,
): Promise<Duplex> {
  const opening = new Promise<Duplex>((resolve, reject) => {
    link.client.forwardOut('127.0.0.1', 0, host, port, (error, stream) => {
      if (error === undefined) return resolve(stream)
      reject(
        new LockstepError(
          'SSH_UNREACHABLE',
          `the jump host does not reach ${name} (${host} port ${port}): ${error.message}`,
          {
            cause: error,
          },
        ),
      )
    })
  })
  return orAborted(opening, AbortSignal.any([signal, link.lost]))
}

const hints: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there: is sshd running, and on this port?',
  ENOTFOUND: 'no such name in DNS, /etc/hosts or the ssh configuration',
  EAI_AGAIN: 'the name server does not answer',
  EHOSTUNREACH: 'is the host up and its network connected?',
  ENETUNREACH: 'this machine has no route to that network',
  ETIMEDOUT: 'is the host up, and does a firewall drop ssh?',
}

function unreachable(name: string, host: string, port: number, error: NodeJS.ErrnoException): LockstepError {
  // With several addresses Node reports one error around all of them.
  const first = error instanceof AggregateError ? (error.errors[0] as NodeJS.ErrnoException) : error
  return new LockstepError('SSH_UNREACHABLE', `${name} (${host} port ${port}) cannot be reached: ${first.message}`, {
    hint: hints[first.code ?? ''],
    cause: error,
  })
}
