import { isFinal, type State, states } from '../book/states.ts'
import { LockstepError } from '../errors/error.ts'
import { pause } from '../transport/deadline.ts'
import type { Answers, ReservationView } from '../wire/book-answers.ts'
import type { Booking, Member } from './book.ts'
import { isAnswered } from './broker-session.ts'
import { theirNow } from './seen-clock.ts'

/** How a reservation stands on each endpoint, by the endpoints' names; `lost`: nobody can be asked any more. */
export type Standing = ReadonlyMap<string, ReservationView | 'lost'>

export interface Following {
  /** As it is now. */
  standing(): Standing
  /** Whether anything was started on an endpoint, as far as anybody knows. */
  mayHaveRun(): boolean
  /** Resolves when it is over on all endpoints that can be asked, and as soon as `enough` says so. */
  until(enough: (standing: Standing) => boolean, signal: AbortSignal): Promise<Standing>
}

export interface FollowOptions {
  /** Hears of each new state. */
  readonly told: (host: string, reservation: ReservationView) => void
}

/** Endpoints that are late with their last word are waited for so long: they trade for half a minute at most. */
const patienceMs = 45_000
const lookMs = 2_000
const running = ['active', 'trading', 'done', 'failed']

/** Follows a booking from its confirmation to its end. Whoever is watched already tells by himself; the rest is asked. */
export async function follow(
  members: readonly Member[],
  { agreement, rids }: Booking,
  { told }: FollowOptions,
): Promise<Following> {
  const standing = new Map<string, ReservationView | 'lost'>()
  let heard: () => void = () => undefined
  let hasRun = false
  const note = ({ session }: Member, reservation: ReservationView) => {
    const { endpoint } = session.welcome
    const before = standing.get(endpoint)
    if (before === 'lost' || rank(reservation) < rank(before)) return
    if (before?.state !== reservation.state) told(session.host, reservation)
    standing.set(endpoint, reservation)
    hasRun ||= running.includes(reservation.state)
    heard()
  }
  const look = async (member: Member) => {
    const { endpoint } = member.session.welcome
    try {
      const answer = await member.session.ask('status', { rid: rids[endpoint] ?? '' })
      if (isAnswered(answer)) note(member, (answer as unknown as Answers['status']).reservation)
    } catch (error) {
      if (!(error instanceof LockstepError)) throw error
    }
  }
  for (const member of members) {
    const { lost, welcome, onChange, ask, keep } = member.session
    keep(agreement.gid)
    const lose = () => {
      if (!isOver(standing.get(welcome.endpoint))) standing.set(welcome.endpoint, 'lost')
      heard()
    }
    lost.addEventListener('abort', lose, { once: true })
    if (lost.aborted) lose()
    const rid = rids[welcome.endpoint]
    onChange(reservation => reservation.rid === rid && note(member, reservation))
    // All of our own: several bookings share a conversation. Where it cannot be had it is looked at.
    ask('watch', {}).catch(() => undefined)
  }
  await Promise.all(members.map(look))
  const end = Math.max(...Object.values(agreement.members).map(({ window }) => window.to))
  const leftMs = () => (end - theirNow(members)) / 1_000 + patienceMs
  const allOver = () => members.every(({ session }) => isOver(standing.get(session.welcome.endpoint)))
  return {
    standing: () => standing,
    mayHaveRun: () => hasRun || [...standing.values()].includes('lost'),
    until: async (enough, signal) => {
      while (!allOver() && !enough(standing)) {
        if (leftMs() <= 0) throw new LockstepError('STEP_RESERVED', 'the reservation does not come to its end')
        const woken = new AbortController()
        heard = () => woken.abort()
        await pause(Math.min(lookMs, leftMs()), AbortSignal.any([signal, woken.signal])).catch(() => undefined)
        signal.throwIfAborted()
        if (!woken.signal.aborted) await Promise.all(members.map(look))
      }
      return standing
    },
  }
}

export const isOver = (view: ReservationView | 'lost' | undefined): boolean =>
  view === 'lost' || (view !== undefined && isFinal(view.state as State))

/** States go one way; an answer may be older than what was told meanwhile. */
const rank = (view: ReservationView | undefined): number =>
  view === undefined ? -1 : isFinal(view.state as State) ? states.length : states.indexOf(view.state as State)
