import { worseProblem } from '../book/peer-clock.ts'
import { type Card, isLead, leadOf, type PeerGroup, type Verdict } from '../book/peer-group.ts'
import type { PeerMessage } from '../book/peer-messages.ts'
import { type Reason, reason } from '../book/reasons.ts'
import { type Micros, type Moment, micros } from '../units/micros.ts'
import type { Log } from './log.ts'
import { type CheckOptions, type PeerCheck, peerCheck } from './peer-check.ts'
import { keepDialling } from './peer-dialer.ts'
import type { PeerLink } from './peer-link.ts'
import { type GroupLinks, groupLinks } from './peer-links.ts'
import type { ListenerLimits, Opened, PeerListener } from './peer-listener.ts'

/** A group with what its links need. */
export interface DoorGroup extends PeerGroup {
  readonly key: Buffer
  /** Where each member listens for peers, by endpoint. */
  readonly links: Readonly<Record<string, { readonly address: string; readonly port: number }>>
}

export interface LiveOptions {
  readonly limits: ListenerLimits
  readonly log: Log
  readonly epoch: number
  readonly listener: PeerListener
  utc(): Moment
  /** What we claim of our clock now; undefined: nothing. */
  error(): Micros | undefined
  /** A member says that it is over after GO: cancelled, missed or failed. */
  over(gid: string, peer: string, why: Reason): void
}

/** Who hears what comes besides the check. */
export interface Trader {
  up(peer: string): void
  heard(peer: string, message: PeerMessage): Promise<void>
}

export interface Early {
  readonly peer: string
  readonly message: PeerMessage
}

/** One group while its links are wanted. */
export interface LiveGroup {
  readonly group: DoorGroup
  readonly links: GroupLinks
  /** Listens or dials. */
  open(): Promise<void>
  take(link: PeerLink): Promise<void>
  check(): Promise<Verdict>
  /** Of messages that the check has no use for. */
  trader: Trader | undefined
  /** Offers of results that came before anybody traded here. */
  readonly early: Map<string, Early>
  tell(why: Reason): void
  close(): Promise<void>
}

export function liveGroup(group: DoorGroup, options: LiveOptions): LiveGroup {
  const { gid } = group.agreement
  const { log, utc } = options
  const lead = leadOf(group)
  const stopped = new AbortController()
  let check: PeerCheck | undefined
  let verdict: Verdict | undefined
  let opened: Opened | undefined
  let dialling: Promise<void> | undefined

  const links = groupLinks({
    up: peer => {
      log('info', 'peer up', { gid, peer })
      check?.tell({ event: 'up', peer, at: utc() })
      live.trader?.up(peer)
    },
    heard: async (peer, message) => {
      // When it came: nothing else is done before.
      const at = utc()
      if (isTrade(message)) await (live.trader?.heard(peer, message) ?? keepEarly(live, peer, message))
      else if (isFarewell(message) && verdict === 'go') options.over(gid, peer, message.reason)
      else check?.tell({ event: 'heard', peer, message, at })
    },
    down: (peer, error) => {
      check?.tell({ event: 'down', peer, at: utc() })
      log('info', 'peer down', { gid, peer, ...(error ? { message: error.message } : {}) })
    },
  })
  const dial = () =>
    keepDialling({
      ...{ gid, key: group.key, self: group.self, lead, limits: options.limits, signal: stopped.signal },
      to: group.links[lead] ?? { address: '', port: 0 },
      use: links.take,
      none: () => check?.tell({ event: 'none' }),
      failed: error => log('info', 'peer not reached', { gid, peer: lead, message: error.message }),
    })
  const live: LiveGroup = {
    ...{ group, links, trader: undefined, early: new Map(), take: links.take },
    open: async () => {
      if (isLead(group)) opened ??= await options.listener.open(group.links[group.self]?.port ?? 0)
      else dialling ??= dial()
    },
    check: async () => {
      const say: CheckOptions['say'] = ({ to, message }) => void links.send(to, message)
      check = peerCheck({ group, own: cardNow(group, options), utc, say })
      const problem = ownProblem(group, options.error())
      if (problem !== undefined) check.tell({ event: 'refuse', reason: problem, at: utc() })
      for (const peer of Object.keys(group.agreement.members))
        if (links.isUp(peer)) check.tell({ event: 'up', peer, at: utc() })
      verdict = await check.verdict
      return verdict
    },
    tell: why => {
      check?.tell({ event: 'refuse', reason: why, at: utc() })
      if (verdict !== 'go') return
      for (const peer of Object.keys(group.agreement.members)) void links.send(peer, { op: 'over', reason: why })
    },
    close: async () => {
      stopped.abort(new Error('the group is over'))
      check?.stop()
      links.close()
      await opened?.close()
      await dialling
    },
  }
  return live
}

/** A clock of which nothing is known claims nothing; the reason that goes with it is its own. */
function cardNow({ self, agreement, digest }: PeerGroup, { epoch, error }: LiveOptions): Card {
  return { rid: agreement.members[self]?.rid ?? '', epoch, digest, error: error() ?? micros(0) }
}

function ownProblem({ self, errors, guard }: PeerGroup, error: Micros | undefined): Reason | undefined {
  if (error === undefined) return reason('CLOCK_UNSYNC', { peer: self })
  return worseProblem({ endpoint: self, error }, errors[self] ?? micros(0), guard)
}

const tradeOps = ['offer', 'want', 'piece', 'copied', 'have', 'without'] as const
const isTrade = ({ op }: PeerMessage) => tradeOps.some(each => each === op)

const isFarewell = (message: PeerMessage) => message.op === 'over' || message.op === 'no'

/** One per member and whoever speaks for it: the last counts. */
async function keepEarly({ early, group }: LiveGroup, peer: string, message: PeerMessage): Promise<void> {
  if ((message.op === 'offer' || message.op === 'without') && message.of in group.agreement.members)
    early.set(`${peer} ${message.of}`, { peer, message })
}
