import { isLead, leadOf, othersOf, type PeerGroup } from './peer-group.ts'
import type { Offer } from './peer-offer.ts'

/** By endpoint: what came of each other member's results; undefined: nothing. */
export type Traded = Readonly<Record<string, Offer | undefined>>

/** Who has whose results. Every member trades with the lead, the lead with everybody. */
export interface TradeLedger {
  /** Those that we trade with ourselves. */
  readonly partners: readonly string[]
  /** Whole, or as whole as they will be; undefined: there are none. The first word counts. */
  settle(of: string, offer: Offer | undefined): void
  isSettled(of: string): boolean
  offerOf(of: string): Offer | undefined
  /** What a partner is to get from us and does not have yet. */
  owed(peer: string): readonly string[]
  /** A partner has it, or will never have it. */
  serve(peer: string, of: string): void
  /** A member speaks for itself; the lead for everybody but us. */
  maySpeakFor(peer: string, of: string): boolean
  isDone(): boolean
  traded(): Traded
}

export function tradeLedger(group: PeerGroup, own: Offer): TradeLedger {
  const leads = isLead(group)
  const others = othersOf(group)
  const partners = leads ? others : [leadOf(group)]
  const settled = new Map<string, Offer | undefined>([[group.self, own]])
  const served = new Map(partners.map(peer => [peer, new Set<string>()]))
  const owed = (peer: string) =>
    [...settled.keys()].filter(of => of !== peer && (leads || of === group.self) && served.get(peer)?.has(of) !== true)
  return {
    partners,
    settle: (of, offer) => {
      if (!settled.has(of)) settled.set(of, offer)
    },
    isSettled: of => settled.has(of),
    offerOf: of => settled.get(of),
    owed,
    serve: (peer, of) => void served.get(peer)?.add(of),
    maySpeakFor: (peer, of) => others.includes(of) && partners.includes(peer) && (!leads || of === peer),
    isDone: () => others.every(of => settled.has(of)) && partners.every(peer => owed(peer).length === 0),
    traded: () => Object.fromEntries(others.map(of => [of, settled.get(of)])),
  }
}
