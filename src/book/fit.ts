import type { Micros, Moment } from '../units/micros.ts'
import { type Book, entryOf, type Lane, laneOf, lanesFrom } from './book.ts'
import { type Claim, exclusively, portLane, type Use } from './claims.ts'
import { covered, intersection, type Range, until } from './ranges.ts'
import { type Room, roomsFor, usedPorts } from './rooms.ts'
import { endOfRoom, firstRoom, highest, type Timeline } from './timeline.ts'
import type { Margins, Window } from './window.ts'

/** A test or block for which room is looked for. */
export interface Wish {
  readonly duration: Micros
  readonly margins: Margins
  readonly claims: readonly Claim[]
  /** The rid of the block that it is to stand in. */
  readonly within: string | undefined
}

/** In whose way one may not be: everybody's, or those's alone who are confirmed. */
export type Among = keyof Lane

/** What a window takes: undefined when it is not free. Ports are the lowest that are free. */
export interface Given {
  readonly uses: readonly Use[]
  readonly ports: Readonly<Record<string, readonly number[]>>
}

export interface Offer {
  /** Every start of the asked range that is free, up to `known`. */
  readonly ranges: readonly Range[]
  /** The end of the asked range, or where the answer was cut because it would have had too many ranges. */
  readonly known: number
}

/** What is taken when the wish is granted; the room that is missing otherwise. */
export function giveIn(book: Book, rooms: readonly Room[], window: Window, among: Among): Given | Room {
  const uses: Use[] = []
  const ports: Record<string, readonly number[]> = {}
  for (const room of rooms) {
    const given = room.kind === 'ports' ? freePorts(book, room, window, among) : undefined
    if (room.kind === 'ports' && given?.length !== room.count) return room
    if (room.kind === 'lane' && !isFree(laneOf(book, room.lane)[among], window, room.level)) return room
    if (room.kind === 'lane') uses.push({ lane: room.lane, weight: room.weight })
    else uses.push(...(given ?? []).map(port => ({ lane: portLane(room.lane, port), weight: exclusively })))
    if (room.kind === 'ports') ports[room.range] = given ?? []
  }
  return { uses, ports }
}

/** All starts within a half-open range that are free, as at most `most` ranges. */
export function startsIn(book: Book, wish: Wish, asked: Range, among: Among, most = 256): Offer {
  const rooms = roomsFor(book, wish.claims, blockOf(book, wish))
  if (rooms === undefined) return { ranges: [], known: asked.to }
  const within = clipped(book, wish, asked)
  const offers = rooms.map(room => startsOf(book, room, { ...shapeOf(wish), asked: within, among, most }))
  const known = Math.min(asked.to, ...offers.map(offer => offer.known))
  const all = offers.reduce<readonly Range[]>((common, { ranges }) => intersection(common, ranges), whole(within))
  const ranges = until(all, known)
  const last = ranges[most - 1]
  return ranges.length <= most || last === undefined
    ? { ranges, known }
    : { ranges: ranges.slice(0, most), known: last.to }
}

/** The first start at or after `from` that is free; undefined when there is none. */
export function firstFit(book: Book, wish: Wish, from: Moment, among: Among): Moment | undefined {
  const rooms = roomsFor(book, wish.claims, blockOf(book, wish))
  if (rooms === undefined) return undefined
  const { from: begin, to: end } = clipped(book, wish, { from, to: Number.POSITIVE_INFINITY })
  const shape = shapeOf(wish)
  let start = begin
  for (let moved = true; moved && start < end; ) {
    const later = Math.max(start, ...rooms.map(room => firstStart(book, room, { ...shape, from: start, among })))
    moved = later > start
    start = later
  }
  return start < end ? (start as Moment) : undefined
}

interface Shape {
  /** From the begin of the window to the start, and to the window's end. */
  readonly before: number
  readonly length: number
}

const shapeOf = ({ duration, margins }: Wish): Shape => ({
  before: margins.before,
  length: margins.before + duration + margins.after,
})

export const blockOf = (book: Book, { within }: Pick<Wish, 'within'>) =>
  within === undefined ? undefined : entryOf(book, within)

/** A test in a block has its whole window there. */
function clipped(book: Book, wish: Wish, { from, to }: Range): Range {
  const block = blockOf(book, wish)?.window
  if (block === undefined) return { from, to }
  const { before, length } = shapeOf(wish)
  return { from: Math.max(from, block.from + before), to: Math.min(to, block.to - length + before + 1) }
}

const whole = (range: Range) => (range.from < range.to ? [range] : [])

const isFree = (timeline: Timeline, { from, to }: Window, level: number) => highest(timeline, from, to) <= level

function freePorts(book: Book, room: Room & { kind: 'ports' }, window: Window, among: Among): readonly number[] {
  const busy = new Set<number>()
  for (const [port, lane] of usedPorts(room, lanesFrom(book, room.lane)))
    if (!isFree(lane[among], window, 0)) busy.add(port)
  const free: number[] = []
  for (const port of room.ports.all()) {
    if (free.length === room.count) break
    if (!busy.has(port)) free.push(port)
  }
  return free
}

type StartsQuestion = Shape & { readonly asked: Range; readonly among: Among; readonly most: number }

function startsOf(book: Book, room: Room, question: StartsQuestion): Offer {
  if (room.kind === 'lane') return startsAlong(laneOf(book, room.lane)[question.among], room.level, question)
  const used = [...usedPorts(room, lanesFrom(book, room.lane))]
  const count = room.count - (room.ports.size - used.length)
  // Ports that nobody uses are free at any time.
  if (count <= 0) return { ranges: whole(question.asked), known: question.asked.to }
  const offers = used.map(([, lane]) => startsAlong(lane[question.among], 0, question))
  const known = Math.min(...offers.map(offer => offer.known))
  return {
    ranges: covered(
      offers.map(offer => until(offer.ranges, known)),
      count,
    ),
    known,
  }
}

function startsAlong(timeline: Timeline, level: number, { before, length, asked, most }: StartsQuestion): Offer {
  const ranges: Range[] = []
  for (let from = asked.from - before; ; ) {
    const begin = firstRoom(timeline, { from, length, level })
    if (begin + before >= asked.to) return { ranges, known: asked.to }
    const end = endOfRoom(timeline, begin, level)
    const to = Math.min(end - length + before + 1, asked.to)
    ranges.push({ from: begin + before, to })
    if (ranges.length === most) return { ranges, known: to }
    from = end
  }
}

function firstStart(book: Book, room: Room, question: Shape & { from: number; among: Among }): number {
  const { before, length, from, among } = question
  const along = (lane: Lane, level: number) => firstRoom(lane[among], { from: from - before, length, level }) + before
  if (room.kind === 'lane') return along(laneOf(book, room.lane), room.level)
  const used = [...usedPorts(room, lanesFrom(book, room.lane))]
  const count = room.count - (room.ports.size - used.length)
  if (count <= 0) return from
  const starts = used.map(([, lane]) => along(lane, 0)).sort((a, b) => a - b)
  return starts[count - 1] ?? Number.POSITIVE_INFINITY
}
