import { agrees, armByOf, digestOf } from './agreement.ts'
import { type Book, entryOf, forget, lapsed, put } from './book.ts'
import type { Entry } from './entry.ts'
import { type Happened, happen } from './happen.ts'
import { hold } from './hold.ts'
import { quotaReason, stateChecks } from './quotas.ts'
import { type Reason, reason } from './reasons.ts'
import type { Cancel, Confirm, Decision, Now, Release, Request } from './requests.ts'
import { deny } from './requests.ts'
import { isFinal, mayHappen } from './states.ts'

/**
 * What the book answers to a request: one step, whole or not at all. Requests are decided one after the other.
 * The daemon is its door to the world.
 *
 * The door's duties, in this order: take the holds that have lapsed (`swept`), and write and tell of each; decide; write the
 * record of the entry if it is another one than before; take the new book; where `durable` is not `no`, wait until all that is
 * written is on disk; answer; do what `effects` says; set the timers of `timersOf(granted)`. Lapsed holds are no obstacle even
 * where the door forgets them.
 */
export function decide(book: Book, request: Request, now: Now): Decision {
  const current = swept(book, now).book
  const known = entryOf(current, request.rid)
  if (known?.requests.includes(request.id) && known.identity === request.identity) return asBefore(current, known)
  if (request.op === 'hold') return hold(current, request, now)
  if (known === undefined) return deny(reason('NOT_HELD', { epoch: book.epoch }))
  if (request.op === 'confirm') return confirm(current, known, request, now)
  return request.op === 'release' ? release(current, known, request, now) : cancel(current, known, request, now)
}

/** Without the holds that have lapsed; each is told of, for the journal and whoever watches. */
export function swept(book: Book, now: Now): { readonly book: Book; readonly lapsed: readonly Happened[] } {
  let current = book
  const gone: Happened[] = []
  for (const { rid } of lapsed(book, now.mono)) {
    const step = happen(current, { event: 'lapse', rid }, now)
    gone.push(step)
    current = step.book
  }
  return { book: current, lapsed: gone }
}

function confirm(book: Book, known: Entry, request: Confirm, now: Now): Decision {
  if (known.identity !== request.identity) return deny(reason('NOT_OWNER'))
  if (known.state !== 'held')
    return deny(reason(known.state === 'expired' ? 'EXPIRED' : 'NOT_HELD', { state: known.state }))
  const armBy = armByOf(request.agreement)
  if (now.utc >= armBy) return deny(reason('TOO_LATE', { armBy }))
  if (digestOf(request.agreement) !== request.digest || !agrees(request.agreement, known)) return deny(reason('DIGEST'))
  const quota = pendingFault(forget(book, known.rid), request)
  if (quota !== undefined) return deny(quota)
  const { digest, onDisconnect, details } = request
  const step = happen(book, { event: 'confirm', rid: known.rid, change: { armBy, digest, onDisconnect, details } }, now)
  return answered(step, request.id)
}

function pendingFault(others: Book, { levels }: Confirm): Reason | undefined {
  const check = levels.flatMap(level => stateChecks(others, level, ['pending'])).find(({ met }) => !met)
  return check && quotaReason(check)
}

function release(book: Book, known: Entry, request: Release, now: Now): Decision {
  if (known.identity !== request.identity) return deny(reason('NOT_OWNER'))
  // What is over already is as free as it can be.
  if (isFinal(known.state)) return asBefore(book, known)
  if (known.state !== 'held') return deny(reason('NOT_HELD', { state: known.state }))
  return answered(happen(book, { event: 'release', rid: known.rid }, now), request.id)
}

function cancel(book: Book, known: Entry, request: Cancel, now: Now): Decision {
  if (known.identity !== request.identity && !request.admin) return deny(reason('NOT_OWNER'))
  if (isFinal(known.state)) return asBefore(book, known)
  if (known.state === 'held') return answered(happen(book, { event: 'release', rid: known.rid }, now), request.id)
  if (known.ending === 'cancel' || !mayHappen(known.state, 'cancel')) return asBefore(book, known)
  return answered(
    happen(
      book,
      { event: 'cancel', rid: known.rid, change: { reason: reason('CANCELLED', { by: request.identity }) } },
      now,
    ),
    request.id,
  )
}

/** Nothing new to write. But the record that the answer speaks of may still be on its way to the disk. */
const asBefore = (book: Book, known: Entry): Decision => ({
  ...{ granted: known, book, effects: [] },
  durable: ['held', 'released', 'expired'].includes(known.state) ? 'no' : 'reply',
})

/** The request's id is remembered, so that a repetition changes nothing. */
function answered({ entry, book, durable, effects }: Happened, id: string): Decision {
  const granted = { ...entry, requests: [...entry.requests, id] }
  return { granted, book: put(book, granted), durable, effects }
}
