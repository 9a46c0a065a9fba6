import { type Ticks, ticks } from '../units/micros.ts'
import { exclusively, type Resources, type Use } from './claims.ts'
import { counts, type Entry, isLive } from './entry.ts'
import { type Ledger, noted, struck } from './ledger.ts'
import { isFirm } from './states.ts'
import { emptyTimeline, type Timeline, taken } from './timeline.ts'
import { ascending, byName, get, type Order, remove, set, type Tree, valuesFrom } from './tree.ts'

/**
 * The reservation book of one endpoint, a value: every change gives a new one. Nothing in it counts on its own; lanes and
 * ledgers are drawn from the entries, by `put` and `forget` alone, and are rebuilt from them by `bookOf`.
 */
export interface Book {
  readonly epoch: number
  readonly resources: Resources
  readonly entries: Tree<string, Entry, undefined>
  readonly lanes: Tree<string, Lane, undefined>
  /** Everything that is not over. */
  readonly live: Ledger
  /** What quotas count, by class and by identity. */
  readonly classes: Tree<string, Ledger, undefined>
  readonly identities: Tree<string, Ledger, undefined>
  /** Holds by when they lapse. */
  readonly holds: Tree<Entry, Entry, undefined>
}

/** How much of a resource is taken when: by everybody, and by those alone who are confirmed. */
export interface Lane {
  readonly all: Timeline
  readonly firm: Timeline
}

export const entryNames = byName<Entry>()
export const laneNames = byName<Lane>()
export const ledgerNames = byName<Ledger>()

export const entryOf = ({ entries }: Book, rid: string): Entry | undefined => get(entryNames, entries, rid)
export const entriesOf = ({ entries }: Book): Entry[] => [...valuesFrom(entryNames, entries)]
export const laneOf = (book: Book, name: string): Lane =>
  get(laneNames, book.lanes, name) ?? emptyLane(capacityOf(book, name))
export const lanesFrom = ({ lanes }: Book, name: string): Generator<readonly [string, Lane]> => namedFrom(lanes, name)
export const ledgerOfClass = ({ classes }: Book, name: string): Ledger => get(ledgerNames, classes, name)
export const ledgerOfIdentity = ({ identities }: Book, name: string): Ledger => get(ledgerNames, identities, name)

/** When the next hold lapses. */
export function nextLapse({ holds }: Book): Ticks | undefined {
  for (const { lapsesAt } of valuesFrom(holdOrder, holds)) return lapsesAt
  return undefined
}

/** The holds that have lapsed by now. */
export function* lapsed({ holds }: Book, now: Ticks): Generator<Entry> {
  for (const entry of valuesFrom(holdOrder, holds)) {
    if ((entry.lapsesAt ?? ticks(0)) > now) return
    yield entry
  }
}

/** The book with an entry in it, instead of the one of the same rid. */
export function put(book: Book, entry: Entry): Book {
  const old = entryOf(book, entry.rid)
  const emptied = old === undefined ? book : withoutTraces(book, old)
  return withTraces({ ...emptied, entries: set(entryNames, book.entries, entry.rid, entry) }, entry)
}

export function forget(book: Book, rid: string): Book {
  const old = entryOf(book, rid)
  if (old === undefined) return book
  return { ...withoutTraces(book, old), entries: remove(entryNames, book.entries, rid) }
}

function withTraces(book: Book, entry: Entry): Book {
  const live = isLive(entry)
  return {
    ...book,
    lanes: live ? withUses(book, entry, 1) : book.lanes,
    live: live ? noted(book.live, entry) : book.live,
    classes: counts(entry) ? change(book.classes, entry.class, ledger => noted(ledger, entry)) : book.classes,
    identities: counts(entry)
      ? change(book.identities, entry.identity, ledger => noted(ledger, entry))
      : book.identities,
    holds: entry.lapsesAt === undefined ? book.holds : set(holdOrder, book.holds, entry, entry),
  }
}

function withoutTraces(book: Book, entry: Entry): Book {
  const live = isLive(entry)
  return {
    ...book,
    lanes: live ? withUses(book, entry, -1) : book.lanes,
    live: live ? struck(book.live, entry) : book.live,
    classes: counts(entry) ? change(book.classes, entry.class, ledger => struck(ledger, entry)) : book.classes,
    identities: counts(entry)
      ? change(book.identities, entry.identity, ledger => struck(ledger, entry))
      : book.identities,
    holds: entry.lapsesAt === undefined ? book.holds : remove(holdOrder, book.holds, entry),
  }
}

function change(ledgers: Tree<string, Ledger, undefined>, name: string, by: (ledger: Ledger) => Ledger) {
  const changed = by(get(ledgerNames, ledgers, name))
  return changed === undefined ? remove(ledgerNames, ledgers, name) : set(ledgerNames, ledgers, name, changed)
}

function withUses(book: Book, { uses, window, state }: Entry, sign: 1 | -1): Book['lanes'] {
  return uses.reduce((lanes, { lane: name, weight }) => {
    const lane = get(laneNames, lanes, name) ?? emptyLane(capacityOf(book, name))
    const taking = { from: window.from, to: window.to, weight: sign * weight }
    const all = taken(lane.all, taking)
    if (isIdle(all)) return remove(laneNames, lanes, name)
    return set(laneNames, lanes, name, { all, firm: isFirm(state) ? taken(lane.firm, taking) : lane.firm })
  }, book.lanes)
}

/** How much of a lane shared uses may take: a port has one user, and a block no more to give than it has itself. */
export function capacityOf(book: Book, lane: string): number {
  const [block, resource] = [lane.slice(0, lane.indexOf('/')), lane.slice(lane.indexOf('/') + 1)]
  const declared = book.resources[resource]
  const own = declared?.kind === 'shared' ? declared.capacity : 1
  const share =
    block === '' ? undefined : entryOf(book, block)?.uses.find((use: Use) => use.lane.endsWith(`/${resource}`))
  return share === undefined || share.weight === exclusively ? own : share.weight
}

function* namedFrom<V>(tree: Tree<string, V, undefined>, name: string): Generator<readonly [string, V]> {
  if (tree === undefined) return
  if (tree.key >= name) yield* namedFrom(tree.left, name)
  if (tree.key >= name) yield [tree.key, tree.value]
  yield* namedFrom(tree.right, name)
}

export const holdOrder: Order<Entry, Entry, undefined> = {
  ...byName<Entry>(),
  compare: (a, b) => ascending(a.lapsesAt ?? 0, b.lapsesAt ?? 0) || ascending(a.rid, b.rid),
}
const emptyLane = (capacity: number): Lane => ({ all: emptyTimeline(capacity), firm: emptyTimeline(capacity) })
const isIdle = ({ pieces }: Timeline) => pieces?.size === 1
