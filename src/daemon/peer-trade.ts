import { othersOf } from '../book/peer-group.ts'
import { type Traded, tradeLedger } from '../book/peer-ledger.ts'
import type { PeerMessage } from '../book/peer-messages.ts'
import { isFair, type Offer, withMissing } from '../book/peer-offer.ts'
import type { LiveGroup, Trader } from './live-group.ts'
import type { Log } from './log.ts'
import { giveFiles } from './peer-give.ts'
import { type CopyStore, type Intake, intakeOf } from './peer-intake.ts'

export interface TradeOptions {
  readonly store: CopyStore
  /** How long others are waited for. */
  readonly ttlMs: number
  /** Octets of one member's files that come along. */
  readonly most: number
  readonly log: Log
}

/** Of the time: then who has not come is given up, and the rest is for telling the others. */
const waitingPart = 0.8

/**
 * Every member's results to every other one, by way of the lead. Whoever is not there is waited for until the time is over; a link
 * that breaks begins its copies anew, without the files that are whole.
 */
export async function trade(live: LiveGroup, own: Offer, options: TradeOptions): Promise<Traded> {
  const { ttlMs } = options
  const { trader, ledger, complete, end } = tradingIn(live, own, options)
  const giveUp = () => {
    for (const of of othersOf(live.group)) trader.settle(of, undefined)
    for (const peer of ledger.partners)
      if (!live.links.isUp(peer)) for (const of of ledger.owed(peer)) trader.served(peer, of)
  }
  const timers = [setTimeout(giveUp, ttlMs * waitingPart), setTimeout(end, ttlMs)]
  live.trader = trader
  for (const peer of ledger.partners) if (live.links.isUp(peer)) trader.up(peer)
  for (const [name, { peer, message }] of live.early) {
    live.early.delete(name)
    await trader.heard(peer, message)
  }
  await complete
  for (const timer of timers) clearTimeout(timer)
  await trader.stop()
  return ledger.traded()
}

interface Trading extends Trader {
  settle(of: string, offer: Offer | undefined): void
  served(peer: string, of: string): void
  /** Nothing more is taken in; others are still given what they want. */
  stop(): Promise<void>
}

interface Receiving {
  readonly from: string
  readonly offer: Offer
  readonly intake: Intake
}

function tradingIn(live: LiveGroup, own: Offer, { store, most, log }: TradeOptions) {
  const { gid } = live.group.agreement
  const ledger = tradeLedger(live.group, own)
  const receiving = new Map<string, Receiving>()
  const kept = new Map(othersOf(live.group).map(of => [of, new Set<string>()]))
  /** On the link that is up: once is enough, and again would begin anew. */
  const offered = new Map<string, Set<string>>()
  /** What was begun on an old link must not go on in the middle of a new one. */
  const linkNumber = new Map<string, number>()
  const { promise: complete, resolve: end } = promised()
  let stopped = false
  const say = (peer: string, message: PeerMessage) => live.links.send(peer, message)
  const refused = (of: string) => (error: Error) => log.failure('copy refused', error, { gid, peer: of })

  const served = (peer: string, of: string) => {
    ledger.serve(peer, of)
    if (ledger.isDone()) end()
  }
  const offerTo = (peer: string) => {
    for (const of of ledger.owed(peer)) {
      if (offered.get(peer)?.has(of) !== false) continue
      offered.get(peer)?.add(of)
      const offer = ledger.offerOf(of)
      void say(peer, offer ?? { op: 'without', of })
      // There is nothing to wait for.
      if (offer === undefined) served(peer, of)
    }
  }
  const settle = (of: string, offer: Offer | undefined) => {
    if (ledger.isSettled(of)) return
    ledger.settle(of, offer)
    ledger.partners.forEach(offerTo)
    if (ledger.isDone()) end()
  }
  const take = async (from: string, offer: Offer) => {
    const { of } = offer
    if (stopped || ledger.isSettled(of)) return void say(from, { op: 'have', of })
    if (!isFair(offer, most)) {
      log('warning', 'copy refused', { gid, peer: of, message: 'it is more than was agreed' })
      void say(from, { op: 'have', of })
      return settle(of, undefined)
    }
    await receiving.get(of)?.intake.abort()
    receiving.set(of, { from, offer, intake: intakeOf(offer, store, kept.get(of) ?? new Set(), refused(of)) })
    void say(from, { op: 'want', of })
  }
  const finish = async ({ from, offer, intake }: Receiving) => {
    const { of } = offer
    await intake.end()
    receiving.delete(of)
    void say(from, { op: 'have', of })
    settle(of, withMissing(offer, kept.get(of) ?? new Set()))
  }
  const give = (peer: string, of: string) => {
    const offer = ledger.offerOf(of)
    const number = linkNumber.get(peer)
    if (offer === undefined || !ledger.owed(peer).includes(of)) return
    // Not waited for: whoever writes must go on reading, or two that write to each other stand still.
    void giveFiles(offer, store, async message => linkNumber.get(peer) === number && say(peer, message), refused(of))
  }
  const heard = async (peer: string, message: PeerMessage) => {
    if (message.op === 'want') return give(peer, message.of)
    if (message.op === 'have') return served(peer, message.of)
    if (!('of' in message) || !ledger.maySpeakFor(peer, message.of)) return
    if (message.op === 'offer') return take(peer, message)
    if (message.op === 'without') return settle(message.of, undefined)
    const found = receiving.get(message.of)
    if (found?.from !== peer) return
    if (message.op === 'piece') await found.intake.take(message.name, Buffer.from(message.data, 'base64'))
    else await finish(found)
  }
  const up = (peer: string) => {
    linkNumber.set(peer, (linkNumber.get(peer) ?? 0) + 1)
    offered.set(peer, new Set())
    offerTo(peer)
  }
  const stop = async () => {
    stopped = true
    for (const { intake } of receiving.values()) await intake.abort()
    receiving.clear()
  }
  const trader: Trading = { up, heard, settle, served, stop }
  return { trader, ledger, complete, end }
}

function promised(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined
  const promise = new Promise<void>(settled => {
    resolve = settled
  })
  return { promise, resolve }
}
