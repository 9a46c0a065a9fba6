import { setMaxListeners } from 'node:events'
import type { LockstepError } from '../errors/error.ts'
import { pause } from '../transport/deadline.ts'
import type { ReservationView } from '../wire/book-answers.ts'
import type { BrokerSession } from './broker-session.ts'

/** A conversation that is begun anew when it breaks off: a daemon or a network comes back, and what was booked is ours still. */
export interface LastingSession extends BrokerSession {
  /** Taken up again with the conversation, so that it is not cancelled for want of an owner. */
  keep(gid: string): void
}

export interface LastingOptions {
  readonly open: () => Promise<BrokerSession>
  /** How long it is tried; lockstepd waits for an owner for ten seconds unless it was told otherwise. */
  readonly patienceMs: number
}

const retryMs = 250

export function lastingSession(first: BrokerSession, { open, patienceMs }: LastingOptions): LastingSession {
  const lost = new AbortController()
  setMaxListeners(0, lost.signal) // every booking listens
  const closed = new AbortController()
  const groups = new Set<string>()
  const listeners: ((reservation: ReservationView) => void)[] = []
  let current = first
  let watches = false

  const use = (session: BrokerSession) => {
    current = session
    session.onChange(reservation => {
      for (const listener of listeners) listener(reservation)
    })
    session.lost.addEventListener('abort', () => void again(session.lost.reason), { once: true })
  }
  const again = async (reason: LockstepError) => {
    const since = performance.now()
    while (!closed.signal.aborted && performance.now() - since < patienceMs) {
      const next = await open().catch(() => undefined)
      if (next !== undefined && !closed.signal.aborted) return takeUp(next)
      next?.close()
      await pause(retryMs, closed.signal).catch(() => undefined)
    }
    if (!closed.signal.aborted) lost.abort(reason)
  }
  const takeUp = async (session: BrokerSession) => {
    use(session)
    // One that is over, or was never confirmed there, has no owner to come back.
    for (const gid of groups) await session.ask('attach', { gid }).catch(() => undefined)
    if (watches) await session.ask('watch', {}).catch(() => undefined)
  }
  use(first)
  return {
    host: first.host,
    get welcome() {
      return current.welcome
    },
    ask: (op, fields) => {
      watches ||= op === 'watch'
      return current.ask(op, fields)
    },
    tell: (op, fields) => current.tell(op, fields),
    onChange: listener => listeners.push(listener),
    keep: gid => groups.add(gid),
    lost: lost.signal,
    close: () => {
      closed.abort(new Error('closed'))
      current.close()
    },
  }
}
