import type { Entry } from '../book/entry.ts'
import type { Micros } from '../units/micros.ts'
import type { WireBlock, WirePeer, WireReceipt, WireTest } from '../wire/book-shapes.ts'
import type { Trace } from './test-process.ts'

/** What the door keeps with an entry, in the journal: JSON. */
export interface Details {
  readonly spec: WireTest | WireBlock
  readonly peers: readonly WirePeer[]
  /** Since it was confirmed. */
  readonly group?: Group
  /** Since it was armed: UTC minus the clock that nobody sets. Another value later says that the clock was set. */
  readonly armedGap?: Micros
  readonly trace?: Trace
}

export interface Group {
  /** The name of this endpoint in it. */
  readonly self: string
  readonly members: Readonly<Record<string, WireReceipt>>
  readonly key?: string
  readonly links?: Readonly<Record<string, { readonly address: string; readonly port: number }>>
  /** Of the member that picks them. */
  readonly ports?: readonly number[]
  readonly maxOffset?: Micros
}

/** Only this daemon writes them. */
export const detailsOf = ({ details }: Entry): Details => details as Details

export const isTest = (spec: Details['spec']): spec is WireTest => 'profile' in spec
