import { type Nanoseconds, ns } from '../units/quantity.ts'

/** One question for the time: when it was asked and answered by our clock, and what the other clock said, all ns UTC. */
export interface ClockAnswer {
  readonly asked: bigint
  readonly said: bigint
  readonly answered: bigint
}

export interface ClockEstimate {
  /** The other clock minus ours; positive: the other one is ahead. */
  readonly offset: Nanoseconds
  /** The truth lies within offset ± uncertainty: half of the round trip, since nobody knows how it was shared out. */
  readonly uncertainty: Nanoseconds
}

/** The estimate of the quickest answer, whose uncertainty is the smallest (RFC 5905, section 8). */
export function estimateOffset(answers: readonly ClockAnswer[]): ClockEstimate | undefined {
  const [best] = answers.toSorted((a, b) => Number(a.answered - a.asked - (b.answered - b.asked)))
  if (best === undefined) return undefined
  const roundTrip = best.answered - best.asked
  return { offset: ns(best.said - best.asked - roundTrip / 2n), uncertainty: ns((roundTrip + 1n) / 2n) }
}
