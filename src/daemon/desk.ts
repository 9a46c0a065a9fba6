import { ledgerOfIdentity } from '../book/book.ts'
import { type Entry, isLive } from '../book/entry.ts'
import { classOf, isDenied } from '../book/judge.ts'
import { ledgerOrder } from '../book/ledger.ts'
import type { Rules } from '../book/limits.ts'
import { type Reason, reason } from '../book/reasons.ts'
import { valuesFrom } from '../book/tree.ts'
import { parseNet } from '../units/net.ts'
import { type Answered, answerMessage } from '../wire/book-answers.ts'
import { type BookRequest, isUnread, readRequest } from '../wire/book-messages.ts'
import type { WireAsker } from '../wire/book-shapes.ts'
import type { BookStore } from './book-store.ts'
import type { EndpointClock } from './endpoint-clock.ts'
import type { Log } from './log.ts'
import type { Pause, PauseFile } from './pause-file.ts'
import type { Peer } from './peer.ts'
import { isRefused, type Office, replyTo } from './replies.ts'
import type { Results } from './results.ts'
import type { Transitions } from './transitions.ts'
import { refusal, viewOf } from './views.ts'

/** Everybody who is connected: one session for each, for one identity, until its connection ends. */
export interface Desk {
  serve(peer: Peer): Promise<void>
  changed(entry: Entry): void
  /** Its owner's connection went with an earlier daemon. */
  orphaned(entry: Entry): void
  /** Whether no new reservations are taken; undefined: they are. */
  readonly pause: Pause | undefined
  /** Somebody is connected. */
  readonly isBusy: boolean
}

export interface DeskSettings {
  readonly endpoint: string
  readonly store: BookStore
  readonly transitions: Transitions
  readonly clock: EndpointClock
  readonly results: Results
  /** Of the other members of groups. */
  readonly copies: Results
  /** Where peers reach us. */
  readonly peerPort: number
  readonly log: Log
  /** As it was left. */
  readonly pausedBefore: Pause | undefined
  readonly keepPause: PauseFile['keep']
  readonly rules: () => Rules
  readonly addressesOf: (device: string) => readonly string[]
  /** Reads the limits file anew; throws when it cannot be used. */
  readonly reload: () => Promise<void>
  /** How long a group of a lost connection waits for its owner. */
  readonly graceMs: number
}

export interface Session {
  readonly asker: WireAsker
  readonly peer: Peer
  /** What was held over this connection: it ends with it. */
  readonly holds: Set<string>
  /** Groups that were confirmed over it, or taken up again. */
  readonly groups: Set<string>
  watching: 'nothing' | 'own' | ReadonlySet<string>
}

export function desk(settings: DeskSettings): Desk {
  const { store, transitions, log, rules } = settings
  const sessions = new Set<Session>()
  let pause = settings.pausedBefore
  const office: Office = {
    ...settings,
    get pause() {
      if (pause?.until !== undefined && settings.clock.now().utc >= pause.until) pause = undefined
      return pause
    },
    setPause: async next => {
      await settings.keepPause(next)
      pause = next
    },
    ownOf: identity => [...valuesFrom(ledgerOrder, ledgerOfIdentity(store.book, identity))].filter(isLive),
  }

  const serve = async (peer: Peer) => {
    let session: Session | undefined
    try {
      for await (const message of peer.messages) {
        const read = readRequest(message)
        if (isUnread(read)) await peer.send(answerMessage(refusal(read.id, reason(read.code, read.data))))
        else if (session === undefined) session = await greet(peer, read)
        else await answer(session, read)
      }
    } finally {
      if (session !== undefined) leave(session)
    }
  }

  const greet = async (peer: Peer, request: BookRequest): Promise<Session | undefined> => {
    const refused =
      request.op === 'hello' ? strangerFault(request.as) : reason('BAD_REQUEST', { field: 'op', why: 'is not hello' })
    if (request.op !== 'hello' || refused !== undefined) {
      if (refused !== undefined) await peer.send(answerMessage(refusal(request.id, refused)))
      return undefined
    }
    const session: Session = { asker: request.as, peer, holds: new Set(), groups: new Set(), watching: 'nothing' }
    sessions.add(session)
    const { identity, fingerprint, address } = request.as
    log('info', 'session', { identity, fingerprint, address })
    await answer(session, request)
    return session
  }

  /** The broker says who it is; in which class that is, the limits file here says. */
  const strangerFault = ({ identity, address, class: said, local }: WireAsker): Reason | undefined => {
    if (local === true) return undefined
    const own = classOf(rules(), { identity, address: address === undefined ? undefined : parseNet(address) })
    if (own === undefined || isDenied(rules(), own))
      return reason('CLASS_DENIED', own === undefined ? {} : { class: own.name })
    return said === undefined || said === own.name ? undefined : reason('CLASS_DENIED', { class: own.name, said })
  }

  const answer = async (session: Session, request: BookRequest) => {
    const reply = await replyTo(request, session, office)
    const { identity } = session.asker
    if (isRefused(reply)) {
      log('notice', 'refused', { identity, op: request.op, code: reply.code, limit: reply.data['limit'] })
      return session.peer.send(answerMessage(refusal(request.id, reply)))
    }
    const answered: Answered = { id: request.id, ok: true, ...reply }
    return session.peer.send(answerMessage(answered))
  }

  const leave = (session: Session) => {
    sessions.delete(session)
    const { asker, holds, groups } = session
    for (const rid of holds)
      void transitions.ask({ op: 'release', id: `gone-${rid}`.slice(0, 64), rid, identity: asker.identity })
    for (const gid of groups) abandonLater(gid, asker.identity)
  }
  const abandonLater = (gid: string, identity: string) =>
    void setTimeout(() => abandon(gid, identity), settings.graceMs).unref()
  /** Nobody has come back for it. */
  const abandon = (gid: string, identity: string) => {
    if ([...sessions].some(({ groups, asker }) => groups.has(gid) && asker.identity === identity)) return
    for (const { rid } of office.ownOf(identity).filter(each => each.gid === gid && each.onDisconnect === 'cancel'))
      void transitions.ask({ op: 'cancel', id: `lost-${rid}`.slice(0, 64), rid, identity, admin: false })
  }

  const changed = (entry: Entry) => {
    for (const { peer, watching, asker } of sessions) {
      if (entry.identity !== asker.identity || watching === 'nothing') continue
      if (watching !== 'own' && !watching.has(entry.rid)) continue
      // One that does not read is closed by its deadline, and answers are waited for elsewhere.
      peer.send(answerMessage({ event: 'changed', reservation: viewOf(entry) })).catch(() => undefined)
    }
  }

  return {
    serve,
    changed,
    orphaned: ({ gid, identity, onDisconnect }) => {
      if (onDisconnect === 'cancel') abandonLater(gid, identity)
    },
    get pause() {
      return office.pause
    },
    get isBusy() {
      return sessions.size > 0
    },
  }
}
