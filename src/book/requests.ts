import type { Micros, Moment, Ticks } from '../units/micros.ts'
import type { Agreement } from './agreement.ts'
import type { Book } from './book.ts'
import type { Entry } from './entry.ts'
import type { Wish } from './fit.ts'
import type { Level } from './quotas.ts'
import type { Reason } from './reasons.ts'
import type { Move } from './states.ts'

/**
 * What the door asks the book for a client. Who asks, in which class, with which margins and quotas is the door's knowledge;
 * a client never says it. A repeated request has the id of the first one and changes nothing.
 */
export type Request = Hold | Confirm | Release | Cancel

export interface Hold extends Wish {
  readonly op: 'hold'
  readonly id: string
  readonly rid: string
  readonly gid: string
  readonly identity: string
  readonly class: string
  readonly kind: string
  readonly block: boolean
  readonly start: Moment
  /** How far ahead of now the window has to begin: `leadLeft` of what was offered. */
  readonly lead: Micros
  /** How long it is held without a confirmation. */
  readonly holdFor: Micros
  /** From the class upwards to the root. */
  readonly levels: readonly Level[]
  readonly details: unknown
}

export interface Confirm {
  readonly op: 'confirm'
  readonly id: string
  readonly rid: string
  readonly identity: string
  readonly agreement: Agreement
  /** Of the agreement, as the client computed it. */
  readonly digest: string
  readonly onDisconnect: 'cancel' | 'continue'
  readonly levels: readonly Level[]
  readonly details: unknown
}

export interface Release {
  readonly op: 'release'
  readonly id: string
  readonly rid: string
  readonly identity: string
}

export interface Cancel {
  readonly op: 'cancel'
  readonly id: string
  readonly rid: string
  readonly identity: string
  readonly admin: boolean
}

/** The time by both clocks: the one that says when tests start, and the one that nobody can set. */
export interface Now {
  readonly utc: Moment
  readonly mono: Ticks
}

export type Decision = Granted | Denied

/**
 * `durable` and `effects` are the door's duties, as in the table of states. A repeated request brings no effects, but its answer
 * waits for the disk like the first one.
 */
export interface Granted extends Pick<Move, 'durable' | 'effects'> {
  readonly granted: Entry
  readonly book: Book
}

/** An answer, not an error. The book is unchanged. */
export interface Denied {
  readonly denied: Reason
}

export const isGranted = (decision: Decision): decision is Granted => 'granted' in decision
export const deny = (denied: Reason): Denied => ({ denied })
