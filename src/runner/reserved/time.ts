import { type ArmOptions, bookUntilArmed, cancelBooked, endIn } from '../../client/arm.ts'
import type { Booking, Member } from '../../client/book.ts'
import type { Endpoint } from '../../client/endpoint.ts'
import { type Following, isOver } from '../../client/follow.ts'
import { endOf } from '../../client/refusal.ts'
import { theirNow } from '../../client/seen-clock.ts'
import { placeOf, refuseConflict, whenOf } from '../../client/test-order.ts'
import { LockstepError } from '../../errors/error.ts'
import type { Play, PlayHost } from '../../playbook/play.ts'
import type { Transport } from '../../transport/transport.ts'
import { micros } from '../../units/micros.ts'
import type { Emit } from '../events.ts'
import { allOf } from '../patience.ts'
import { testSpan } from '../test-span.ts'
import type { ReservedPlay } from './booked-flow.ts'
import { reachHosts } from './reach.ts'
import { reservedEvent } from './reserved-event.ts'

export interface TimeOptions {
  readonly transport: Transport
  readonly emit: Emit
  /** Aborted with the reason when the time is over, or lost, before `end`. */
  readonly stop: AbortController
}

/** Time in which a run has its shared hosts. */
export interface ReservedTime {
  /** Reserves it and waits for its beginning. */
  begin(): Promise<void>
  /** Gives the rest of it back. */
  end(): Promise<void>
}

/** Besides the test: connecting, steps, logs, cleaning up. */
const aroundNs = 60_000_000_000n
/** Of a flow whose length only the network knows. */
const openNs = 600_000_000_000n
const what = 'the time of the run'
const overStates = ['done', 'cancelled', 'aborted', 'missed', 'failed']

/** The run ends when an endpoint has ended the time, or does so because it cannot hear us any more. */
export function reservedTime(play: ReservedPlay, options: TimeOptions): ReservedTime {
  const { transport, emit, stop } = options
  const endpoints = new Map<string, Endpoint>()
  let members: readonly Member[] = []
  let booking: Booking | undefined
  let following: Following | undefined
  let begun = false
  let ended = false
  const told: ArmOptions['told'] = (host, view) => {
    const { state, reason } = view
    emit({ kind: 'reservation_state', host, state, ...(reason && { reason: reason.code }) })
    if (begun && !ended && isOver(view)) stop.abort(endOf(what, host, view))
  }
  const endWith = ({ host, lost }: Member['session']) => {
    const lose = () =>
      ended || stop.abort(new LockstepError('STEP_RESERVED', `${what} is over on ${host}, which was lost`))
    lost.addEventListener('abort', lose, { once: true })
  }
  const booked = (one: Booking) => {
    booking = one
    emit(reservedEvent(one, members))
  }
  return {
    begin: async () => {
      await reachHosts(sharedHosts(play), { transport, signal: stop.signal, emit }, endpoints)
      members = membersOf(play, endpoints)
      refuseConflict(members)
      const armed = await bookUntilArmed(orderOf(play, members), { what, booked, told }, stop.signal)
      following = armed.following
      begun = true
      if (play.reserve.onDisconnect === 'cancel') for (const { session } of members) endWith(session)
      const isActive = (view: unknown) => typeof view === 'object' && (view as { state: string }).state === 'active'
      const standing = await armed.following.until(all => [...all.values()].every(isActive), stop.signal)
      const end = endIn(what, armed.order, standing, overStates)
      if (end !== undefined) throw end.error
      stop.signal.throwIfAborted()
    },
    end: async () => {
      ended = true
      if (booking !== undefined) await cancelBooked({ members }, booking, following)
      await allOf([...endpoints.values()].map(endpoint => endpoint.close()))
    },
  }
}

function sharedHosts({ hosts }: Play): readonly PlayHost[] {
  const shared = hosts.filter(({ broker }) => broker !== undefined)
  if (shared.length > 0) return shared
  throw new LockstepError('PLAYBOOK_HOST', 'time is to be reserved, and no host of the play has a lockstepd', {
    hint: "name the login of its broker by the variable 'lockstep_user' of each shared host",
  })
}

const membersOf = (play: ReservedPlay, endpoints: ReadonlyMap<string, Endpoint>): Member[] =>
  [...endpoints].map(([name, endpoint]) => {
    const device = play.hosts.find(host => host.name === name)?.interface ?? ''
    const own = placeOf(endpoint, device, false)
    const claims = play.reserve.claims ?? [`nic:${own.device}`]
    const block = claims.map(resource => ({ resource, mode: 'exclusive' as const }))
    return { ...endpoint, spec: { block }, address: own.address }
  })

const orderOf = (play: ReservedPlay, members: readonly Member[]) => {
  const { earliest, latest, duration, onDisconnect } = play.reserve
  const length = duration ?? longest(play)
  return {
    ...{ members, when: whenOf(earliest, latest, theirNow(members)), onDisconnect, what: { block: play.name } },
    duration: micros(Math.ceil(Number(length) / 1_000)),
  }
}

/** Every attempt with a gate that takes all of its time. */
function longest(play: Play): bigint {
  const { span, open } = testSpan(play)
  const gate = play.sync?.gate.timeout ?? 0n
  return BigInt(play.attempts) * (span + gate + (open ? openNs : 0n)) + aroundNs
}
