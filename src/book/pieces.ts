import { ascending, type Order, type Tree } from './tree.ts'

/** A stretch of time in which as much of a resource is taken: half open, in us; the outermost ones reach to infinity. */
export interface Piece {
  readonly from: number
  readonly to: number
  /** How much is taken: the sum of the weights of all uses. */
  readonly level: number
}

/** What a row of adjoining pieces comes to. */
export interface Stretch {
  readonly from: number
  readonly to: number
  readonly highest: number
  /** Where nothing is taken: room for an exclusive use. */
  readonly idle: Run
  /** Where less than the capacity is taken: room for one more share. */
  readonly open: Run
}

/** Within a row: the room at its begin, at its end, and the longest anywhere. */
interface Run {
  readonly head: number
  readonly tail: number
  readonly longest: number
}

export type Pieces = Tree<number, Piece, Stretch>

/** Pieces by where they begin. The longest room is known for the two levels that nearly every question is about. */
export const piecesOrder = (capacity: number): Order<number, Piece, Stretch> => ({
  compare: ascending,
  sumOf: ({ from, to, level }) => {
    const whole = { head: to - from, tail: to - from, longest: to - from }
    return { from, to, highest: level, idle: level === 0 ? whole : none, open: level < capacity ? whole : none }
  },
  add: (left, right) => {
    const idle = joined(left.idle, right.idle, left.highest === 0, right.highest === 0)
    // Where all uses are exclusive there are only these two levels, and the two kinds of room are one.
    const same = left.idle === left.open && right.idle === right.open
    const open = same ? idle : joined(left.open, right.open, left.highest < capacity, right.highest < capacity)
    return { from: left.from, to: right.to, highest: Math.max(left.highest, right.highest), idle, open }
  },
})

const none: Run = { head: 0, tail: 0, longest: 0 }

function joined(left: Run, right: Run, leftWhole: boolean, rightWhole: boolean): Run {
  if (left === none && right === none) return none
  return {
    head: leftWhole ? left.head + right.head : left.head,
    tail: rightWhole ? right.tail + left.tail : right.tail,
    longest: Math.max(left.longest, right.longest, left.tail + right.head),
  }
}

/** The highest level in a window. */
export function highestIn(pieces: Pieces, from: number, to: number): number {
  if (pieces === undefined || pieces.sum.to <= from || to <= pieces.sum.from) return 0
  if (from <= pieces.sum.from && pieces.sum.to <= to) return pieces.sum.highest
  const { left, value, right } = pieces
  const own = value.from < to && from < value.to ? value.level : 0
  return Math.max(highestIn(left, from, to), own, highestIn(right, from, to))
}

/** Where, at or after `from`, more than `level` is taken for the first time; Infinity when nowhere. */
export function firstAbove(pieces: Pieces, from: number, level: number): number {
  if (pieces === undefined || pieces.sum.to <= from || pieces.sum.highest <= level) return Number.POSITIVE_INFINITY
  const { left, value, right } = pieces
  const before = firstAbove(left, from, level)
  if (before < value.from) return before
  if (value.to > from && value.level > level) return Math.max(value.from, from)
  return firstAbove(right, from, level)
}

/**
 * Where, at or after `from`, no more than `level` is taken for a `length`; Infinity when nowhere. A logarithmic walk for
 * the levels 0 and capacity - 1; for others it also passes the room that is there for one share but not for more.
 */
export function firstRun(pieces: Pieces, capacity: number, question: Question): number {
  return seek(pieces, { ...question, capacity, began: undefined }) ?? Number.POSITIVE_INFINITY
}

export interface Question {
  readonly from: number
  readonly length: number
  readonly level: number
}

interface Search extends Question {
  readonly capacity: number
  /** Where the run began that the walk is in. */
  began: number | undefined
}

function seek(pieces: Pieces, search: Search): number | undefined {
  if (pieces === undefined || pieces.sum.to <= search.from) return undefined
  const { sum, left, value, right } = pieces
  if (sum.highest <= search.level) return goOn(sum, search)
  if (sum.from >= search.from && !mayHold(sum, search)) {
    search.began = lastRun(pieces, search.level)
    return undefined
  }
  return seek(left, search) ?? step(value, search) ?? seek(right, search)
}

function step(piece: Piece, search: Search): number | undefined {
  if (piece.to <= search.from) return undefined
  if (piece.level <= search.level) return goOn(piece, search)
  search.began = undefined
  return undefined
}

function goOn({ from, to }: { readonly from: number; readonly to: number }, search: Search): number | undefined {
  search.began ??= Math.max(from, search.from)
  return to - search.began >= search.length ? search.began : undefined
}

/** False when no run that is long enough ends in the row. */
function mayHold(row: Stretch, { began, length, level, capacity }: Search): boolean {
  if (level >= capacity) return true
  const run = level === 0 ? row.idle : row.open
  return run.longest >= length || (began !== undefined && row.from - began + run.head >= length)
}

/** Where the run begins that lasts to the end of a row; undefined when none does. */
function lastRun(pieces: Pieces, level: number): number | undefined {
  if (pieces === undefined) return undefined
  const { left, value, right, sum } = pieces
  if (sum.highest <= level) return sum.from
  if (right !== undefined && right.sum.highest > level) return lastRun(right, level)
  if (value.level > level) return right?.sum.from
  return lastRun(left, level) ?? value.from
}
