import { type Card, cardProblem, decideBy, leadOf, type PeerGroup, type Verdict } from './peer-group.ts'
import type { LinkEvent, Step } from './peer-lead.ts'
import type { PeerMessage } from './peer-messages.ts'
import { type Reason, reason } from './reasons.ts'

export interface Member {
  readonly group: PeerGroup
  readonly own: Card
  /** Has said that it would run. */
  readonly ready: boolean
  readonly verdict: Verdict | undefined
}

/** The lead answered that it has no such reservation. */
export interface LeadHasNone {
  readonly event: 'none'
}

export const memberOver = (group: PeerGroup, own: Card): Member => ({ group, own, ready: false, verdict: undefined })

/** One step of a member: it runs only when it was ready and hears GO before A on its own clock. */
export function memberStep(member: Member, event: LinkEvent | LeadHasNone): Step<Member> {
  if (member.verdict !== undefined) return afterwards(member, event)
  const lead = leadOf(member.group)
  if (event.event === 'none') return end(member, reason('PEER_MISSING', { peer: lead }))
  if (event.at >= decideBy(member.group)) return end(member, reason('PEER_SILENT', { peer: lead }))
  if (event.event === 'refuse') return refuse(member, event.reason)
  if (event.event === 'up') return say(member, { op: 'card', ...member.own })
  return event.event === 'heard' ? hear(member, event) : { state: member, say: [] }
}

/** A link that comes up late still takes the no to the lead, which else would wait for us until A, or run without us. */
function afterwards(member: Member, { event }: LinkEvent | LeadHasNone): Step<Member> {
  const { verdict } = member
  if (event !== 'up' || verdict === undefined || verdict === 'go') return { state: member, say: [] }
  return say(member, { op: 'no', reason: verdict })
}

function hear(member: Member, { message, at }: LinkEvent & { event: 'heard' }): Step<Member> {
  switch (message.op) {
    case 'card':
      return answer(member, message)
    case 'ping':
      return say(member, { op: 'pong', number: message.number, received: at, answered: at })
    case 'go':
      return member.ready ? end(member, 'go') : { state: member, say: [] }
    case 'nogo':
    case 'over':
      return end(member, message.reason)
    default:
      return { state: member, say: [] }
  }
}

function answer(member: Member, { op, ...card }: PeerMessage & { op: 'card' }): Step<Member> {
  const problem = cardProblem(member.group, leadOf(member.group), card)
  return problem === undefined ? say({ ...member, ready: true }, { op: 'ready' }) : refuse(member, problem)
}

/** Never after GO: the verdict is final. */
const refuse = (member: Member, why: Reason): Step<Member> =>
  say({ ...member, verdict: why }, { op: 'no', reason: why })

const end = (member: Member, verdict: Verdict): Step<Member> => ({ state: { ...member, verdict }, say: [] })

const say = (member: Member, message: PeerMessage): Step<Member> => ({
  state: member,
  say: [{ to: leadOf(member.group), message }],
})
