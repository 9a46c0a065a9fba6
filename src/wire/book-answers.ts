import type { Micros, Moment } from '../units/micros.ts'
import { version } from './book-messages.ts'
import type { WireReceipt } from './book-shapes.ts'
import type { JsonMessage } from './json-lines.ts'

/** What lockstepd says to a broker: one answer to each request, by its id, and `changed` for whatever is watched. */
export type BookAnswer = Answered | Refused | Told

export interface Answered {
  readonly id: string
  readonly ok: true
  readonly [field: string]: unknown
}

/** `code`, `retry` and `detail` are those of the book's reasons; `data` holds the asker's own facts, `next` a start to try. */
export interface Refused {
  /** Undefined where the request had none that could be read. */
  readonly id: string | undefined
  readonly ok: false
  readonly code: string
  readonly retry: string
  readonly detail: string
  readonly data: Readonly<Record<string, unknown>>
  readonly next: Moment | undefined
}

/** A reservation that is watched has another state. */
export interface Told {
  readonly event: 'changed'
  readonly reservation: ReservationView
}

/** The answers by op, where they are more than `ok`; `release`, `cancel`, `confirm` and `status` have the same. */
export interface Answers {
  readonly hello: {
    readonly endpoint: string
    readonly epoch: number
    readonly identity: string
    /** Null for whoever administers the host. */
    readonly class: string | null
    readonly admin: boolean
    /** Effective limits: what `limits explain` would say, by name. */
    readonly limits: Readonly<Record<string, unknown>>
    readonly kinds: Readonly<Record<string, readonly string[]>>
    /** The resources that can be claimed, and the addresses of those that are network interfaces (`nic:NAME`). */
    readonly resources: readonly string[]
    readonly interfaces: Readonly<Record<string, readonly string[]>>
    readonly clock: ClockView
    readonly features: readonly string[]
    /** Where it listens for the other members of a group. */
    readonly peerPort: number
    /** No reservations are taken: PAUSED or DRAINING. */
    readonly paused: string | null
  }
  readonly time: { readonly now: Moment }
  readonly hold: { readonly receipt: WireReceipt; readonly lapsesIn: Micros; readonly clockError: Micros }
  readonly status: { readonly reservation: ReservationView }
  readonly attach: { readonly reservations: readonly ReservationView[] }
  /** How many reservations are not over. */
  readonly admin: { readonly live: number }
  readonly list: { readonly reservations: readonly ReservationView[]; readonly busy: readonly BusyView[] }
  readonly results: { readonly manifest: unknown } | { readonly octets: string; readonly size: number }
}

export interface ClockView {
  readonly now: Moment
  /** The bound of its error; undefined: unsynchronised. */
  readonly error: Micros | undefined
  readonly source: string
}

/** One's own reservation. */
export interface ReservationView {
  readonly rid: string
  readonly gid: string
  readonly state: string
  readonly kind: string
  readonly start: Moment
  readonly duration: Micros
  readonly window: { readonly from: Moment; readonly to: Moment }
  readonly reason: { readonly code: string; readonly data: Readonly<Record<string, unknown>> } | undefined
  readonly overstays: boolean
}

/** Somebody else's: only that it is there. */
export interface BusyView {
  readonly resources: readonly string[]
  readonly window: { readonly from: Moment; readonly to: Moment }
}

export const answerMessage = (answer: BookAnswer): JsonMessage => ({ v: version, ...answer })
