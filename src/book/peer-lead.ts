import { before, type Moment, micros, millis } from '../units/micros.ts'
import { clocksProblem, type Exchange, exchangesPerCheck, type ReadClock, readingOf } from './peer-clock.ts'
import { type Card, cardProblem, decideBy, othersOf, type PeerGroup, type Verdict } from './peer-group.ts'
import type { PeerMessage } from './peer-messages.ts'
import { type Reason, reason } from './reasons.ts'

/** What the lead has of a member. */
interface MemberView {
  readonly card: Card | undefined
  readonly ready: boolean
  /** The question under way: its number, which none other has, and when it was asked. */
  readonly asked: { readonly number: number; readonly sent: Moment } | undefined
  readonly questions: number
  readonly exchanges: readonly Exchange[]
}

export interface Lead {
  readonly group: PeerGroup
  readonly own: Card
  readonly members: Readonly<Record<string, MemberView>>
  readonly verdict: Verdict | undefined
}

/** What happens on a link, or to us; `at` is our own clock. */
export type LinkEvent = { readonly at: Moment } & (
  | { readonly event: 'up' | 'down'; readonly peer: string }
  | { readonly event: 'heard'; readonly peer: string; readonly message: PeerMessage }
  | { readonly event: 'time' }
  /** We cannot take part, or nobody wants it any more. */
  | { readonly event: 'refuse'; readonly reason: Reason }
)

export interface Said {
  readonly to: string
  readonly message: PeerMessage
}

export interface Step<S> {
  readonly state: S
  readonly say: readonly Said[]
}

/** Our own way to everybody: the last GO must be there before A. */
const lastGoAhead = millis(50)

export const leadOver = (group: PeerGroup, own: Card): Lead => ({
  ...{ group, own, verdict: undefined },
  members: Object.fromEntries(othersOf(group).map(peer => [peer, nothing])),
})

/** One step of the lead: everybody there, agreed and in time makes a GO, anything else a NOGO. */
export function leadStep(lead: Lead, event: LinkEvent): Step<Lead> {
  if (lead.verdict !== undefined) return afterwards(lead, event)
  const heard = hear(lead, event)
  const verdict = verdictOf(heard.state, event, heard.problem)
  if (verdict === undefined) return heard
  const state = { ...heard.state, verdict }
  return { state, say: Object.keys(state.members).map(to => ({ to, message: announcement(verdict) })) }
}

/** The latest moment of a GO. */
export function goBy({ group, members }: Lead): Moment {
  const delays = Object.values(members).flatMap(({ exchanges: [first, ...rest] }) =>
    first === undefined ? [] : [readingOf([first, ...rest]).delay],
  )
  return before(decideBy(group), micros(lastGoAhead + Math.max(0, ...delays)))
}

/** The clocks as they were read, our own first; those that are not read yet are left out. */
export function clocksOf({ group, own, members }: Lead): readonly ReadClock[] {
  const ours = { endpoint: group.self, error: own.error, offset: micros(0), delay: micros(0) }
  const theirs = Object.entries(members).flatMap(
    ([
      endpoint,
      {
        card,
        exchanges: [first, ...rest],
      },
    ]) =>
      card === undefined || first === undefined
        ? []
        : [{ endpoint, error: card.error, ...readingOf([first, ...rest]) }],
  )
  return [ours, ...theirs]
}

interface Heard extends Step<Lead> {
  readonly problem?: Reason | undefined
}

function hear(lead: Lead, event: LinkEvent): Heard {
  if (event.event === 'refuse') return { state: lead, say: [], problem: event.reason }
  if (event.event === 'time') return { state: lead, say: [] }
  const view = lead.members[event.peer]
  if (view === undefined) return { state: lead, say: [] }
  // Whoever is gone is not ready any more, and what its link has not answered is asked again on the next one.
  if (event.event !== 'heard') {
    const say: Said[] = event.event === 'up' ? [{ to: event.peer, message: { op: 'card', ...lead.own } }] : []
    return { ...put(lead, event.peer, { ...view, card: undefined, ready: false, asked: undefined }), say }
  }
  return hearMember(lead, view, event)
}

function hearMember(lead: Lead, view: MemberView, { peer, message, at }: LinkEvent & { event: 'heard' }): Heard {
  if (message.op === 'card') {
    const { op, ...card } = message
    return { ...ask(lead, peer, { ...view, card }, at), problem: cardProblem(lead.group, peer, card) }
  }
  if (message.op === 'ready') return put(lead, peer, { ...view, ready: true })
  if (message.op === 'no' || message.op === 'over') return { state: lead, say: [], problem: from(peer, message.reason) }
  if (message.op !== 'pong' || view.asked?.number !== message.number) return { state: lead, say: [] }
  const { received, answered } = message
  return ask(
    lead,
    peer,
    { ...view, exchanges: [...view.exchanges, { sent: view.asked.sent, received, answered, back: at }] },
    at,
  )
}

/** The next question, while there is one. */
function ask(lead: Lead, peer: string, view: MemberView, at: Moment): Step<Lead> {
  if (view.exchanges.length >= exchangesPerCheck) return put(lead, peer, { ...view, asked: undefined })
  const number = view.questions
  const asking = { ...view, asked: { number, sent: at }, questions: number + 1 }
  return { ...put(lead, peer, asking), say: [{ to: peer, message: { op: 'ping', number } }] }
}

function verdictOf(lead: Lead, { at }: LinkEvent, problem: Reason | undefined): Verdict | undefined {
  if (problem !== undefined) return problem
  const apart = clocksProblem(clocksOf(lead).filter(isKnown(lead)), lead.group.gate)
  if (apart !== undefined) return apart
  const missing = Object.entries(lead.members).find(([, view]) => !isRead(view) || !view.ready)
  if (at > goBy(lead)) return reason('PEER_SILENT', { peer: missing?.[0] ?? lead.group.self })
  return missing === undefined ? 'go' : undefined
}

const isRead = ({ card, exchanges }: MemberView) => card !== undefined && exchanges.length >= exchangesPerCheck

/** Ourselves, and who has answered often enough. */
const isKnown =
  ({ group, members }: Lead) =>
  ({ endpoint }: ReadClock): boolean => {
    const view = members[endpoint]
    return endpoint === group.self || (view !== undefined && isRead(view))
  }

/** Whoever comes back before A, or comes too late, is told what was decided. */
function afterwards(lead: Lead, event: LinkEvent): Step<Lead> {
  const { verdict } = lead
  if (event.event !== 'up' || verdict === undefined || !(event.peer in lead.members)) return { state: lead, say: [] }
  if (verdict === 'go' && event.at > goBy(lead)) return { state: lead, say: [] }
  return { state: lead, say: [{ to: event.peer, message: announcement(verdict) }] }
}

const announcement = (verdict: Verdict): PeerMessage =>
  verdict === 'go' ? { op: 'go' } : { op: 'nogo', reason: verdict }

/** Whose reason it is; what it says of others stays. */
const from = (peer: string, { code, data }: Reason): Reason => reason(code, { peer, ...data })

const put = (lead: Lead, peer: string, view: MemberView): Step<Lead> => ({
  state: { ...lead, members: { ...lead.members, [peer]: view } },
  say: [],
})

const nothing: MemberView = { card: undefined, ready: false, asked: undefined, questions: 0, exchanges: [] }
