import type { Ask } from '../book/judge.ts'
import { after, longest, type Micros, type Moment, micros } from '../units/micros.ts'
import { type Net, parseNet } from '../units/net.ts'
import type { BookRequest } from '../wire/book-messages.ts'

type Wish = BookRequest<'avail'> | BookRequest<'hold'>

/**
 * What the static limits are applied to, as far as it stands in the request itself. What follows from the parameters of a
 * tool, and this endpoint's own part of the clock error, only lockstepd knows; it looks at all limits again.
 */
export function askOf(request: Wish, now: Moment): Ask {
  const { spec, duration, peers } = request
  const common = {
    duration,
    start: startOf(request, now),
    clock_error: longest(...peers.map(({ clockError }): Micros => clockError ?? micros(0))),
    unsynced: false,
    single_ended: peers.length === 0 || peers.some(({ clockError }) => clockError === undefined),
    on_disconnect_continue: false,
  }
  if ('block' in spec) return { ...common, single_ended: false, block: true }
  const { kind, profile, role, from, to } = spec
  const far = role === 'sender' ? to : from
  const addresses = [far, ...peers.flatMap(({ address }) => address ?? [])]
  return {
    ...common,
    ...{ kinds: kind, profiles: profile, roles: role, interfaces: spec.interface, block: false },
    peers: addresses.map(netOf),
  }
}

/** The earliest that is asked for: a later one may be beyond a limit, but then it is not offered. */
function startOf(request: Wish, now: Moment): Moment {
  if (request.op === 'hold') return request.start
  const { when } = request
  return 'from' in when ? when.from : after(now, when.after)
}

/** What is no address lies in no network. */
const netOf = (address: string): Net => parseNet(address.replace(/%.*$/, '')) ?? nowhere
const nowhere: Net = { bits: 128, address: 0n, prefix: 0 }
