import { firstAbove, firstRun, highestIn, type Piece, type Pieces, piecesOrder, type Question } from './pieces.ts'
import { fromSorted, remove, set, valueAt, valuesFrom } from './tree.ts'

/** How much of one resource is taken when: a step function of time, 0 where nobody uses it. */
export interface Timeline {
  /** How much all shared uses may take together. */
  readonly capacity: number
  readonly pieces: Pieces
}

/** Part of a resource for a time. */
export interface Taking {
  readonly from: number
  readonly to: number
  readonly weight: number
}

export const emptyTimeline = (capacity: number): Timeline => timelineOf(capacity, [])

/** Built at once: n log n. */
export function timelineOf(capacity: number, takings: readonly Taking[]): Timeline {
  const begins = takings.filter(({ from, to }) => from < to).sort((a, b) => a.from - b.from)
  const ends = begins.toSorted((a, b) => a.to - b.to)
  const pieces: Piece[] = []
  let piece: Piece = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY, level: 0 }
  for (let [begun, ended] = [0, 0]; ended < ends.length; ) {
    const at = Math.min(begins[begun]?.from ?? Number.POSITIVE_INFINITY, ends[ended]?.to ?? 0)
    let { level } = piece
    for (; begins[begun]?.from === at; begun++) level += begins[begun]?.weight ?? 0
    for (; ends[ended]?.to === at; ended++) level -= ends[ended]?.weight ?? 0
    if (level === piece.level) continue
    pieces.push({ from: piece.from, to: at, level: piece.level })
    piece = { from: at, to: Number.POSITIVE_INFINITY, level }
  }
  pieces.push(piece)
  return { capacity, pieces: fromSorted(piecesOrder(capacity), pieces, ({ from }) => from) }
}

/** With the weight taken, or given back when it is negative. Costs a logarithmic walk per piece that the window meets. */
export function taken(timeline: Timeline, { from, to, weight }: Taking): Timeline {
  if (from >= to) return timeline
  const order = piecesOrder(timeline.capacity)
  const old = around(timeline, from, to)
  const fresh = merged(old.flatMap(piece => changed(piece, { from, to, weight })))
  let { pieces } = timeline
  const begins = new Set(fresh.map(piece => piece.from))
  for (const piece of old) if (!begins.has(piece.from)) pieces = remove(order, pieces, piece.from)
  for (const piece of fresh) if (!old.includes(piece)) pieces = set(order, pieces, piece.from, piece)
  return { capacity: timeline.capacity, pieces }
}

export const highest = ({ pieces }: Timeline, from: number, to: number): number => highestIn(pieces, from, to)

/** Where there is room at or after `from`: no more than `level` taken for the length. Infinity when nowhere. */
export const firstRoom = ({ pieces, capacity }: Timeline, question: Question): number =>
  firstRun(pieces, capacity, question)

/** Where the room that `from` lies in ends. */
export const endOfRoom = ({ pieces }: Timeline, from: number, level: number): number => firstAbove(pieces, from, level)

/** The pieces that meet a window, and the neighbour on each side. */
function around({ capacity, pieces }: Timeline, from: number, to: number): readonly Piece[] {
  const order = piecesOrder(capacity)
  const inside = valueAt(order, pieces, from)
  const before = inside?.from === from ? valueAt(order, pieces, justBefore(from)) : inside
  const met: Piece[] = []
  for (const piece of valuesFrom(order, pieces, before?.from)) {
    met.push(piece)
    if (piece.from >= to) break
  }
  return met
}

/** Times are whole microseconds. */
const justBefore = (at: number) => at - 1

function changed(piece: Piece, { from, to, weight }: Taking): readonly Piece[] {
  if (piece.to <= from || to <= piece.from) return [piece]
  const parts = [
    { from: piece.from, to: from, level: piece.level },
    { from: Math.max(piece.from, from), to: Math.min(piece.to, to), level: piece.level + weight },
    { from: to, to: piece.to, level: piece.level },
  ]
  return parts.filter(part => part.from < part.to)
}

/** Neighbours of one level become one. */
function merged(pieces: readonly Piece[]): readonly Piece[] {
  const whole: Piece[] = []
  for (const piece of pieces) {
    const last = whole.at(-1)
    if (last?.level === piece.level) whole[whole.length - 1] = { ...last, to: piece.to }
    else whole.push(piece)
  }
  return whole
}
