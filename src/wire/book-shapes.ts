import {
  either,
  flag,
  instant,
  length,
  list,
  mapping,
  optional,
  record,
  type TypeOf,
  text,
  whole,
  word,
} from './shape.ts'

/** Parts of the messages between a broker and lockstepd. All times are whole microseconds, instants since the UTC epoch. */

const idPattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/
/** Of requests, reservations and groups: they become names of folders. */
export const id = text(idPattern, 'id of letters, digits, _ and -')
const namePattern = /^[A-Za-z0-9][\w.:@/-]{0,63}$/
/** Of identities, classes, kinds, profiles, resources and interfaces. */
export const name = text(namePattern, 'name')
const endpointPattern = /^[A-Za-z0-9][\w.:-]{0,127}$/
export const endpoint = text(endpointPattern, 'name of an endpoint')
/** Digits, points and colons; whether it is an address is seen where it is used. */
export const address = text(/^[0-9A-Fa-f:.]{2,45}(%[\w.-]{1,15})?$/, 'numeric address')
const port = whole(1, 65_535)

/** Who is at the other end of the broker: what sshd has made sure of. */
export const asker = mapping({
  identity: name,
  /** As the broker reads the limits file; the daemon refuses one that is not what it reads itself. Undefined: as it reads it. */
  class: optional(name),
  /** Whoever administers the host, on the host itself: not through sshd. May look, steer and cancel, and books nothing. */
  local: optional(flag),
  fingerprint: optional(text(/^SHA256:[A-Za-z0-9+/]{43}=?$/, 'SHA-256 fingerprint')),
  address: optional(address),
})
export type WireAsker = TypeOf<typeof asker>

const value = either(
  either(flag, whole(-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)),
  text(/^[^\0-\x1f\x7f]{0,200}$/, 'value of an option'),
)
/** Options of a tool by their names, as its manual spells them. */
const parameters = record(/^[A-Za-z0-9][\w-]{0,63}$/, value, 64)

/** This endpoint's part of a test. Nobody says more of a command line than this. */
export const test = mapping({
  kind: name,
  profile: name,
  role: word('sender', 'receiver'),
  /** Of this endpoint: the one that the claims of the kind are about. */
  interface: name,
  /** Of the sending and of the receiving end, as the other end reaches it. */
  from: address,
  to: address,
  /** Of both ends: what the sender asks for, the receiver may have to know. */
  parameters: mapping({ sender: parameters, receiver: parameters }),
})
export type WireTest = TypeOf<typeof test>

const claim = either(
  mapping({ resource: name, mode: word('exclusive') }),
  either(
    mapping({ resource: name, mode: word('shared'), amount: whole(1, 1_000_000) }),
    mapping({ resource: name, mode: word('ports'), count: whole(1, 65_535) }),
  ),
)

/** Time without a process, in which its owner books tests. */
export const block = mapping({ block: list(claim, 64) })
export type WireBlock = TypeOf<typeof block>

/** The far ends: their clocks count in the margins, their addresses in the limits. */
export const peer = mapping({
  endpoint,
  address: optional(address),
  /** The bound of its clock's error, as its `hello` says; undefined: it has no lockstepd and says none. */
  clockError: optional(length),
})
export type WirePeer = TypeOf<typeof peer>

export const when = either(mapping({ after: length, within: length }), mapping({ from: instant, to: instant }))

const margins = mapping({ before: length, after: length, clockError: length, setup: length, overrun: length })
export const receipt = mapping({
  ...{ rid: id, gid: id, start: instant, duration: length },
  window: mapping({ from: instant, to: instant }),
  margins,
  ports: record(namePattern, list(port, 65_535), 64),
  epoch: whole(1, Number.MAX_SAFE_INTEGER),
})
export type WireReceipt = TypeOf<typeof receipt>

export const members = record(endpointPattern, receipt, 64)
/** Where the peer agents of the members listen. */
export const links = record(endpointPattern, mapping({ address, port }), 64)
