import type { Micros, Moment } from '../units/micros.ts'
import { type Agreement, armByOf, type Receipt } from './agreement.ts'
import { worseProblem } from './peer-clock.ts'
import { type Reason, reason } from './reasons.ts'

/** A confirmed reservation's group, as one of its members knows it. */
export interface PeerGroup {
  /** The endpoint that we are. */
  readonly self: string
  readonly agreement: Agreement
  /** Of the agreement, as it was confirmed here. */
  readonly digest: string
  /** What each member claimed of its clock when it was booked, by endpoint. */
  readonly errors: Readonly<Record<string, Micros>>
  /** How far apart the test lets clocks be. */
  readonly gate: Micros | undefined
  readonly guard: Micros
}

/** What each says of itself when a link is up. */
export interface Card {
  readonly rid: string
  readonly epoch: number
  readonly digest: string
  /** What it claims of its clock now. */
  readonly error: Micros
}

/** Whether it runs, and why not. */
export type Verdict = 'go' | Reason

/** The one with the smallest id: nobody has to be asked. */
export const leadOf = ({ agreement }: PeerGroup): string => Object.keys(agreement.members).sort()[0] ?? ''

export const isLead = (group: PeerGroup): boolean => leadOf(group) === group.self

/** All but ourselves, in order. */
export const othersOf = ({ self, agreement }: PeerGroup): readonly string[] =>
  Object.keys(agreement.members)
    .filter(each => each !== self)
    .sort()

export const decideBy = ({ agreement }: PeerGroup): Moment => armByOf(agreement)

/** What is wrong with what a peer says of itself. */
export function cardProblem({ agreement, digest, errors, guard }: PeerGroup, peer: string, card: Card) {
  const receipt: Receipt | undefined = agreement.members[peer]
  const mismatch = (of: string) => reason('PEER_MISMATCH', { peer, of })
  if (card.digest !== digest) return mismatch('digest')
  if (card.rid !== receipt?.rid) return mismatch('rid')
  // A later one is a daemon that came back and has the reservation in its journal; an earlier one has an older book.
  if (card.epoch < receipt.epoch) return mismatch('epoch')
  return worseProblem({ endpoint: peer, error: card.error }, bookedError(errors, peer), guard)
}

/** What was never claimed is no bound. */
const bookedError = (errors: PeerGroup['errors'], endpoint: string): Micros => errors[endpoint] ?? (0 as Micros)
