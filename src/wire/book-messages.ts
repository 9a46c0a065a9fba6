import { asker, block, endpoint, id, links, members, peer, test, when } from './book-shapes.ts'
import type { JsonMessage } from './json-lines.ts'
import {
  anything,
  either,
  flag,
  instant,
  isMisfit,
  length,
  list,
  mapping,
  optional,
  type Read,
  type TypeOf,
  text,
  whole,
  word,
} from './shape.ts'

/**
 * What a broker asks lockstepd, one JSON object per line: `{v, id, op, …}`. The first is `hello`, which says for whom the broker
 * speaks until the connection ends. A request that is sent again has the id of the first and changes nothing. The answers
 * are those of `book-answers.ts`.
 */
export const version = 1

/** What is looked for: on this endpoint alone, by everything that the margins and limits need. */
const wish = {
  spec: either(block, test),
  duration: length,
  peers: list(peer, 63),
  /** The rid of the block that it is to stand in. */
  within: optional(id),
  /** To the client: the time that messages take. Undefined: unknown. */
  roundTrip: optional(length),
}

export const requests = {
  hello: { as: asker },
  /** Nothing is asked: the broker is there. A connection that says nothing for a minute is closed. */
  beat: {},
  time: {},
  avail: { ...wish, when },
  hold: { ...wish, rid: id, gid: id, start: instant, holdFor: optional(length) },
  confirm: {
    rid: id,
    agreement: mapping({ gid: id, start: instant, duration: length, spec: anything, members }),
    digest: text(/^[0-9a-f]{64}$/, 'SHA-256 in hex'),
    onDisconnect: word('cancel', 'continue'),
    /** The name of this endpoint among the members. */
    self: endpoint,
    /** What the peer agents know each other by: 32 octets in hex. Undefined for a group of one. */
    key: optional(text(/^[0-9a-f]{64}$/, 'key of 32 octets in hex')),
    links: optional(links),
    /** Ports of members that pick them, in the order of the tool's demands: for the other side. */
    ports: optional(list(whole(1, 65_535), 16)),
    /** How far apart two clocks may be, by the test's own gate. */
    maxOffset: optional(length),
  },
  release: { rid: id },
  cancel: { rid: id },
  status: { rid: id },
  /** Own ones whole, the latest first; others as busy time. */
  list: { from: optional(instant), to: optional(instant) },
  /** Tells of every change of these, or of all own ones, as `changed`. */
  watch: { rids: optional(list(id, 256)) },
  /** Comes back to a group whose connection was lost: `onDisconnect: cancel` is put off until this one is lost. */
  attach: { gid: id },
  /** Without `file` the manifest; with it, a piece of that file from `offset` on. */
  results: {
    rid: id,
    file: optional(text(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'name of a result')),
    offset: optional(whole(0, Number.MAX_SAFE_INTEGER)),
    /** Those that the other members have given to this endpoint. */
    copies: optional(flag),
  },
  /** For administrators. `pause`: no new reservations. `drain`: the same, before it is stopped. */
  admin: { do: word('pause', 'drain', 'resume', 'reload'), until: optional(instant) },
} as const satisfies Record<string, Readonly<Record<string, Read<unknown>>>>

export type Op = keyof typeof requests
type Rows = typeof requests
type Row<O extends Op> = { readonly [K in keyof Rows[O]]: TypeOf<Rows[O][K]> }

/** A request as it was read; `BookRequest<'hold'>` is that of one op. */
export type BookRequest<O extends Op = Op> = { [P in O]: { readonly id: string; readonly op: P } & Row<P> }[O]

/** Why a line is no request. `id` as far as it could be read, so that the answer finds its question. */
export interface Unread {
  readonly id: string | undefined
  readonly code: 'BAD_REQUEST' | 'VERSION'
  readonly data: Readonly<Record<string, unknown>>
}

export const isUnread = (read: BookRequest | Unread): read is Unread => 'code' in read

export function readRequest({ v, id: said, op, ...rest }: JsonMessage): BookRequest | Unread {
  const named = id(said, 'id')
  const known = isMisfit(named) ? undefined : named.value
  if (v !== version) return { id: known, code: 'VERSION', data: { supported: [version] } }
  if (isMisfit(named)) return { id: known, code: 'BAD_REQUEST', data: { ...named } }
  const row = typeof op === 'string' && Object.hasOwn(requests, op) ? requests[op as Op] : undefined
  if (row === undefined)
    return {
      id: known,
      code: 'BAD_REQUEST',
      data: { field: 'op', why: `is none of ${Object.keys(requests).join(', ')}` },
    }
  const read = mapping<Readonly<Record<string, Read<unknown>>>>(row)(rest, '')
  if (isMisfit(read)) return { id: known, code: 'BAD_REQUEST', data: { ...read } }
  return { id: named.value, op, ...read.value } as BookRequest
}

/** As the broker writes it. */
export const requestMessage = (request: BookRequest): JsonMessage => ({ v: version, ...request })
