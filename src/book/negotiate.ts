import { type Micros, type Moment, micros, moment, seconds, type Ticks } from '../units/micros.ts'
import type { Random } from '../units/random.ts'
import { type Agreement, digestOf, type Receipt } from './agreement.ts'
import type { Availability, Call, Done, Reply, When, Work } from './calls.ts'
import { intersection, type Range } from './ranges.ts'
import { type Reason, reason } from './reasons.ts'

/** One common slot on several endpoints. */
export interface Aim {
  readonly gid: string
  readonly endpoints: readonly string[]
  readonly when: When
  readonly duration: Micros
  /** What is run. JSON. */
  readonly spec: unknown
  /** How long may be negotiated: at least twice the time that a hold lasts, so that the holds of the dead are outlived. */
  readonly budget: Micros
  /** Any free start will do as well as the first. */
  readonly jitter: boolean
}

export type Outcome =
  | { readonly agreement: Agreement; readonly rids: Readonly<Record<string, string>>; readonly attempts: number }
  | { readonly denied: Reason; readonly endpoint?: string }

export const usualBudget = seconds(15)
/** Of one call. */
export const callTime = seconds(5)

/**
 * The client's side as a generator: it yields what is to be done and is given what came of it. It touches no clock, network
 * or randomness itself, so the daemon's client, the simulation and the tests drive the same rules.
 *
 * The first attempt holds everywhere at once. Later ones hold one endpoint after the other, in the order of their names: of
 * rivals who do so, the one with the furthest hold is refused by nobody, so that some one of them always gets through.
 */
export function* negotiate(aim: Aim, began: Ticks, random: Random): Generator<Work, Outcome, Done> {
  const endpoints = [...aim.endpoints].sort()
  let [when, at] = [aim.when, began]
  let failure: Outcome = { denied: reason('CONTENDED', { attempts: 0 }) }
  for (let attempt = 1; at - began < aim.budget; attempt++) {
    const found = yield* search(endpoints, when, { began: at, trips: attempt === 1 ? 1 : endpoints.length })
    when = found.when ?? when
    if (found.outcome !== undefined) return found.outcome
    if (found.starts.length > 0) {
      const group: Group = { aim, endpoints, attempt, start: chosen(found.starts, aim.jitter, random) }
      const outcome = yield* settle(group)
      if (outcome !== undefined) return outcome
    }
    failure = found.lost ?? { denied: reason('CONTENDED', { attempts: attempt }) }
    const pause = 5_000 + random.below(15_000 + Math.min(400_000, 40_000 * attempt))
    at = (yield { do: 'wait', time: micros(pause) }).at
  }
  return failure
}

interface Search {
  /** The starts at which all are free; none when they are only held by others. */
  readonly starts: readonly Range[]
  /** The asked time, as absolute as all endpoints together understand it. */
  readonly when?: When
  readonly outcome?: Outcome
  readonly lost?: Outcome
}

interface Pace {
  readonly began: Ticks
  /** How many round trips pass until the last hold is asked for. */
  readonly trips: number
}

/** What all endpoints offer together. Offers that were cut are asked for again from where they end. */
function* search(endpoints: readonly string[], when: When, { began, trips }: Pace): Generator<Work, Search, Done> {
  let [open, page, all, since] = [false, when, undefined as When | undefined, began]
  for (;;) {
    const { at, replies } = yield {
      do: 'call',
      calls: endpoints.map(endpoint => ({ endpoint, op: 'avail', when: page })),
    }
    const fault = faultIn(endpoints, replies)
    if (fault !== undefined) return { starts: [], ...fault }
    const offers = replies as readonly Availability[]
    const asked = {
      from: Math.max(...offers.map(each => each.asked.from)),
      to: Math.min(...offers.map(each => each.asked.to)),
    }
    all ??= { from: moment(asked.from), to: moment(asked.to - 1) }
    const starts = common(offers, 'soft', asked)
    open ||= common(offers, 'hard', asked).length > 0
    if (starts.length > 0) return { starts: behind(starts, asked.from + trips * (at - since)), when: all }
    since = at
    const known = Math.min(...offers.flatMap(({ soft, hard }) => [soft.known, hard.known]))
    if (known >= asked.to)
      return open ? { starts, when: all } : { starts, outcome: { denied: busy(endpoints, offers) } }
    page = { from: moment(known), to: moment(asked.to - 1) }
  }
}

const common = (offers: readonly Availability[], kind: 'soft' | 'hard', asked: Range) =>
  offers.reduce<readonly Range[]>(
    (ranges, offer) => intersection(ranges, offer[kind].ranges),
    [asked].filter(({ from, to }) => from < to),
  )

/** The earliest start of an offer is out of reach by the time that the holds have travelled; better late than none. */
function behind(starts: readonly Range[], reachable: number): readonly Range[] {
  const later = intersection(starts, [{ from: reachable, to: Number.POSITIVE_INFINITY }])
  return later.length > 0 ? later : starts
}

