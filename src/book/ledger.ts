import type { Entry } from './entry.ts'
import { ascending, type Order, remove, set, type Tree } from './tree.ts'
import type { Window } from './window.ts'

/** Entries by the begin of their window. Every count of the book is the sum over such a tree, so none can be forgotten. */
export type Ledger = Tree<Entry, Entry, Sums>

export interface Sums {
  readonly held: number
  /** Confirmed or armed. */
  readonly pending: number
  readonly active: number
  /** The latest end of a window. */
  readonly to: number
}

export const ledgerOrder: Order<Entry, Entry, Sums> = {
  compare: (a, b) => ascending(a.window.from, b.window.from) || ascending(a.rid, b.rid),
  sumOf: ({ state, window }) => ({
    held: Number(state === 'held'),
    pending: Number(state === 'confirmed' || state === 'armed'),
    active: Number(state === 'active'),
    to: window.to,
  }),
  add: (left, right) => ({
    held: left.held + right.held,
    pending: left.pending + right.pending,
    active: left.active + right.active,
    to: Math.max(left.to, right.to),
  }),
}

export const noted = (ledger: Ledger, entry: Entry): Ledger => set(ledgerOrder, ledger, entry, entry)
export const struck = (ledger: Ledger, entry: Entry): Ledger => remove(ledgerOrder, ledger, entry)

/** The entries whose windows meet a window, ascending. */
export function* meeting(ledger: Ledger, window: Window): Generator<Entry> {
  if (ledger === undefined || ledger.sum.to <= window.from) return
  yield* meeting(ledger.left, window)
  if (ledger.value.window.from >= window.to) return
  if (ledger.value.window.to > window.from) yield ledger.value
  yield* meeting(ledger.right, window)
}

/** How many of several ledgers together are in a state. */
export const countOf = (ledgers: readonly Ledger[], what: Exclude<keyof Sums, 'to'>): number =>
  ledgers.reduce((total, ledger) => total + (ledger?.sum[what] ?? 0), 0)
