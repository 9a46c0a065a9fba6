import { retryOf } from '../book/reasons.ts'
import { LockstepError } from '../errors/error.ts'
import { deadline } from '../transport/deadline.ts'
import { micros } from '../units/micros.ts'
import type { ReservationView } from '../wire/book-answers.ts'
import { type Booking, book, type Order } from './book.ts'
import { type Following, follow, isOver, type Standing } from './follow.ts'
import { endOf, reasonOf } from './refusal.ts'

/** What all members of a group have agreed to, among themselves too. */
export interface Armed<O extends Order = Order> {
  readonly order: O
  readonly booking: Booking
  readonly following: Following
}

export interface ArmOptions {
  /** For errors: the flow, or whatever else it is. */
  readonly what: string
  readonly booked: (booking: Booking) => void
  readonly told: (host: string, reservation: ReservationView) => void
}

const attempts = 3
/** Endpoints that were too busy for their check get this more of a lead at each further attempt, fivefold. */
const moreRoundTrip = 100_000

/**
 * Books and waits until every endpoint is armed. Where the members did not find each other in time, it is done anew with more
 * time for it. Throws what ended it otherwise, with nothing left behind.
 */
export async function bookUntilArmed<O extends Order>(
  order: O,
  { what, booked, told }: ArmOptions,
  signal: AbortSignal,
): Promise<Armed<O>> {
  for (let attempt = 1; ; attempt++) {
    const patient = { ...order, members: order.members.map(member => slower(member, attempt)) }
    const booking = await book(patient, signal)
    booked(booking)
    const following = await follow(order.members, booking, { told })
    const standing = await following.until(isSettled, signal).catch(error => {
      letGo(order, booking)
      throw error
    })
    const end = endIn(what, order, standing, ['aborted', 'missed', 'expired', 'released'])
    if (end === undefined) return { order, booking, following }
    letGo(order, booking)
    if (attempt === attempts || !end.again) throw end.error
  }
}

/** Not waited for: who does not hear it ends it by itself. */
function letGo({ members }: Order, { rids }: Booking): void {
  for (const { session } of members) session.tell('cancel', { rid: rids[session.welcome.endpoint] ?? '' })
}

const slower = (member: Order['members'][number], attempt: number) => ({
  ...member,
  seen: { ...member.seen, roundTrip: micros(member.seen.roundTrip + (attempt - 1) * moreRoundTrip) },
})

const isSettled = (standing: Standing) =>
  [...standing.values()].every(view => view === 'lost' || !['held', 'confirmed'].includes(view.state))

export interface End {
  readonly error: LockstepError
  /** Whether it is worth another attempt. */
  readonly again: boolean
}

/** The end, of those that should not be, that says most of why: what a peer was told comes after what happened. */
export function endIn(what: string, { members }: Order, standing: Standing, bad: readonly string[]): End | undefined {
  const ends = members.flatMap(({ session: { host, welcome } }) => {
    const view = standing.get(welcome.endpoint)
    return view === undefined || view === 'lost' || !bad.includes(view.state) ? [] : [{ host, view }]
  })
  const [first] = ends.sort((a, b) => isTold(a.view.reason) - isTold(b.view.reason))
  if (first !== undefined) return { error: endOf(what, first.host, first.view), again: isPassing(first.view) }
  if (members.some(({ session }) => standing.get(session.welcome.endpoint) !== 'lost')) return undefined
  const error = new LockstepError('STEP_RESERVED', `${what}: no endpoint of it can be asked any more`, {
    hint: 'what it measured is kept there: lockstep results',
  })
  return { error, again: false }
}

const isPassing = ({ reason }: ReservationView): boolean =>
  reason !== undefined && retryOf(reasonOf({ code: reason.code, data: reason.data })) === 'anew'

const isTold = (reason: { readonly data: Readonly<Record<string, unknown>> } | undefined): number =>
  reason?.data['peer'] === undefined ? 0 : 1

/** Ends it wherever it is not over yet, and waits until it is. Who cannot be asked any more lets it lapse by himself. */
export async function cancelBooked(
  { members }: Pick<Order, 'members'>,
  { rids }: Booking,
  following: Following | undefined,
): Promise<void> {
  const standing = following?.standing()
  const open = members.filter(({ session }) => !isOver(standing?.get(session.welcome.endpoint)))
  await Promise.all(
    open.map(({ session }) => session.ask('cancel', { rid: rids[session.welcome.endpoint] ?? '' }).catch(unheard)),
  )
  const limit = deadline(cancelMs, () => new LockstepError('STEP_RESERVED', 'what was cancelled does not end'))
  await following?.until(() => false, limit.signal).catch(unheard)
  limit.done()
}

/** How long endpoints may take to end what is cancelled. */
const cancelMs = 15_000

function unheard(error: unknown): undefined {
  if (!(error instanceof LockstepError)) throw error
  return undefined
}
