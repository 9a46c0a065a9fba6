import type { Availability } from '../book/calls.ts'
import { intersection, type Range } from '../book/ranges.ts'
import { LockstepError } from '../errors/error.ts'
import { type Order, peersOf } from './book.ts'
import { isAnswered } from './broker-session.ts'
import { reasonOf, refusalError } from './refusal.ts'

export interface FreeStarts {
  /** Starts at which all endpoints are free, us since 1970 UTC, half open, ascending. */
  readonly ranges: readonly Range[]
  /** After the asked time: the latest of what each endpoint has to offer next; undefined: nobody knows. */
  readonly next: number | undefined
}

/** When this could run, as things are now: nothing is held by asking. */
export async function freeStarts(order: Order): Promise<FreeStarts> {
  const offers = await Promise.all(
    order.members.map(async member => {
      const { session, spec, seen } = member
      const answer = await session.ask('avail', {
        ...{
          spec,
          peers: peersOf(member, order),
          duration: order.duration,
          roundTrip: seen.roundTrip,
          when: order.when,
        },
      })
      if (isAnswered(answer)) return answer as unknown as Availability
      throw refusalError(reasonOf(answer), session.host)
    }),
  )
  const [first, ...rest] = offers
  if (first === undefined) throw new LockstepError('HOST_BROKER', 'there is no endpoint to ask')
  const asked = { from: first.asked.from, to: first.asked.to }
  const ranges = rest.reduce<readonly Range[]>(
    (common, { soft }) => intersection(common, soft.ranges),
    intersection([asked], first.soft.ranges),
  )
  const nexts = offers.map(({ next }) => next)
  return { ranges, next: nexts.some(each => each === undefined) ? undefined : Math.max(...nexts.map(Number)) }
}
