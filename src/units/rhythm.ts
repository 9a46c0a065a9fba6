import type { Random } from './random.ts'

/** When something is done over and over. */
export interface Rhythm {
  /** From one start to the next; undefined: at the times of day, or one after the other. */
  readonly intervalMs: number | undefined
  /** Share of the interval by which each start may be off, up to half. */
  readonly jitter: number
  /** Times of day, UTC; without an hour in every one. */
  readonly at: readonly { readonly hour: number | undefined; readonly minute: number }[]
}

/**
 * The starts from `from` on, ms since 1970 UTC, ascending; none where there is no rhythm. Those of an interval keep to their grid:
 * what one is off does not move the next.
 */
export function* startsOf({ intervalMs, jitter, at }: Rhythm, from: number, random: Random): Generator<number> {
  if (intervalMs !== undefined) {
    yield from
    for (let n = 1; ; n++) yield from + n * intervalMs + off(intervalMs * jitter, random)
  }
  if (at.length === 0) return
  for (let minute = Math.ceil(from / minuteMs); ; minute++) {
    const date = new Date(minute * minuteMs)
    const isDue = at.some(
      each => each.minute === date.getUTCMinutes() && (each.hour === undefined || each.hour === date.getUTCHours()),
    )
    if (isDue) yield minute * minuteMs
  }
}

const minuteMs = 60_000

const off = (most: number, random: Random) => (most < 1 ? 0 : random.below(Math.floor(2 * most) + 1) - Math.floor(most))
