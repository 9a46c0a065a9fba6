import {
  after,
  before,
  latest,
  longest,
  type Micros,
  type Moment,
  micros,
  millis,
  moment,
  seconds,
  sum,
} from '../units/micros.ts'

/** Half open: `from` belongs to it, `to` does not. Those of the book stand on whole milliseconds. */
export interface Window {
  readonly from: Moment
  readonly to: Moment
}

/** How long a kind of test needs around its traffic. */
export interface Around {
  readonly setup: Micros
  /** How long it may take beyond its duration before it is ended. */
  readonly overrun: Micros
  readonly teardown: Micros
}

/** Bounds of the clocks' errors: this endpoint's own, and those that the other members claim. */
export interface ClockErrors {
  readonly own: Micros
  readonly others: readonly Micros[]
}

/** What one endpoint adds on both sides of a test; other endpoints may add something else. */
export interface Margins {
  readonly before: Micros
  readonly after: Micros
  /** By how much this endpoint and another may disagree about the time, without the guard: what `clock_error` limits. */
  readonly clockError: Micros
  /** The parts of them after which the door sets its timers. */
  readonly setup: Micros
  readonly overrun: Micros
}

export const usualGuard = millis(50)

/** Of this endpoint alone. The daemon computes it from the kind and its own clock; a client never does. */
export function marginsOf(
  { setup, overrun, teardown }: Around,
  { own, others }: ClockErrors,
  guard = usualGuard,
): Margins {
  const clockError = sum(own, longest(...others))
  const apart = sum(clockError, guard)
  return { before: sum(setup, apart), after: sum(overrun, teardown, apart), clockError, setup, overrun }
}

/** What a test that starts at `start` takes of this endpoint, rounded outward to whole milliseconds. */
export const windowOf = (start: Moment, duration: Micros, margins: Margins): Window => ({
  from: moment(Math.floor(before(start, margins.before) / tick) * tick),
  to: moment(Math.ceil(after(start, sum(duration, margins.after)) / tick) * tick),
})

/** The group's arm deadline: before it no member's window has begun. The margins are those of all members. */
export const armDeadline = (start: Moment, margins: readonly Pick<Margins, 'before'>[]): Moment =>
  before(start, longest(...margins.map(each => each.before)))

/** How far ahead of now a window has to begin to be offered: hold, confirm and the peers' check travel in between. */
export const leadFor = (roundTrip: Micros | undefined): Micros =>
  roundTrip === undefined ? seconds(1) : longest(millis(250), sum(micros(5 * roundTrip), millis(200)))

/**
 * What must be left of the lead when the hold arrives. Were it all of it, the earliest start of every offer would be too late by
 * the time that the offer and the hold have travelled.
 */
export const leadLeft = (lead: Micros): Micros => micros(Math.floor(lead / 2))

/** The earliest start that may be granted. */
export const earliestStart = (now: Moment, lead: Micros, margins: Margins): Moment =>
  after(now, sum(lead, margins.before))

export const overlap = (a: Window, b: Window): boolean => a.from < b.to && b.from < a.to
export const contains = (outer: Window, inner: Window): boolean => outer.from <= inner.from && inner.to <= outer.to

/** The window without what lies after `at`: what an early end gives back is free at once. */
export const cutAt = ({ from, to }: Window, at: Moment): Window => ({
  from,
  to: moment(Math.min(to, latest(from, roundedUp(at)))),
})

export const roundedUp = (at: Moment): Moment => moment(Math.ceil(at / tick) * tick)

const tick = 1_000
