import { createHash } from 'node:crypto'
import { canonicalJson } from '../units/canonical-json.ts'
import type { Micros, Moment } from '../units/micros.ts'
import type { Entry } from './entry.ts'
import { armDeadline, type Margins, type Window } from './window.ts'

/** What a hold is answered with: the facts that the group agrees on. */
export interface Receipt {
  readonly rid: string
  readonly gid: string
  readonly start: Moment
  readonly duration: Micros
  readonly window: Window
  readonly margins: Margins
  readonly ports: Readonly<Record<string, readonly number[]>>
  readonly epoch: number
}

/** What a group has agreed on: the same text on every member, or nothing runs. */
export interface Agreement {
  readonly gid: string
  readonly start: Moment
  readonly duration: Micros
  /** What is run, with its parameters. JSON. */
  readonly spec: unknown
  /** By endpoint. */
  readonly members: Readonly<Record<string, Receipt>>
}

export const receiptOf = ({ rid, gid, start, duration, window, margins, ports, epoch }: Entry): Receipt => ({
  ...{ rid, gid, start, duration, window, margins, ports, epoch },
})

/** SHA-256, in hex. */
export const digestOf = (agreement: Agreement): string =>
  createHash('sha256').update(canonicalJson(agreement)).digest('hex')

export const armByOf = ({ start, members }: Agreement): Moment =>
  armDeadline(
    start,
    Object.values(members).map(each => each.margins),
  )

/** Whether an agreement says of an entry what the book says, and nothing else of its group. */
export function agrees(agreement: Agreement, entry: Entry): boolean {
  const { gid, start, duration, members } = agreement
  const own = Object.values(members).find(({ rid }) => rid === entry.rid)
  const all = Object.values(members).every(
    each => each.gid === gid && each.start === start && each.duration === duration,
  )
  return all && gid === entry.gid && canonicalJson(own ?? null) === canonicalJson(receiptOf(entry))
}
