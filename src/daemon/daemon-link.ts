import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { LockstepError } from '../errors/error.ts'
import { deadline, orAborted } from '../transport/deadline.ts'
import { maxLine } from '../wire/json-lines.ts'
import { type Peer, peerOver } from './peer.ts'

const connectMs = 2_000
/** lockstepd answers at once, and says something at every beat that is passed on. */
const limits = { maxLine, helloMs: 10_000, silenceMs: 20_000, writeMs: 10_000 }

export interface DaemonLink extends Peer {
  /** Nothing more will be asked: what it still has to say is heard, and then it is over. */
  finish(): void
  /** Gives it up at once. */
  drop(): void
}

export async function reachDaemon(path: string): Promise<DaemonLink> {
  const socket = connect({ path, allowHalfOpen: true })
  const late = () => new LockstepError('BOOK_SOCKET', `lockstepd does not answer on ${path}`)
  const limit = deadline(connectMs, late)
  try {
    await orAborted(once(socket, 'connect'), limit.signal)
    return linkOver(socket)
  } catch (cause) {
    socket.destroy()
    if (cause instanceof LockstepError) throw cause
    throw new LockstepError('BOOK_SOCKET', `lockstepd is not reached: ${(cause as Error).message}`, { cause })
  } finally {
    limit.done()
  }
}

const linkOver = (socket: Socket): DaemonLink => ({
  ...peerOver(socket, limits),
  finish: () => socket.end(),
  drop: () => socket.destroy(),
})
