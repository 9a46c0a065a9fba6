import { after, type Micros, type Moment, millis, seconds, sum, type Ticks } from '../units/micros.ts'
import type { Entry } from './entry.ts'
import type { Event } from './states.ts'

/** What the door has to wake up for, and what it then tells the book. */
export type Timer =
  /** By the clock that nobody sets. */
  | { readonly clock: 'mono'; readonly at: Ticks; readonly event: Event }
  /** By the clock of the tests. The door looks again when that clock is set. */
  | { readonly clock: 'utc'; readonly at: Moment; readonly event: Event }

export interface Patience {
  /** How late a start may be woken for; later it is `late`, not `start`. */
  readonly lateness: Micros
  /** How long results are waited for after the end. */
  readonly trade: Micros
}

export const usualPatience: Patience = { lateness: millis(100), trade: seconds(30) }
export const usualHold = seconds(5)
/** Whatever a client asks for. */
export const [leastHold, mostHold] = [seconds(1), seconds(60)]
/** The usual time between TERM and KILL; a kind's teardown is at least that. */
export const killGrace = seconds(1)

/**
 * All timers of a reservation in its present state; those of the state before are void. The `abort` of a confirmed one is for
 * PEER_SILENT. At the `end` of a block the door ends what is in it first (`insideOf`), and the block when the last is gone. `armed`: a sender is started at
 * `start` itself, a receiver its setup earlier, and `late` is for whoever wakes after its time plus the lateness.
 */
export function timersOf(entry: Entry, patience = usualPatience): readonly Timer[] {
  const { state, start, duration, margins, window, block, ending, lapsesAt, armBy } = entry
  const utc = (at: Moment, event: Event): Timer => ({ clock: 'utc', at, event })
  if (state === 'held') return lapsesAt === undefined ? [] : [{ clock: 'mono', at: lapsesAt, event: 'lapse' }]
  if (state === 'confirmed') return armBy === undefined ? [] : [utc(armBy, 'abort')]
  if (state === 'armed') return [utc(start, 'start')]
  const end = after(start, duration)
  if (state === 'active' && block) return [utc(end, 'end')]
  const overrun = ending === undefined ? [utc(after(end, margins.overrun), 'overrun')] : []
  if (state === 'active') return [...overrun, utc(window.to, 'overstay')]
  if (state === 'trading') return [utc(after(end, sum(margins.overrun, patience.trade)), 'traded')]
  return []
}