/** What is confirmed leaves no room: when there will be some, endpoint by endpoint. */
const busy = (endpoints: readonly string[], offers: readonly Availability[]): Reason =>
  reason('BUSY', { next: Object.fromEntries(endpoints.map((endpoint, i) => [endpoint, offers[i]?.next])) })

/** A refusal of the endpoints' rules ends it all; silence may end. */
function faultIn(
  endpoints: readonly string[],
  replies: readonly Reply[],
): { outcome: Outcome } | { lost: Outcome } | undefined {
  const refused = replies.findIndex(reply => typeof reply === 'object' && 'denied' in reply)
  const [reply, endpoint = ''] = [replies[refused], endpoints[refused]]
  if (typeof reply === 'object' && 'denied' in reply) return { outcome: { denied: reply.denied, endpoint } }
  const silent = endpoints[replies.findIndex(each => each === 'lost' || each === 'done' || !('soft' in each))]
  return silent === undefined
    ? undefined
    : { lost: { denied: reason('PEER_UNREACHABLE', { peer: silent }), endpoint: silent } }
}

function chosen(starts: readonly Range[], jitter: boolean, random: Random): Moment {
  const first = starts[0]?.from ?? 0
  if (!jitter) return moment(first)
  const ticks = starts.map(({ from, to }) => Math.ceil((to - from) / 1_000))
  let drawn = random.below(ticks.reduce((total, each) => total + each, 0))
  for (const [i, range] of starts.entries()) {
    const own = ticks[i] ?? 0
    if (drawn < own) return moment(range.from + drawn * 1_000)
    drawn -= own
  }
  return moment(first)
}

interface Group {
  readonly aim: Aim
  readonly endpoints: readonly string[]
  readonly attempt: number
  readonly start: Moment
}

/** Holds everywhere and confirms, or lets go everywhere. Undefined: try again. */
function* settle(group: Group): Generator<Work, Outcome | undefined, Done> {
  const { aim, endpoints, attempt, start } = group
  const rids = Object.fromEntries(endpoints.map((endpoint, i) => [endpoint, `${aim.gid}-${attempt}-${i}`]))
  const ridOf = (endpoint: string) => rids[endpoint] ?? ''
  const holds = endpoints.map((endpoint): Call => ({ endpoint, op: 'hold', rid: ridOf(endpoint), start }))
  const replies = yield* attempt === 1 ? allAtOnce(holds) : oneByOne(holds)
  const receipts = replies.flatMap(reply => (typeof reply === 'object' && 'receipt' in reply ? [reply.receipt] : []))
  // What was asked for and not answered may be held all the same.
  const asked = endpoints.slice(0, replies.length)
  if (receipts.length < endpoints.length) {
    yield { do: 'tell', calls: asked.map(endpoint => ({ endpoint, op: 'release', rid: ridOf(endpoint) })) }
    return refusal(asked, replies)
  }
  const agreement = agreementOf(group, receipts)
  const digest = digestOf(agreement)
  const confirms = endpoints.map(
    (endpoint): Call => ({ endpoint, op: 'confirm', rid: ridOf(endpoint), agreement, digest }),
  )
  const answers = yield* allAtOnce(confirms)
  if (answers.every(answer => answer === 'done')) return { agreement, rids, attempts: attempt }
  yield { do: 'tell', calls: endpoints.map(endpoint => ({ endpoint, op: 'cancel', rid: ridOf(endpoint) })) }
  return refusal(endpoints, answers)
}

function* allAtOnce(calls: readonly Call[]): Generator<Work, readonly Reply[], Done> {
  return (yield { do: 'call', calls }).replies
}

/** Up to the first that does not get its hold. */
function* oneByOne(calls: readonly Call[]): Generator<Work, readonly Reply[], Done> {
  const got: Reply[] = []
  for (const call of calls) {
    const [reply = 'lost' as const] = (yield { do: 'call', calls: [call] }).replies
    got.push(reply)
    if (typeof reply !== 'object' || !('receipt' in reply)) break
  }
  return got
}

const agreementOf = ({ aim, endpoints, start }: Group, receipts: readonly Receipt[]): Agreement => ({
  ...{ gid: aim.gid, start, duration: aim.duration, spec: aim.spec },
  members: Object.fromEntries(endpoints.map((endpoint, i) => [endpoint, receipts[i] as Receipt])), // one each
})

/** A refusal that another attempt would only meet again. */
function refusal(endpoints: readonly string[], replies: readonly Reply[]): Outcome | undefined {
  const found = replies.flatMap((reply, i) =>
    typeof reply === 'object' && 'denied' in reply && !passes(reply.denied)
      ? [{ denied: reply.denied, endpoint: endpoints[i] ?? '' }]
      : [],
  )
  return found[0]
}

/** Somebody was quicker, or the asker too slow. A hold of one's own that was not let go yet counts among the held. */
function passes({ code, data }: Reason): boolean {
  if (code === 'QUOTA') return data['quota'] === 'held'
  return (['BUSY', 'RESOURCE', 'TOO_LATE', 'NOT_HELD', 'EXPIRED', 'DIGEST', 'JOURNAL'] as const).some(
    each => each === code,
  )
}
