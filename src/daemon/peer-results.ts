import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { othersOf, type PeerGroup } from '../book/peer-group.ts'
import type { Traded } from '../book/peer-ledger.ts'
import { mostFiles } from '../book/peer-messages.ts'
import { comingAlong, type Offer } from '../book/peer-offer.ts'
import { encodeMessage } from '../wire/json-lines.ts'
import type { LiveGroup } from './live-group.ts'
import type { CopyStore } from './peer-intake.ts'
import { type TradeOptions, trade } from './peer-trade.ts'
import { readPlain } from './result-files.ts'
import type { Facts, Results } from './results.ts'

export interface TradedResults extends Omit<TradeOptions, 'store'> {
  readonly rid: string
  /** With a sealed result of ours; without one we have nothing to give. */
  readonly own: Results
  /** Of the peers: a folder per reservation of ours, sealed when the trade is over. */
  readonly copies: Results
  /** Where `copies` are. */
  readonly copiesRoot: string
}

/** What the manifest of the copies says of a member: its own facts, and its files with the names that they have here. */
export type PeerNote =
  | { readonly code: 'PEER_RESULT_MISSING' }
  | { readonly facts: Facts; readonly files: readonly (Offer['files'][number] & { readonly as?: string })[] }

export type PeerNotes = Readonly<Record<string, PeerNote>>

/** Trades the results of a reservation. A trade that was broken off by the end of a daemon is made anew. */
export async function tradeResults(live: LiveGroup, options: TradedResults): Promise<PeerNotes> {
  const { rid, copies, copiesRoot } = options
  const known = await copies.manifest(rid)
  if (known !== undefined) return known.facts['peers'] as PeerNotes // written below
  await rm(join(copiesRoot, rid), { recursive: true, force: true })
  const folder = await copies.begin(rid)
  const own = await offerOf(live.group.self, options)
  const traded = await trade(live, own, { ...options, store: storeIn(live.group, folder, options) })
  const peers = notesOf(live.group, traded)
  await copies.seal(rid, { peers })
  return peers
}

const longestFacts = 65_536

async function offerOf(of: string, { own, rid, most }: TradedResults): Promise<Offer> {
  const { facts = {}, files = [] } = (await own.manifest(rid)) ?? {}
  const along = comingAlong(files, most).slice(0, mostFiles)
  return { op: 'offer', of, facts: isShort(facts) ? facts : { tooLong: true }, files: along }
}

function isShort(facts: Facts): boolean {
  try {
    encodeMessage(facts, longestFacts)
    return true
  } catch {
    return false
  }
}

const storeIn = (group: PeerGroup, folder: string, { own, copies, rid }: TradedResults): CopyStore => ({
  put: (of, name, chunks) => copies.put(rid, copyName(group, of, name), chunks),
  read: (of, name) => (of === group.self ? own.read(rid, name) : readPlain(join(folder, copyName(group, of, name)))),
})

/** By the member's place in the group: names of endpoints may have what names of files may not. */
const copyName = (group: PeerGroup, of: string, name: string) => `peer-${othersOf(group).indexOf(of) + 1}.${name}`

const notesOf = (group: PeerGroup, traded: Traded): PeerNotes =>
  Object.fromEntries(Object.entries(traded).map(([of, offer]) => [of, noteOf(group, of, offer)]))

function noteOf(group: PeerGroup, of: string, offer: Offer | undefined): PeerNote {
  if (offer === undefined) return { code: 'PEER_RESULT_MISSING' }
  const files = offer.files.map(file => (file.copy === 'here' ? { ...file, as: copyName(group, of, file.name) } : file))
  return { facts: offer.facts, files }
}
