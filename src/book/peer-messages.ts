import { LockstepError } from '../errors/error.ts'
import type { Micros, Moment } from '../units/micros.ts'
import {
  aReason,
  base64,
  count,
  type Field,
  type Fields,
  type FieldValue,
  fileName,
  flag,
  id,
  listOf,
  object,
  octets32,
  readFields,
  record,
  type Values,
  wordOf,
} from './peer-fields.ts'

/** Longest line on a link: a manifest has to fit into one. */
export const longestPeerLine = 262_144
/** Octets of a file in one message. */
export const pieceOctets = 65_536

const time = count as Field<Moment>
const length = count as Field<Micros>

/** Before the proofs: said in the open, believed by nobody. The lead has no key to answer with when it has no such group. */
const greetings = {
  hello: { version: count, gid: id, member: id, nonce: octets32 },
  welcome: { nonce: octets32, proof: octets32 },
  proof: { proof: octets32 },
  /** `held`: not confirmed yet, so ask again. */
  unknown: { held: flag },
} as const satisfies Record<string, Fields>

/** Of one member's results. */
export const mostFiles = 500

/**
 * A file as its manifest has it. `here`: it comes along; `by reference`: it is too much, and its owner has it; `missing`: the lead
 * did not get it.
 */
const offeredFile = record({
  ...{ name: fileName, size: count, sha256: octets32 },
  copy: wordOf('here', 'by reference', 'missing'),
})
export type OfferedFile = FieldValue<typeof offeredFile>

const messages = {
  card: { rid: id, epoch: count, digest: octets32, error: length },
  /** Its number and the lead's clock; the answer repeats the number. */
  ping: { number: count },
  pong: { number: count, received: time, answered: time },
  /** The member would run. Said once, it is only taken back by `over`. */
  ready: {},
  no: { reason: aReason },
  go: {},
  nogo: { reason: aReason },
  /** After GO: cancelled, missed, failed, or ended early. */
  over: { reason: aReason },
  /** So that a line that is down is noticed. */
  alive: {},
  /** One member's results: whoever has room for them wants them, and gets the files that come along, in their order. */
  offer: { of: id, facts: object, files: listOf(offeredFile, mostFiles) },
  want: { of: id },
  piece: { of: id, name: fileName, data: base64 },
  copied: { of: id },
  /** All that can come of them is kept. */
  have: { of: id },
  /** There will be no copy of that member's results. */
  without: { of: id },
} as const satisfies Record<string, Fields>

type Tagged<T extends Readonly<Record<string, Fields>>> = {
  readonly [Op in keyof T]: { readonly op: Op } & Values<T[Op]>
}[keyof T]

export type Greeting = Tagged<typeof greetings>
export type PeerMessage = Tagged<typeof messages>

/** Throws BOOK_PEER for what is none. */
export const readGreeting = (given: object): Greeting => read(greetings, given) as Greeting
export const readPeerMessage = (given: object): PeerMessage => read(messages, given) as PeerMessage

function read(table: Readonly<Record<string, Fields>>, given: object): object {
  const { op, ...rest } = given as Readonly<Record<string, unknown>>
  const fields = typeof op === 'string' && Object.hasOwn(table, op) ? table[op] : undefined
  if (fields === undefined) throw new LockstepError('BOOK_PEER', 'a peer said something that has no meaning here')
  if (readFields(fields, rest) === undefined)
    throw new LockstepError('BOOK_PEER', `'${op}' of a peer does not have the fields that it should`)
  return given
}
