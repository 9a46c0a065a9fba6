import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { LockstepError } from '../errors/error.ts'
import { deadline, orAborted, pause } from '../transport/deadline.ts'
import { peerOver } from './peer.ts'
import { greetLead, type PeerLink } from './peer-link.ts'
import type { ListenerLimits } from './peer-listener.ts'

export interface Dialling {
  readonly gid: string
  readonly key: Buffer
  readonly self: string
  readonly lead: string
  readonly to: { readonly address: string; readonly port: number }
  readonly limits: ListenerLimits
  readonly signal: AbortSignal
  /** A link that is up; until it resolves no other is made. */
  use(link: PeerLink): Promise<void>
  /** The lead has no such reservation. */
  none(): void
  /** Once per reason, not per attempt. */
  failed(error: Error): void
}

/** Members are confirmed at about the same moment, and the start may be near: at first it is tried again soon. */
export const firstRetryMs = 10
export const retryMs = 200

/** Keeps a member's link to its lead up, until `signal`. */
export async function keepDialling(dialling: Dialling): Promise<void> {
  const { signal, use, none, failed } = dialling
  let last: string | undefined
  let waitMs = firstRetryMs
  while (!signal.aborted) {
    try {
      const link = await dial(dialling)
      if ('held' in link) {
        if (!link.held) none()
      } else {
        last = undefined
        waitMs = firstRetryMs
        await use(link)
      }
    } catch (error) {
      const { message } = error as Error
      if (!signal.aborted && message !== last) failed(error as Error)
      last = message
    }
    await pause(waitMs, signal).catch(() => undefined)
    waitMs = Math.min(retryMs, 2 * waitMs)
  }
}

async function dial({ gid, key, self, lead, to, limits, signal }: Dialling): Promise<PeerLink | { held: boolean }> {
  const late = () => new LockstepError('WIRE_DEADLINE', `${lead} did not show its key within ${limits.greetMs} ms`)
  const limit = deadline(limits.greetMs, late, signal)
  const socket = connect({ host: to.address, port: to.port, noDelay: true })
  try {
    await orAborted(once(socket, 'connect'), limit.signal)
    const peer = peerOver(socket, limits)
    const asking = { gid, key, self, lead, nonce: randomBytes(32).toString('hex') }
    const answer = await orAborted(greetLead(peer, asking), limit.signal)
    if ('held' in answer) peer.close()
    return answer
  } catch (error) {
    socket.on('error', () => undefined)
    socket.destroy()
    throw error
  } finally {
    limit.done()
  }
}
