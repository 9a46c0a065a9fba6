import { type Micros, type Moment, micros } from '../units/micros.ts'
import { type Reason, reason } from './reasons.ts'

/** A question and its answer: `sent` and `back` by the clock of who asked, the others by that of who answered. */
export interface Exchange {
  readonly sent: Moment
  readonly received: Moment
  readonly answered: Moment
  readonly back: Moment
}

export interface ClockReading {
  /** The answering clock minus the asking one: positive when the answering clock is ahead. */
  readonly offset: Micros
  /** On the way, both ways together: the offset is known to half of it. */
  readonly delay: Micros
}

/** A clock as its endpoint claims it: it is wrong by no more than `error`. */
export interface ClaimedClock {
  readonly endpoint: string
  readonly error: Micros
}

/** A clock as the lead reads it; that of the lead itself has no offset and no delay. */
export interface ReadClock extends ClaimedClock, ClockReading {}

export const exchangesPerCheck = 8

/** Of the exchange that was least on its way: waiting adds to the delay, and may be all on one side. */
export function readingOf(exchanges: readonly [Exchange, ...Exchange[]]): ClockReading {
  const [first, ...others] = exchanges
  return others.map(readOne).reduce((best, each) => (each.delay < best.delay ? each : best), readOne(first))
}

/** What is wrong between two clocks that one lead has read: more apart than both claim, or than the test allows. */
export function pairProblem(a: ReadClock, b: ReadClock, gate: Micros | undefined): Reason | undefined {
  const offset = a.offset - b.offset
  const doubt = (a.delay + b.delay) / 2
  const claimed = a.error + b.error
  const facts = {
    ...{ peer: a.endpoint, against: b.endpoint, offset, delay: a.delay + b.delay },
    ...{ error: a.error, error_against: b.error, detail: inWords(a, b) },
  }
  if (Math.abs(offset) > claimed + doubt) return reason('CLOCK_OFFSET', facts)
  if (gate === undefined) return undefined
  // Claims that are not found wrong bound the offset too; those of PTP much closer than a network can measure.
  const bound = Math.min(Math.abs(offset) + doubt, claimed)
  return bound <= gate ? undefined : reason('CLOCK_UNSYNC', { ...facts, bound, gate })
}

/** The first pair with a problem; those with the lead come first. */
export function clocksProblem(clocks: readonly ReadClock[], gate: Micros | undefined): Reason | undefined {
  for (const [index, b] of clocks.entries())
    for (const a of clocks.slice(index + 1)) {
      const problem = pairProblem(a, b, gate)
      if (problem !== undefined) return problem
    }
  return undefined
}

/** A clock that has become worse than the windows were made for. The guard is what they have to spare. */
export const worseProblem = ({ endpoint, error }: ClaimedClock, booked: Micros, guard: Micros): Reason | undefined =>
  error > booked + guard ? reason('CLOCK_UNSYNC', { peer: endpoint, error, booked, guard }) : undefined

function readOne({ sent, received, answered, back }: Exchange): ClockReading {
  const offset = micros((received - sent + (answered - back)) / 2)
  // Less than nothing is a clock that was set meanwhile: no doubt is to its favour.
  return { offset, delay: micros(Math.max(0, back - sent - (answered - received))) }
}

function inWords(a: ReadClock, b: ReadClock): string {
  const offset = a.offset - b.offset
  const direction = offset < 0 ? 'behind' : 'ahead of'
  const claims = `they claim errors up to ${inMs(a.error)} and ${inMs(b.error)}`
  return `the clock of ${a.endpoint} is ${inMs(Math.abs(offset))} ${direction} that of ${b.endpoint}; ${claims}`
}

const inMs = (value: number) => `${Math.round(value) / 1_000} ms`
