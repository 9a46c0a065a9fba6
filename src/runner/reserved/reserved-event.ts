import type { Booking, Member } from '../../client/book.ts'
import { theirNow } from '../../client/seen-clock.ts'

/** What is booked, as an event of the run. */
export function reservedEvent({ agreement, rids, attempts }: Booking, members: readonly Member[]) {
  const { start, duration } = agreement
  const now = theirNow(members)
  return {
    ...{ kind: 'reserved' as const, start: new Date(start / 1_000).toISOString(), attempts },
    ...{ lastsMs: Math.round(duration / 1_000), waitsMs: Math.round((start - now) / 1_000) },
    reservations: Object.fromEntries(
      members.map(({ session: { host, welcome } }) => [host, rids[welcome.endpoint] ?? '']),
    ),
  }
}
