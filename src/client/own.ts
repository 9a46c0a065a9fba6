import { LockstepError } from '../errors/error.ts'
import type { Answers, ReservationView } from '../wire/book-answers.ts'
import { type BrokerSession, isAnswered } from './broker-session.ts'
import { reasonOf, refusalError } from './refusal.ts'

/** What an endpoint has of ours, over or not, and when others have it. */
export async function listReservations(session: BrokerSession): Promise<Answers['list']> {
  const answer = await session.ask('list', {})
  if (!isAnswered(answer)) throw refusalError(reasonOf(answer), session.host)
  return answer as unknown as Answers['list']
}

/** Of ours, those that a name means: a reservation, or the group that it belongs to. BOOK_RESULT when there is none. */
export async function ownNamed(session: BrokerSession, name: string): Promise<readonly ReservationView[]> {
  const { reservations } = await listReservations(session)
  const meant = reservations.filter(({ rid, gid }) => rid === name || gid === name)
  if (meant.length > 0) return meant
  throw new LockstepError('BOOK_RESULT', `${session.host} has no reservation ${name} of ours`, {
    hint: 'see lockstep reservations',
  })
}

/** Throws what `refusalError` makes of a refusal. */
export async function cancelReservation(session: BrokerSession, rid: string): Promise<ReservationView> {
  const answer = await session.ask('cancel', { rid })
  if (!isAnswered(answer)) throw refusalError(reasonOf(answer), session.host)
  return (answer as unknown as Answers['status']).reservation
}
