import { LockstepError } from '../errors/error.ts'
import { type Micros, type Moment, micros, moment } from '../units/micros.ts'
import type { Answers } from '../wire/book-answers.ts'
import { type BrokerSession, isAnswered } from './broker-session.ts'

/** The clock of an endpoint as it looks from here. Ours is never believed: it is what two of theirs are compared by. */
export interface SeenClock {
  /** Theirs minus ours. */
  readonly offset: Micros
  /** The offset lies within this of the truth: half of the round trip, and the resolution of the answer. */
  readonly within: Micros
  readonly roundTrip: Micros
}

const exchanges = 8
/** Over a long way fewer will do. */
const mostUs = 500_000
/** Endpoints read their clocks in whole milliseconds. */
const resolution = 1_000

/** Eight exchanges, of which the quickest is kept. */
export async function seeClock(session: BrokerSession): Promise<SeenClock> {
  let best: SeenClock | undefined
  const since = monoUs()
  for (let i = 0; i < exchanges && (i < 2 || monoUs() - since < mostUs); i++) {
    const [sentAt, utc] = [monoUs(), Date.now() * 1_000]
    const answer = await session.ask('time', {})
    if (!isAnswered(answer)) throw new LockstepError('HOST_BROKER', `${session.host} does not tell the time`)
    const roundTrip = monoUs() - sentAt
    const { now } = answer as unknown as Answers['time']
    if (best !== undefined && best.roundTrip <= roundTrip) continue
    best = {
      offset: micros(Math.round(now - (utc + roundTrip / 2))),
      within: micros(Math.ceil(roundTrip / 2) + resolution),
      roundTrip: micros(Math.ceil(roundTrip)),
    }
  }
  return best as SeenClock // there is at least one exchange
}

export interface Claimed {
  readonly host: string
  /** The bound of its error that it claims. */
  readonly error: Micros
  readonly seen: SeenClock
}

/**
 * Two endpoints whose clocks differ by more than they claim: nothing is booked on them. Positive: the first is ahead.
 */
export function clockConflict(clocks: readonly Claimed[]): LockstepError | undefined {
  for (const [i, one] of clocks.entries())
    for (const other of clocks.slice(i + 1)) {
      const apart = one.seen.offset - other.seen.offset
      const allowed = one.error + other.error + one.seen.within + other.seen.within
      if (Math.abs(apart) > allowed) return conflict(one, other, apart, allowed)
    }
  return undefined
}

function conflict(one: Claimed, other: Claimed, apart: number, allowed: number): LockstepError {
  const [ahead, behind] = apart > 0 ? [one, other] : [other, one]
  return new LockstepError(
    'SYNC_ENDPOINTS',
    `the clock of ${ahead.host} is ${inMs(Math.abs(apart))} ahead of that of ${behind.host} [CLOCK_OFFSET]`,
    {
      hint: `they claim to be right within ${inMs(ahead.error)} and ${inMs(behind.error)}; with what the way here leaves open that allows ${inMs(allowed)}`,
    },
  )
}

/** By the first one's clock, not by ours. */
export const theirNow = ([first]: readonly { readonly seen: SeenClock }[]): Moment =>
  moment(Date.now() * 1_000 + (first?.seen.offset ?? 0))

const inMs = (us: number) => `${(us / 1_000).toFixed(us < 100_000 ? 1 : 0)} ms`
const monoUs = () => performance.now() * 1_000
