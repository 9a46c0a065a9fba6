import type { Rules } from '../book/limits.ts'
import { type Reason, reason } from '../book/reasons.ts'
import type { DaemonLink } from '../daemon/daemon-link.ts'
import type { Log } from '../daemon/log.ts'
import type { Peer } from '../daemon/peer.ts'
import { LockstepError } from '../errors/error.ts'
import type { Moment } from '../units/micros.ts'
import { type BookRequest, isUnread, readRequest, requestMessage, type Unread } from '../wire/book-messages.ts'
import type { JsonMessage } from '../wire/json-lines.ts'
import { faultIn } from './judge.ts'
import { type Login, netOf } from './login.ts'
import { refusalMessage } from './refusal.ts'
import { type Caller, callerOf, isCaller } from './who.ts'

/** What one session needs of the world. */
export interface Session {
  readonly client: Peer
  readonly rules: Rules
  readonly login: Login
  readonly forced: string | undefined
  readonly log: Log
  readonly now: () => Moment
  readonly reach: () => Promise<DaemonLink>
}

/** Whoever says so much that is no request is not one of ours. */
const mostUnread = 20

/**
 * One client from its `hello` to its end. What it asks and may ask goes on to lockstepd, in the name that sshd has made
 * sure of; the answers go back. At its end the connection to lockstepd ends too, and with that what it holds.
 */
export async function serve(session: Session): Promise<void> {
  const { client, log } = session
  const messages = client.messages[Symbol.asyncIterator]()
  const first = await messages.next()
  if (first.done === true) return
  const hello = greeting(session, first.value)
  if ('denied' in hello) return await turnAway(session, hello)
  const link = await session.reach().catch(error => {
    log.failure('unreached', error)
    return undefined
  })
  if (link === undefined) return await turnAway(session, { id: hello.id, denied: reason('RESOURCE', unreached) })
  log('info', 'began', spokenOf(hello.caller, session.login))
  try {
    await link.send(requestMessage(hello.request))
    await relay(messages, link, { ...session, caller: hello.caller })
  } finally {
    link.drop()
  }
}

const unreached = { resource: 'lockstepd' }

interface Greeted {
  readonly id: string
  readonly caller: Caller
  readonly request: BookRequest<'hello'>
}

interface TurnedAway {
  readonly id: string | undefined
  readonly denied: Reason
}

/** Nobody says himself who he is. */
function greeting({ rules, login, forced }: Session, message: JsonMessage): Greeted | TurnedAway {
  if (message['op'] !== 'hello') return { id: undefined, denied: badField('op', 'hello comes first') }
  const caller = callerOf(rules, login, forced)
  const read = readRequest({ ...message, as: isCaller(caller) ? asked(caller, login) : nobody })
  if (isUnread(read)) return unreadable(read)
  if (read.op !== 'hello' || Object.hasOwn(message, 'as'))
    return { id: read.id, denied: badField('as', 'is not known') }
  return isCaller(caller) ? { id: read.id, caller, request: read } : { id: read.id, denied: caller }
}

const nobody = { identity: 'nobody', class: 'nobody' }
const asked = ({ identity, class: own, fingerprint }: Caller, login: Login) => ({
  ...{ identity, class: own.name },
  ...(fingerprint === undefined ? {} : { fingerprint }),
  ...(netOf(login) === undefined ? {} : { address: login.address }),
})

const badField = (field: string, why: string) => reason('BAD_REQUEST', { field, why })
const unreadable = ({ id, code, data }: Unread): TurnedAway => ({ id, denied: reason(code, data) })

async function turnAway({ client, login, log }: Session, { id, denied }: TurnedAway): Promise<void> {
  const fingerprint = login.keys[0]?.fingerprint
  const identity = denied.data['identity']
  log('warning', 'turned away', { code: denied.code, address: login.address, fingerprint, identity })
  await client.send(refusalMessage(id, denied))
}

type Admitted = Session & { readonly caller: Caller }

/** Until the client is done and has heard the rest; a fault on either side ends both. */
async function relay(messages: AsyncIterator<JsonMessage>, link: DaemonLink, session: Admitted): Promise<void> {
  let isDone = false
  const asking = questions(messages, link, session).then(() => {
    isDone = true
    link.finish()
  })
  const answering = answers(link, session.client).then(() => {
    if (!isDone) throw new LockstepError('BOOK_SOCKET', 'lockstepd has ended the connection')
  })
  await Promise.all([asking, answering])
}

async function answers(link: DaemonLink, client: Peer): Promise<void> {
  for await (const answer of link.messages) await client.send(answer)
}

async function questions(messages: AsyncIterator<JsonMessage>, link: DaemonLink, session: Admitted): Promise<void> {
  let unread = 0
  for (let next = await messages.next(); next.done !== true; next = await messages.next()) {
    const read = question(next.value)
    if (!isUnread(read)) await passOn(read, link, session)
    else {
      await refuseOne(session, unreadable(read))
      if (++unread === mostUnread) throw new LockstepError('WIRE_LINE', `${mostUnread} lines were no requests`)
    }
  }
}

/** A second hello would lack what only the broker says: that is not what is wrong with it. */
function question(message: JsonMessage): BookRequest | Unread {
  const read = readRequest(message)
  return isUnread(read) && message['op'] === 'hello'
    ? { ...read, data: { field: 'op', why: 'hello is said once' } }
    : read
}

async function passOn(request: BookRequest, link: DaemonLink, session: Admitted): Promise<void> {
  const { rules, caller, login, now } = session
  const denied = faultIn(request, { rules, caller, address: netOf(login) }, now())
  if (denied === undefined) await link.send(requestMessage(request))
  else await refuseOne(session, { id: request.id, denied }, request.op)
}

async function refuseOne({ client, caller, log }: Admitted, { id, denied }: TurnedAway, op?: string): Promise<void> {
  const { limit } = denied.data
  log('notice', 'refused', { op, code: denied.code, limit, identity: caller.identity, class: caller.class.name })
  await client.send(refusalMessage(id, denied))
}

const spokenOf = ({ identity, class: own, fingerprint }: Caller, { address }: Login) => ({
  ...{ identity, class: own.name, fingerprint, address },
})
