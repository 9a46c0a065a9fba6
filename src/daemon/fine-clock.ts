import { type Moment, moment } from '../units/micros.ts'

/** Longer than this a clock that is being slewed has left what we hold it for. */
const freshUs = 1_000_000

/**
 * UTC in microseconds. `Date.now()` has only whole milliseconds, too coarse to see whether clocks of PTP agree: so its next tick
 * is waited for, at most a millisecond, and counted on from by the clock that nobody sets.
 */
export function fineClock(): () => Moment {
  let tick: { readonly utc: number; readonly mono: number } | undefined
  return () => {
    const mono = monoUs()
    if (tick !== undefined && mono - tick.mono < freshUs && agrees(tick.utc + mono - tick.mono)) return at(tick, mono)
    tick = nextTick()
    return at(tick, monoUs())
  }
}

const at = (tick: { readonly utc: number; readonly mono: number }, mono: number): Moment =>
  moment(tick.utc + mono - tick.mono)

/** A clock that was set meanwhile says something else. */
const agrees = (utc: number): boolean => Math.abs(utc - Date.now() * 1_000 - 500) < 700

function nextTick() {
  const from = Date.now()
  let now = from
  while (now === from) now = Date.now()
  return { utc: now * 1_000, mono: monoUs() }
}

const monoUs = () => Number(process.hrtime.bigint() / 1_000n)
