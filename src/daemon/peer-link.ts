import { type Greeting, type PeerMessage, readGreeting, readPeerMessage } from '../book/peer-messages.ts'
import { type Handshake, isProof, opener, proofOf, type Role, sealer } from '../book/peer-proof.ts'
import { LockstepError } from '../errors/error.ts'
import type { JsonMessage } from '../wire/json-lines.ts'
import type { Peer } from './peer.ts'

/** Between two members that have shown each other the group's key. */
export interface PeerLink {
  readonly gid: string
  /** The endpoint at the other end. */
  readonly peer: string
  /** Until the link is gone; throws when it breaks, goes silent, or something is not as sealed. */
  readonly messages: AsyncIterable<PeerMessage>
  /** Resolves when there is room for more. */
  send(message: PeerMessage): Promise<void>
  close(): void
}

/** What a lead knows of a group that somebody asks for. */
export interface Room {
  readonly key: Buffer
  /** The lead. */
  readonly self: string
  isMember(name: string): boolean
}

export interface Asking {
  readonly gid: string
  readonly key: Buffer
  readonly self: string
  readonly lead: string
  readonly nonce: string
}

const version = 1
/** A line that is down is noticed by its silence. */
export const aliveEveryMs = 5_000

/** The member's side. Without a link: whether the lead holds the reservation and may still be told to confirm it. */
export async function greetLead(
  peer: Peer,
  { gid, key, self, lead, nonce }: Asking,
): Promise<PeerLink | { held: boolean }> {
  const messages = peer.messages[Symbol.asyncIterator]()
  await greet(peer, { op: 'hello', version, gid, member: self, nonce })
  const answer = await nextGreeting(messages)
  if (answer.op === 'unknown') return { held: answer.held }
  if (answer.op !== 'welcome') throw outOfTurn(answer)
  const handshake = { gid, member: self, lead, memberNonce: nonce, leadNonce: answer.nonce }
  if (!isProof(key, 'lead', handshake, answer.proof)) throw withoutKey(lead)
  await greet(peer, { op: 'proof', proof: proofOf(key, 'member', handshake) })
  return linkOver(peer, messages, { key, own: 'member', handshake })
}

/** The lead's side. Undefined: the group is not here, and the other end was told so. */
export async function greetMember(
  peer: Peer,
  nonce: string,
  roomOf: (gid: string) => Room | 'held' | 'none',
): Promise<PeerLink | undefined> {
  const messages = peer.messages[Symbol.asyncIterator]()
  const hello = await nextGreeting(messages)
  if (hello.op !== 'hello') throw outOfTurn(hello)
  if (hello.version !== version) throw new LockstepError('BOOK_PEER', `a peer speaks version ${hello.version}`)
  const room = roomOf(hello.gid)
  if (typeof room === 'string') {
    await greet(peer, { op: 'unknown', held: room === 'held' })
    return undefined
  }
  const { key, self } = room
  if (!room.isMember(hello.member)) throw new LockstepError('BOOK_PEER', `${hello.member} is no member of the group`)
  const { gid, member } = hello
  const handshake = { gid, member, lead: self, memberNonce: hello.nonce, leadNonce: nonce }
  await greet(peer, { op: 'welcome', nonce, proof: proofOf(key, 'lead', handshake) })
  const answer = await nextGreeting(messages)
  if (answer.op !== 'proof') throw outOfTurn(answer)
  if (!isProof(key, 'member', handshake, answer.proof)) throw withoutKey(member)
  return linkOver(peer, messages, { key, own: 'lead', handshake })
}

interface Ends {
  readonly key: Buffer
  readonly own: Role
  readonly handshake: Handshake
}

function linkOver(peer: Peer, lines: AsyncIterator<JsonMessage>, { key, own, handshake }: Ends): PeerLink {
  const theirs = own === 'lead' ? 'member' : 'lead'
  const [seal, open] = [sealer(key, own, handshake), opener(key, theirs, handshake)]
  // Sealed and written in one go: the order of the seals is that of the lines.
  const send = (message: PeerMessage) => peer.send({ ...seal(message) })
  const beat = setInterval(() => void send({ op: 'alive' }).catch(() => undefined), aliveEveryMs)
  beat.unref()
  async function* read(): AsyncGenerator<PeerMessage> {
    try {
      for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
        const message = readPeerMessage(open(line.value))
        if (message.op !== 'alive') yield message
      }
    } finally {
      clearInterval(beat)
    }
  }
  const close = () => {
    clearInterval(beat)
    peer.close()
  }
  return { gid: handshake.gid, peer: handshake[theirs], messages: read(), send, close }
}

const greet = (peer: Peer, greeting: Greeting) => peer.send({ ...greeting })

async function nextGreeting(messages: AsyncIterator<JsonMessage>): Promise<Greeting> {
  const { value, done } = await messages.next()
  if (done === true) throw new LockstepError('WIRE_CLOSED', 'a peer left before it had shown its key')
  return readGreeting(value)
}

const outOfTurn = ({ op }: Greeting) => new LockstepError('BOOK_PEER', `a peer said '${op}' out of its turn`)
const withoutKey = (who: string) => new LockstepError('BOOK_PEER', `whoever calls itself ${who} does not have the key`)
