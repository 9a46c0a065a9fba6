import type { Moment } from '../units/micros.ts'
import { type Book, laneOf } from './book.ts'
import { exclusively } from './claims.ts'
import type { Entry } from './entry.ts'
import { type Happened, happen } from './happen.ts'
import { meeting } from './ledger.ts'
import type { Now } from './requests.ts'
import { highest } from './timeline.ts'
import { overlap, roundedUp, type Window } from './window.ts'

export interface Overstayed extends Happened {
  /** Whoever had booked what is not free now: the door aborts each with RESOURCE, a hold it lets lapse. */
  readonly collisions: readonly Entry[]
}

/** The process is alive at the end of its window: its claims last until it is gone, at least until `until`. */
export function overstay(book: Book, entry: Entry, until: Moment, now: Now): Overstayed {
  const window: Window = { from: entry.window.from, to: roundedUp(until) }
  const step = happen(book, { event: 'overstay', rid: entry.rid, change: { window } }, now)
  return { ...step, collisions: collisionsWith(step.book, step.entry) }
}

function collisionsWith(book: Book, entry: Entry): readonly Entry[] {
  const lanes = new Set(entry.uses.map(({ lane }) => lane))
  return [...meeting(book.live, entry.window)].filter(other => {
    if (other.rid === entry.rid || !overlap(other.window, entry.window)) return false
    const [from, to] = [Math.max(other.window.from, entry.window.from), Math.min(other.window.to, entry.window.to)]
    return other.uses.some(({ lane: name }) => {
      if (!lanes.has(name)) return false
      const { all } = laneOf(book, name)
      const level = highest(all, from, to)
      return level > all.capacity && level !== exclusively
    })
  })
}
