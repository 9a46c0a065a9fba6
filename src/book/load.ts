import { type Book, capacityOf, entryNames, holdOrder, type Lane, laneNames, ledgerNames } from './book.ts'
import type { Resources } from './claims.ts'
import { counts, type Entry, isLive } from './entry.ts'
import { type Ledger, ledgerOrder } from './ledger.ts'
import { isFirm } from './states.ts'
import { type Taking, timelineOf } from './timeline.ts'
import { ascending, fromSorted, set, type Tree } from './tree.ts'

/** A book out of entries, at once. Also for a change of the resources: existing bookings stay as they are. */
export function bookOf(epoch: number, resources: Resources, entries: readonly Entry[]): Book {
  const none = { lanes: undefined, live: undefined, classes: undefined, identities: undefined, holds: undefined }
  const byRid = entries.toSorted((a, b) => ascending(a.rid, b.rid))
  const book: Book = { epoch, resources, entries: fromSorted(entryNames, byRid, ({ rid }) => rid), ...none }
  const byBegin = entries.filter(counts).sort(ledgerOrder.compare)
  const live = byBegin.filter(isLive)
  const holds = live.filter(each => each.lapsesAt !== undefined)
  holds.sort(holdOrder.compare)
  return {
    ...book,
    lanes: lanesOf(book, live),
    live: ledgerOf(live),
    classes: ledgersBy(byBegin, each => each.class),
    identities: ledgersBy(byBegin, each => each.identity),
    holds: fromSorted(holdOrder, holds, itself),
  }
}

function lanesOf(book: Book, entries: readonly Entry[]): Book['lanes'] {
  const takings = new Map<string, { all: Taking[]; firm: Taking[] }>()
  for (const { uses, window, state } of entries) {
    for (const { lane, weight } of uses) {
      const found = takings.get(lane) ?? { all: [], firm: [] }
      takings.set(lane, found)
      const taking = { from: window.from, to: window.to, weight }
      found.all.push(taking)
      if (isFirm(state)) found.firm.push(taking)
    }
  }
  let lanes: Book['lanes']
  for (const [name, { all, firm }] of takings)
    lanes = set(laneNames, lanes, name, laneOf(capacityOf(book, name), all, firm))
  return lanes
}

function laneOf(capacity: number, all: readonly Taking[], firm: readonly Taking[]): Lane {
  const timeline = timelineOf(capacity, all)
  // After a restart nothing is held: both are one.
  return { all: timeline, firm: firm.length === all.length ? timeline : timelineOf(capacity, firm) }
}

function ledgersBy(entries: readonly Entry[], nameOf: (entry: Entry) => string): Tree<string, Ledger, undefined> {
  const groups = new Map<string, Entry[]>()
  for (const entry of entries) {
    const group = groups.get(nameOf(entry))
    if (group === undefined) groups.set(nameOf(entry), [entry])
    else group.push(entry)
  }
  let ledgers: Tree<string, Ledger, undefined>
  for (const [name, group] of groups) ledgers = set(ledgerNames, ledgers, name, ledgerOf(group))
  return ledgers
}

const ledgerOf = (entries: readonly Entry[]) => fromSorted(ledgerOrder, entries, itself)
const itself = (entry: Entry) => entry
