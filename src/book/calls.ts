import type { Micros, Moment, Ticks } from '../units/micros.ts'
import type { Agreement, Receipt } from './agreement.ts'
import type { Offer } from './fit.ts'
import type { Reason } from './reasons.ts'

/** What a negotiating client asks one endpoint. Whoever carries it adds what the kind needs, and the others' clock errors. */
export type Call = { readonly endpoint: string } & (
  | { readonly op: 'avail'; readonly when: When }
  /** At exactly this start. */
  | { readonly op: 'hold'; readonly rid: string; readonly start: Moment }
  | { readonly op: 'confirm'; readonly rid: string; readonly agreement: Agreement; readonly digest: string }
  | { readonly op: 'release'; readonly rid: string }
  | { readonly op: 'cancel'; readonly rid: string }
)

/** When a test may start. Relative times are counted from the endpoints' own now: the client's clock is never asked. */
export type When =
  | { readonly after: Micros; readonly within: Micros }
  /** Both ends included. */
  | { readonly from: Moment; readonly to: Moment }

/** `lost`: no answer within the call's time. */
export type Reply = Availability | { readonly receipt: Receipt } | { readonly denied: Reason } | 'done' | 'lost'

/** What an endpoint offers of the time that was asked for. */
export interface Availability {
  /** The asked time in the endpoint's clock, half open, from the earliest start that it can still grant. */
  readonly asked: { readonly from: Moment; readonly to: Moment }
  /** Free of everything. */
  readonly soft: Offer
  /** Free of what is confirmed. */
  readonly hard: Offer
  /** The first start behind the asked time that is free of what is confirmed. */
  readonly next: Moment | undefined
}

/** What the negotiation wants done, and what it wants to know of it. */
export type Work =
  /** All at once; gives the replies in the order of the calls. */
  | { readonly do: 'call'; readonly calls: readonly Call[] }
  /** The same without waiting for a reply: what does not arrive lapses by itself. Gives no replies. */
  | { readonly do: 'tell'; readonly calls: readonly Call[] }
  | { readonly do: 'wait'; readonly time: Micros }

/** When the work was done, by a clock that nobody sets, and the replies to it. */
export interface Done {
  readonly at: Ticks
  readonly replies: readonly Reply[]
}
