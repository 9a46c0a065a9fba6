import type { Entry } from '../book/entry.ts'
import { usualTradeMax } from '../book/peer-offer.ts'
import { type Reason, reason } from '../book/reasons.ts'
import { isFinal } from '../book/states.ts'
import { usualGuard } from '../book/window.ts'
import { longest, type Micros, micros } from '../units/micros.ts'
import { detailsOf } from './details.ts'
import type { DoorGroup } from './live-group.ts'
import { type AgentOptions, peerAgent, usualPeerLimits } from './peer-agent.ts'
import { tradeResults } from './peer-results.ts'
import type { Peers } from './peers.ts'
import type { Results } from './results.ts'

export interface PeerDoorOptions extends Pick<AgentOptions, 'epoch' | 'error' | 'host' | 'log' | 'utc'> {
  /** The book as it is now. */
  entries(): Iterable<Entry>
  readonly results: Results
  readonly copies: Results
  readonly copiesRoot: string
  /** A peer has ended a reservation of ours that was armed or runs. */
  over(rid: string, why: Reason): void
  readonly ttlMs?: number
  readonly limits?: AgentOptions['limits']
}

export interface PeerDoor extends Peers {
  close(): Promise<void>
}

const tradeTtlMs = 30_000

/** The peer agent for the entries of a book. */
export function peerDoor(options: PeerDoorOptions): PeerDoor {
  const { log, entries, over, results, copies, copiesRoot, ttlMs = tradeTtlMs, limits = usualPeerLimits } = options
  // A negotiation has an entry for each of its attempts, of which one is not over.
  const ofGroup = (gid: string) => [...entries()].find(entry => entry.gid === gid && !isFinal(entry.state))
  const agent = peerAgent({
    ...options,
    limits,
    // Or just confirmed: it is live as soon as that is on disk.
    isHeld: gid => ['held', 'confirmed'].includes(ofGroup(gid)?.state ?? ''),
    over: (gid, peer, { code, data }) => {
      const entry = ofGroup(gid)
      if (entry !== undefined) over(entry.rid, reason(code, { peer, ...data }))
    },
  })
  return {
    check: async entry => {
      if (isAlone(entry)) return 'go'
      const group = groupIn(entry)
      if (group === undefined)
        return { abort: reason('PEER_UNREACHABLE', { why: 'it was confirmed without key or links' }) }
      const verdict = await agent.check(group)
      return verdict === 'go' ? 'go' : { abort: verdict }
    },
    trade: async entry => {
      const group = groupIn(entry)
      if (group === undefined || isAlone(entry)) return
      const live = await agent.live(group)
      const { rid, gid } = entry
      const notes = await tradeResults(live, { rid, own: results, copies, copiesRoot, ttlMs, most: usualTradeMax, log })
      for (const [peer, note] of Object.entries(notes))
        if ('code' in note) log('warning', 'peer result missing', { rid, gid, peer, code: note.code })
      await agent.leave(gid)
    },
    tell: entry => {
      if (!isAlone(entry)) agent.tell(entry.gid, entry.reason ?? reason('CANCELLED'))
    },
    leave: entry => void agent.leave(entry.gid),
    close: agent.close,
  }
}

const isAlone = (entry: Entry): boolean => Object.keys(detailsOf(entry).group?.members ?? {}).length <= 1

/** Undefined: it was confirmed without what the links need. */
function groupIn(entry: Entry): DoorGroup | undefined {
  const { group, peers } = detailsOf(entry)
  if (group?.key === undefined || group.links === undefined || entry.digest === undefined) return undefined
  const { self, members, maxOffset, links } = group
  const others = peers.map(({ endpoint, clockError }) => [endpoint, clockError ?? micros(0)] as const)
  const own = bookedOf(
    entry,
    others.map(([, error]) => error),
  )
  return {
    self,
    // What is run is in the digest already.
    agreement: { gid: entry.gid, start: entry.start, duration: entry.duration, spec: null, members },
    digest: entry.digest,
    errors: Object.fromEntries([...others, [self, own] as const]),
    gate: maxOffset,
    guard: usualGuard,
    key: Buffer.from(group.key, 'hex'),
    links,
  }
}

/** The margins were made of our own error and the largest of the others. */
const bookedOf = ({ margins }: Entry, others: readonly Micros[]) => micros(margins.clockError - longest(...others))
