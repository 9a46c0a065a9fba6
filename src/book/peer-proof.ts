import { createHmac, timingSafeEqual } from 'node:crypto'
import { LockstepError } from '../errors/error.ts'
import { canonicalJson } from '../units/canonical-json.ts'

/** Of one link: the lead listens, the member has dialled. */
export type Role = 'lead' | 'member'

/** All that a link's proofs are about. A nonce is of this link alone, so what was once proved proves nothing again. */
export interface Handshake {
  readonly gid: string
  /** Endpoints. */
  readonly member: string
  readonly lead: string
  /** 32 random octets of each side, in hex. */
  readonly memberNonce: string
  readonly leadNonce: string
}

/** A message under the key of its link and direction. */
export interface Sealed {
  readonly body: object
  readonly mac: string
}

/** HMAC of RFC 2104 with SHA-256, in hex. */
export const hmacSha256 = (key: Buffer, text: string | Buffer): string =>
  createHmac('sha256', key).update(text).digest('hex')

/** Shows that a side knows the group's key, without showing the key. */
export const proofOf = (key: Buffer, role: Role, handshake: Handshake): string => derived(key, 'proof', role, handshake)

export const isProof = (key: Buffer, role: Role, handshake: Handshake, given: string): boolean =>
  equal(proofOf(key, role, handshake), given)

/** Seals what `role` says on this link, in its order. */
export function sealer(key: Buffer, role: Role, handshake: Handshake): (body: object) => Sealed {
  const own = linkKey(key, role, handshake)
  let count = 0
  return body => ({ body, mac: macOf(own, count++, body) })
}

/** Gives what `role` has sealed; throws BOOK_PEER for anything else, and for what comes again or in another order. */
export function opener(key: Buffer, role: Role, handshake: Handshake): (sealed: unknown) => object {
  const own = linkKey(key, role, handshake)
  let count = 0
  return sealed => {
    if (!isSealed(sealed)) throw new LockstepError('BOOK_PEER', 'a message of a peer is not sealed')
    if (!equal(macOf(own, count++, sealed.body), sealed.mac))
      throw new LockstepError('BOOK_PEER', 'the seal of a message of a peer is not right')
    return sealed.body
  }
}

/** A key per direction: nobody can be sent what he said himself. */
const linkKey = (key: Buffer, role: Role, handshake: Handshake) =>
  Buffer.from(derived(key, 'messages', role, handshake), 'hex')

/** JSON of a list keeps the parts apart, whatever they hold; the purpose keeps a proof from being a key. */
function derived(key: Buffer, purpose: string, role: Role, handshake: Handshake): string {
  const { gid, member, lead, memberNonce, leadNonce } = handshake
  return hmacSha256(key, canonicalJson(['lockstep peer 1', purpose, role, gid, member, lead, memberNonce, leadNonce]))
}

const macOf = (key: Buffer, count: number, body: object) => hmacSha256(key, canonicalJson([count, body]))

function isSealed(value: unknown): value is Sealed {
  if (typeof value !== 'object' || value === null || !('body' in value) || !('mac' in value)) return false
  return typeof value.body === 'object' && value.body !== null && typeof value.mac === 'string'
}

/** In a time that says nothing about where they differ. */
function equal(ours: string, given: string): boolean {
  const [a, b] = [Buffer.from(ours), Buffer.from(given)]
  return a.length === b.length && timingSafeEqual(a, b)
}
