import { LockstepError } from '../errors/error.ts'
import { later, type Nanoseconds, ns, type TaiInstant, tai } from '../units/quantity.ts'

/** isochron's daemon moves any base time that is less than this ahead when it is told to start. */
export const daemonMargin = ns(500_000_000n)
/** The least time kept for the start message of the last sender to arrive. */
const leastStartTime = ns(100_000_000n)

/**
 * How far after "now" a base time must lie so that no daemon moves it.
 * 2 x the longest round trip: the schedule and the start message both travel.
 */
export const startMargin = (longestRoundTrip: Nanoseconds): Nanoseconds =>
  ns(daemonMargin + (2n * longestRoundTrip > leastStartTime ? 2n * longestRoundTrip : leastStartTime))

/**
 * A base time moved by whole cycles to `from` or later, as isochron's daemon moves it: one that is not before `from`
 * stays, and one that would fall exactly on `from` goes one cycle further.
 */
export function advance(base: TaiInstant, cycle: Nanoseconds, from: TaiInstant): TaiInstant {
  if (cycle <= 0n) throw new LockstepError('SYNC_BASE_TIME', `expected a cycle time above 0, got ${cycle} ns`)
  return base >= from ? base : tai(base + ((from - base) / cycle + 1n) * cycle)
}

export interface SenderSchedule {
  readonly name: string
  /** As the user gave it; mostly far in the past. */
  readonly base: TaiInstant
  readonly shift: Nanoseconds
  readonly cycle: Nanoseconds
  /** What this sender's own clock says at the common "now", when it is not in step with the others. */
  readonly now?: TaiInstant
}

export interface OperBaseTime {
  readonly name: string
  /** When the first frame is scheduled: what OPER_BASE_TIME must say after the start. */
  readonly oper: TaiInstant
  /** What to SET as BASE_TIME: the daemon adds the shift itself. */
  readonly set: TaiInstant
}

/**
 * The common start of all senders, in the order given: each one's first scheduled time at least `margin` after `now`
 * that keeps its phase, and in ascending order of the base times as the user gave them (equal ones: in the order given).
 * Clocks that are not in step are compared by how long after their own "now" a time is.
 */
export function operBaseTimes({
  now,
  senders,
  margin,
}: {
  readonly now: TaiInstant
  readonly senders: readonly SenderSchedule[]
  readonly margin: Nanoseconds
}): OperBaseTime[] {
  const opers = new Map<SenderSchedule, TaiInstant>()
  let ahead = margin
  for (const sender of senders.toSorted((a, b) => (a.base < b.base ? -1 : a.base > b.base ? 1 : 0))) {
    const here = sender.now ?? now
    const alone = advance(later(sender.base, sender.shift), sender.cycle, later(here, margin))
    const oper = advance(alone, sender.cycle, later(here, ahead))
    ahead = ns(oper - here)
    opers.set(sender, oper)
  }
  return senders.map(sender => {
    const oper = opers.get(sender) as TaiInstant // the loop above has seen every sender
    return { name: sender.name, oper, set: tai(oper - sender.shift) }
  })
}
