import { before, type Ticks, ticks } from '../units/micros.ts'
import { type Book, entryOf, forget, put } from './book.ts'
import { faultOf } from './claims.ts'
import type { Entry } from './entry.ts'
import { blockOf, firstFit, giveIn } from './fit.ts'
import { quotaChecks, quotaReason } from './quotas.ts'
import { type Reason, reason } from './reasons.ts'
import { type Decision, type Denied, deny, type Hold, type Now } from './requests.ts'
import { roomsFor } from './rooms.ts'
import { isFirm, move } from './states.ts'
import { leastHold, mostHold } from './timers.ts'
import { contains, earliestStart, windowOf } from './window.ts'

/** A new hold, or one of the asker's own moved to another start, all at once. The tests come in the order of the checks. */
export function hold(book: Book, request: Hold, now: Now): Decision {
  const old = entryOf(book, request.rid)
  const refused =
    faultIn(book, request) ?? ownFault(request, old) ?? startFault(request, now) ?? blockFault(book, request)
  if (refused !== undefined) return deny(refused)
  const others = old === undefined ? book : forget(book, request.rid)
  const quota = quotaChecks(others, request, request.levels).find(({ met }) => !met)
  if (quota !== undefined) return deny(quotaReason(quota))
  return place(book, others, request, now)
}

function place(book: Book, others: Book, request: Hold, now: Now): Decision {
  const window = windowOf(request.start, request.duration, request.margins)
  const given = giveIn(others, roomsFor(others, request.claims, blockOf(others, request)) ?? [], window, 'all')
  if ('kind' in given) return busy(others, request, given.kind === 'ports' ? given.range : undefined)
  const old = entryOf(book, request.rid)
  const row = move('held', 'hold')
  const granted: Entry = {
    ...blank(request, book.epoch),
    ...given,
    window,
    lapsesAt: lapseOf(request, now),
    requests: [...(old?.requests ?? []), request.id],
  }
  return { granted, book: put(book, granted), durable: row.durable, effects: row.effects }
}

/** Not past the begin of its own window; by the clock that nobody sets. */
function lapseOf({ start, margins, holdFor }: Hold, { utc, mono }: Now): Ticks {
  return ticks(mono + Math.min(Math.max(holdFor, leastHold), mostHold, before(start, margins.before) - utc))
}

function busy(book: Book, request: Hold, range: string | undefined): Denied {
  const window = windowOf(request.start, request.duration, request.margins)
  const rooms = roomsFor(book, request.claims, blockOf(book, request)) ?? []
  const next = firstFit(book, request, request.start, 'all')
  // Whether it is taken for certain, or only held by somebody who may let go.
  const firm = 'kind' in giveIn(book, rooms, window, 'firm')
  const facts = { firm, ...(next === undefined ? {} : { next }) }
  return deny(range === undefined ? reason('BUSY', facts) : reason('RESOURCE', { resource: range, ...facts }))
}

function faultIn(book: Book, request: Hold): Reason | undefined {
  const bad = (field: string, why: string) => reason('BAD_REQUEST', { field, why })
  for (const field of ['rid', 'gid', 'id'] as const)
    if (!/^[\w-]{1,64}$/.test(request[field])) return bad(field, 'is no name of letters, digits, _ and -')
  if (!Number.isSafeInteger(request.start)) return bad('start', 'is no whole number of microseconds')
  if (!Number.isSafeInteger(request.duration) || request.duration <= 0) return bad('duration', 'is no time')
  if (request.block && request.within !== undefined) return bad('within', 'a block in a block')
  const fault = faultOf(request.claims, book.resources)
  return fault === undefined ? undefined : bad('claims', `${fault.resource} ${fault.reason}`)
}

function ownFault({ identity, gid }: Hold, old: Entry | undefined): Reason | undefined {
  if (old === undefined) return undefined
  if (old.identity !== identity || old.gid !== gid) return reason('NOT_OWNER')
  return old.state === 'held' ? undefined : reason('NOT_HELD', { state: old.state })
}

function startFault({ start, lead, margins }: Hold, { utc }: Now): Reason | undefined {
  const earliest = earliestStart(utc, lead, margins)
  return start < earliest ? reason('TOO_LATE', { next: earliest }) : undefined
}

function blockFault(book: Book, request: Hold): Reason | undefined {
  if (request.within === undefined) return undefined
  const block = entryOf(book, request.within)
  if (block?.block !== true || !isFirm(block.state) || block.ending !== undefined)
    return reason('NOT_HELD', { block: request.within })
  if (block.identity !== request.identity) return reason('NOT_OWNER', { block: request.within })
  const window = windowOf(request.start, request.duration, request.margins)
  if (!contains(block.window, window)) return reason('LIMIT', { limit: 'block', asked: window, allowed: block.window })
  if (roomsFor(book, request.claims, block) === undefined)
    return reason('LIMIT', { limit: 'block', asked: request.claims, allowed: block.claims })
  return undefined
}

function blank(request: Hold, epoch: number): Omit<Entry, 'uses' | 'ports' | 'window' | 'lapsesAt' | 'requests'> {
  const { rid, gid, identity, kind, block, within, start, duration, margins, claims, details } = request
  return {
    ...{
      rid,
      gid,
      identity,
      class: request.class,
      kind,
      block,
      within,
      start,
      duration,
      margins,
      claims,
      details,
      epoch,
    },
    ...{ state: 'held', armBy: undefined, digest: undefined, onDisconnect: 'cancel', ran: false },
    ...{ ending: undefined, overstays: false, reason: undefined },
  }
}
