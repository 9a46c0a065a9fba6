import { type Book, capacityOf, entryNames, holdOrder, holdPlace, laneNames, ledgerNames } from './book.ts'
import type { Resources } from './claims.ts'
import { counts, type Entry, isLive } from './entry.ts'
import { type Ledger, ledgerOrder, placeOf } from './ledger.ts'
import { isFirm } from './states.ts'
import { type Taking, timelineOf } from './timeline.ts'
import { ascending, fromSorted, type Tree } from './tree.ts'

/** A book out of entries, at once. Also for a change of the resources: existing bookings stay as they are. */
export function bookOf(epoch: number, resources: Resources, entries: readonly Entry[]): Book {
  const sorted = entries.toSorted((a, b) => ascending(a.rid, b.rid))
  const empty = { epoch, resources, lanes: undefined, live: undefined, classes: undefined, identities: undefined }
  const book: Book = {
    ...empty,
    entries: fromSorted(
      entryNames,
      sorted.map(each => [each.rid, each]),
    ),
    holds: undefined,
  }
  const live = sorted.filter(isLive).sort(inOrderOfBegin)
  const counting = sorted.filter(counts).sort(inOrderOfBegin)
  const holds = live
    .filter(({ lapsesAt }) => lapsesAt !== undefined)
    .sort((a, b) => holdOrder.compare(holdPlace(a), holdPlace(b)))
  return {
    ...book,
    lanes: lanesOf(book, live),
    live: ledgerOf(live),
    classes: ledgersBy(counting, each => each.class),
    identities: ledgersBy(counting, each => each.identity),
    holds: fromSorted(
      holdOrder,
      holds.map(each => [holdPlace(each), each]),
    ),
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
  const sorted = [...takings].sort(([a], [b]) => ascending(a, b))
  return fromSorted(
    laneNames,
    sorted.map(([name, { all, firm }]) => {
      const capacity = capacityOf(book, name)
      return [name, { all: timelineOf(capacity, all), firm: timelineOf(capacity, firm) }]
    }),
  )
}

function ledgersBy(entries: readonly Entry[], nameOf: (entry: Entry) => string): Tree<string, Ledger, undefined> {
  const groups = new Map<string, Entry[]>()
  for (const entry of entries) {
    const group = groups.get(nameOf(entry))
    if (group === undefined) groups.set(nameOf(entry), [entry])
    else group.push(entry)
  }
  const sorted = [...groups].sort(([a], [b]) => ascending(a, b))
  return fromSorted(
    ledgerNames,
    sorted.map(([name, group]) => [name, ledgerOf(group)]),
  )
}

const ledgerOf = (entries: readonly Entry[]) =>
  fromSorted(
    ledgerOrder,
    entries.map(each => [placeOf(each), each]),
  )
const inOrderOfBegin = (a: Entry, b: Entry) => ledgerOrder.compare(placeOf(a), placeOf(b))
