import type { Entry } from '../book/entry.ts'
import { type Reason, reasons, retryOf } from '../book/reasons.ts'
import { moment } from '../units/micros.ts'
import type { BusyView, Refused, ReservationView } from '../wire/book-answers.ts'

/** One's own reservation; the group's key stays where it is. */
export const viewOf = (entry: Entry): ReservationView => {
  const { rid, gid, state, kind, start, duration, window, reason, overstays } = entry
  return { rid, gid, state, kind, start, duration, window, reason, overstays }
}

/** Somebody else's is time that is taken. */
export const busyOf = ({ claims, window }: Entry): BusyView => ({
  resources: claims.map(({ resource }) => resource),
  window,
})

export function refusal(id: string | undefined, why: Reason): Refused {
  const { next } = why.data
  return {
    ...{ id, ok: false, code: why.code, retry: retryOf(why), detail: reasons[why.code].meaning, data: why.data },
    next: typeof next === 'number' ? moment(next) : undefined,
  }
}
