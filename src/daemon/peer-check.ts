import { type Card, decideBy, isLead, type PeerGroup, type Verdict } from '../book/peer-group.ts'
import { goBy, type LinkEvent, leadOver, leadStep, type Said } from '../book/peer-lead.ts'
import { type LeadHasNone, memberOver, memberStep } from '../book/peer-member.ts'
import type { Moment } from '../units/micros.ts'

/** A group's check under way: the rules of the book, with a clock and links. */
export interface PeerCheck {
  tell(event: LinkEvent | LeadHasNone): void
  readonly verdict: Promise<Verdict>
  stop(): void
}

export interface CheckOptions {
  readonly group: PeerGroup
  readonly own: Card
  utc(): Moment
  say(said: Said): void
}

/** A clock that is set meanwhile must not let a deadline pass unseen. */
const longestSleepMs = 500

export function peerCheck({ group, own, utc, say }: CheckOptions): PeerCheck {
  const end = isLead(group) ? leading(group, own) : following(group, own)
  let timer: NodeJS.Timeout | undefined
  let resolve: (verdict: Verdict) => void = () => undefined
  const verdict = new Promise<Verdict>(settle => {
    resolve = settle
  })
  const tell = (event: LinkEvent | LeadHasNone) => {
    const { said, verdict, dueBy } = end(event)
    for (const each of said) say(each)
    clearTimeout(timer)
    if (verdict !== undefined) return resolve(verdict)
    const ms = Math.ceil((dueBy - utc()) / 1_000) + 1
    timer = setTimeout(wake, Math.min(longestSleepMs, Math.max(1, ms)))
  }
  const wake = () => tell({ event: 'time', at: utc() })
  wake()
  return { tell, verdict, stop: () => clearTimeout(timer) }
}

interface Outcome {
  readonly said: readonly Said[]
  readonly verdict: Verdict | undefined
  /** When to look at the clock again. */
  readonly dueBy: Moment
}

type End = (event: LinkEvent | LeadHasNone) => Outcome

function leading(group: PeerGroup, own: Card): End {
  let lead = leadOver(group, own)
  return event => {
    const { state, say } = event.event === 'none' ? { state: lead, say: [] } : leadStep(lead, event)
    lead = state
    return { said: say, verdict: lead.verdict, dueBy: goBy(lead) }
  }
}

function following(group: PeerGroup, own: Card): End {
  let member = memberOver(group, own)
  return event => {
    const { state, say } = memberStep(member, event)
    member = state
    return { said: say, verdict: member.verdict, dueBy: decideBy(group) }
  }
}
