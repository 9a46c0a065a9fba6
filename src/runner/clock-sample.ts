import { later, ns, type TaiInstant } from '../units/quantity.ts'

/** One reading of a remote TAI clock: it said `tai` at some moment after the question was sent. */
export interface ClockSample {
  readonly tai: TaiInstant
  /** performance.now() when the question was sent. */
  readonly askedAt: number
}

/** What the clock says at `at` (performance.now()) at the latest: all the time since the question was sent is added. */
export const nowOf = ({ tai, askedAt }: ClockSample, at = performance.now()): TaiInstant =>
  later(tai, ns(BigInt(Math.ceil((at - askedAt) * 1e6))))

/** When the clock will say `instant`, as performance.now() of the controller; early by at most one round trip. */
export const whenAt = ({ tai, askedAt }: ClockSample, instant: TaiInstant): number =>
  askedAt + Number(instant - tai) / 1e6
