import { randomBytes, randomInt } from 'node:crypto'
import type { Agreement } from '../book/agreement.ts'
import type { Call, Done, Reply, When, Work } from '../book/calls.ts'
import { negotiate, usualBudget } from '../book/negotiate.ts'
import { LockstepError } from '../errors/error.ts'
import { pause } from '../transport/deadline.ts'
import { type Micros, ticks } from '../units/micros.ts'
import { random } from '../units/random.ts'
import type { Answered } from '../wire/book-answers.ts'
import type { WireBlock, WirePeer, WireTest } from '../wire/book-shapes.ts'
import { type BrokerSession, type Fields, isAnswered } from './broker-session.ts'
import type { LastingSession } from './lasting-session.ts'
import { reasonOf, refusalError } from './refusal.ts'
import type { SeenClock } from './seen-clock.ts'

/** One endpoint, and its part in what is booked. */
export interface Member {
  readonly session: LastingSession
  readonly seen: SeenClock
  readonly spec: WireTest | WireBlock
  /** What the other members reach it by: a number. */
  readonly address: string
}

export interface Order {
  readonly members: readonly Member[]
  readonly when: When
  readonly duration: Micros
  /** What becomes of it when the conversation ends. */
  readonly onDisconnect: 'cancel' | 'continue'
  /** What is run: JSON, the same to all. */
  readonly what: unknown
  /** How far apart two clocks may be, by the test's own gate. */
  readonly maxOffset?: Micros
  /** Any free start will do as well as the first. */
  readonly jitter?: boolean
}

export interface Booking {
  readonly agreement: Agreement
  /** By the names of the endpoints. */
  readonly rids: Readonly<Record<string, string>>
  /** How often it was tried. */
  readonly attempts: number
}

/**
 * One common slot on all endpoints, or none: negotiates until it is confirmed everywhere. Interrupted, or refused, it leaves
 * nothing behind. Throws what `refusalError` makes of the refusal.
 */
export async function book(order: Order, signal: AbortSignal): Promise<Booking> {
  const desk = deskOf(order)
  const { gid } = desk
  const endpoints = order.members.map(nameOf)
  const aim = { gid, endpoints, when: order.when, duration: order.duration, spec: order.what, budget: usualBudget }
  const steps = negotiate({ ...aim, jitter: order.jitter ?? false }, monoUs(), random(randomInt(2 ** 47)))
  try {
    let step = steps.next()
    while (!step.done) {
      signal.throwIfAborted()
      const replies = await perform(step.value, desk, signal)
      step = steps.next({ at: monoUs(), replies })
    }
    if ('agreement' in step.value) return step.value
    const { denied, endpoint } = step.value
    throw refusalError(denied, hostOf(order.members, endpoint))
  } catch (error) {
    if (signal.aborted) desk.letGo()
    throw error
  }
}

const nameOf = ({ session }: Member) => session.welcome.endpoint
const hostOf = (members: readonly Member[], endpoint: string | undefined) =>
  members.find(member => nameOf(member) === endpoint)?.session.host

/** What carries the calls of one negotiation to their endpoints. */
interface Desk {
  readonly gid: string
  ask(call: Call): Promise<Reply>
  tell(call: Call): void
  /** Whatever was asked for is given up. */
  letGo(): void
}

async function perform(work: Work, desk: Desk, signal: AbortSignal): Promise<Done['replies']> {
  if (work.do === 'call') return Promise.all(work.calls.map(desk.ask))
  if (work.do === 'tell') for (const call of work.calls) desk.tell(call)
  else await pause(work.time / 1_000, signal)
  return []
}

function deskOf(order: Order): Desk {
  const gid = randomBytes(12).toString('hex')
  const key = randomBytes(32).toString('hex')
  const byName = new Map(order.members.map(member => [nameOf(member), member]))
  const asked = new Map<string, Member>()
  const memberOf = (call: Call): Member => {
    const member = byName.get(call.endpoint) as Member // the names are those of the members
    if ('rid' in call) asked.set(call.rid, member)
    return member
  }
  const giveUp = (session: BrokerSession, op: 'release' | 'cancel', rid: string) => session.tell(op, { rid })
  return {
    gid,
    ask: async call => {
      const member = memberOf(call)
      try {
        const answer = await question(call, member, { gid, key, order })
        return isAnswered(answer) ? replyIn(call, answer) : { denied: reasonOf(answer) }
      } catch (error) {
        if (error instanceof LockstepError) return 'lost'
        throw error
      }
    },
    tell: call => {
      if (call.op === 'release' || call.op === 'cancel') giveUp(memberOf(call).session, call.op, call.rid)
    },
    letGo: () => {
      for (const [rid, { session }] of asked) for (const op of ['release', 'cancel'] as const) giveUp(session, op, rid)
    },
  }
}

interface Ground {
  readonly gid: string
  readonly key: string
  readonly order: Order
}

function question(call: Call, member: Member, { gid, key, order }: Ground) {
  const { session } = member
  const { duration } = order
  const wish = { spec: member.spec, duration, peers: peersOf(member, order), roundTrip: member.seen.roundTrip }
  switch (call.op) {
    case 'avail':
      return session.ask('avail', { ...wish, when: call.when })
    case 'hold':
      return session.ask('hold', { ...wish, rid: call.rid, gid, start: call.start })
    case 'confirm':
      return session.ask('confirm', confirmation(call, member, key, order))
    default:
      return session.ask(call.op, { rid: call.rid })
  }
}

/** The others, as a member's endpoint has to know them. */
export const peersOf = (member: Member, { members }: Pick<Order, 'members'>): WirePeer[] =>
  members
    .filter(each => each !== member)
    .map(({ session: { welcome }, address }) => ({
      endpoint: welcome.endpoint,
      address,
      clockError: welcome.clock.error,
    }))

function confirmation(
  { rid, agreement, digest }: Call & { op: 'confirm' },
  member: Member,
  key: string,
  { members, onDisconnect, maxOffset }: Order,
): Fields<'confirm'> {
  const common = { rid, agreement, digest, onDisconnect, self: nameOf(member), ...portsFor(member, members, agreement) }
  const gate = maxOffset === undefined ? {} : { maxOffset }
  return { ...common, ...gate, ...(members.length === 1 ? {} : { key, links: linksOf(members) }) }
}

/** The members dial the one with the smallest name. */
function linksOf(members: readonly Member[]) {
  const [lead] = [...members].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
  if (lead === undefined) return {}
  return { [nameOf(lead)]: { address: lead.address, port: lead.session.welcome.peerPort } }
}

/** Those that the receiver's endpoint has picked. */
function portsFor({ spec }: Member, members: readonly Member[], agreement: Agreement) {
  if (!('role' in spec) || spec.role !== 'sender') return {}
  const receiver = members.find(each => 'role' in each.spec && each.spec.role === 'receiver')
  const picked = receiver && agreement.members[nameOf(receiver)]?.ports
  return { ports: Object.values(picked ?? {}).flat() }
}

/** Answers are ours: lockstepd wrote them. */
function replyIn({ op }: Call, answer: Answered): Reply {
  if (op === 'avail') return answer as unknown as Exclude<Reply, string>
  return op === 'hold' ? (answer as unknown as { receipt: Agreement['members'][string] }) : 'done'
}

const monoUs = () => ticks(Math.round(performance.now() * 1_000))
