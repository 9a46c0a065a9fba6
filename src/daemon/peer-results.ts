import { join } from 'node:path'
import { othersOf } from '../book/peer-group.ts'
import { mostFiles } from '../book/peer-messages.ts'
import { comingAlong, type Offer } from '../book/peer-offer.ts'
import { encodeMessage } from '../wire/json-lines.ts'
import type { DoorGroup, LiveGroup } from './live-group.ts'
import type { CopyStore } from './peer-intake.ts'
import { type TradeOptions, trade } from './peer-trade.ts'
import { describeFiles, readPlain } from './result-files.ts'
import type { Facts, Results } from './results.ts'

export interface TradedResults extends Omit<TradeOptions, 'store'> {
  readonly results: Results
  readonly rid: string
  /** That `results.begin` has given. */
  readonly folder: string
  /** Of our own test: status, times, clock. */
  readonly facts: Facts
}

/** What else a manifest says of a member: its own facts, and its files with the names that they have here. */
export type PeerNote =
  | { readonly code: 'PEER_RESULT_MISSING' }
  | { readonly facts: Facts; readonly files: readonly (Offer['files'][number] & { readonly as?: string })[] }

/** Trades the files in a reservation's folder; the copies of others stand beside them, and `seal` comes afterwards. */
export async function tradeResults(
  live: LiveGroup,
  options: TradedResults,
): Promise<Readonly<Record<string, PeerNote>>> {
  const { group } = live
  const own = await offerIn(group.self, options)
  const traded = await trade(live, own, { ...options, store: storeIn(group, options) })
  return Object.fromEntries(Object.entries(traded).map(([of, offer]) => [of, noteOf(group, of, offer)]))
}

/** A manifest that does not fit into a line is cut to what a peer must know: that there is more, and where. */
async function offerIn(of: string, { folder, facts, most }: TradedResults): Promise<Offer> {
  const files = comingAlong(await describeFiles(folder), most).slice(0, mostFiles)
  const longestFacts = 65_536
  return { op: 'offer', of, facts: isShort(facts, longestFacts) ? facts : { tooLong: true }, files }
}

function isShort(facts: Facts, most: number): boolean {
  try {
    encodeMessage(facts, most)
    return true
  } catch {
    return false
  }
}

function storeIn(group: DoorGroup, { results, rid, folder }: TradedResults): CopyStore {
  const nameIn = (of: string, name: string) => (of === group.self ? name : copyName(group, of, name))
  return {
    put: (of, name, chunks) => results.put(rid, nameIn(of, name), chunks),
    read: (of, name) => readPlain(join(folder, nameIn(of, name))),
  }
}

/** By the member's place in the group: names of endpoints may have what names of files may not. */
const copyName = (group: DoorGroup, of: string, name: string) => `peer-${othersOf(group).indexOf(of) + 1}.${name}`

function noteOf(group: DoorGroup, of: string, offer: Offer | undefined): PeerNote {
  if (offer === undefined) return { code: 'PEER_RESULT_MISSING' }
  const files = offer.files.map(file => (file.copy === 'here' ? { ...file, as: copyName(group, of, file.name) } : file))
  return { facts: offer.facts, files }
}
