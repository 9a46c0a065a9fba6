import { LockstepError } from '../errors/error.ts'
import { encodeGet, encodeGetError, encodeSet } from '../wire/frames.ts'
import { type Gettable, type MessageName, messages, type Settable, spelt, type Value } from '../wire/messages.ts'
import { decodeValue } from '../wire/payload.ts'
import { decodeRemoteError, type RemoteError } from '../wire/remote-error.ts'

/** One question: its bytes, how long its answer may take, and what a non-empty answer means. */
export interface Request<T> {
  readonly action: 'get' | 'set' | 'getError'
  readonly name: MessageName
  readonly bytes: Buffer
  /** Undefined: the usual one, and 2 s for the first answer on a connection. */
  readonly deadlineMs: number | undefined
  /** Throws a WIRE_ error when the payload is not what the message table says. */
  read(payload: Buffer): T
}

export interface RequestOptions {
  readonly deadlineMs?: number | undefined
}

/** Asks for a value: bare for a message of one field, an object for one of several. */
export const get = <Name extends Gettable>(name: Name, { deadlineMs }: RequestOptions = {}): Request<Value<Name>> => ({
  action: 'get',
  name,
  bytes: encodeGet(name),
  deadlineMs,
  read: payload => decodeValue(name, payload),
})

/** Tells a value. Refuses with WIRE_VALUE what is known to crash the daemon. */
export function set<Name extends Settable>(
  name: Name,
  value: Value<Name>,
  { deadlineMs }: RequestOptions = {},
): Request<void> {
  refuseHazard(name, value)
  const bytes = encodeSet(name, value)
  return { action: 'set', name, bytes, deadlineMs, read: payload => checkEcho(name, bytes, payload) }
}

/** Asks why the last request for `name` failed; code 0: it did not. */
export const getError = (name: MessageName, { deadlineMs }: RequestOptions = {}): Request<RemoteError> => ({
  action: 'getError',
  name,
  bytes: encodeGetError(name),
  deadlineMs,
  read: decodeRemoteError,
})

/** The first answer on a connection; later means that somebody else is connected, or that the process hangs. */
export const firstAnswerMs = 2_000

const slow: Readonly<Record<string, number>> = {
  'set ptpmonEnabled': 10_000, // 3 s when there is no ptp4l
  'set testState': 10_000, // stopping before the end takes longer yet: its caller names a deadline
  'get log': 10_000, // a receiver holds it up to 5 s
}

export const usualDeadlineMs = ({ action, name }: Request<unknown>): number => slow[`${action} ${name}`] ?? 5_000

/** Whether the time to the answer is that of the network: nothing to wait for on the other side. */
export const isPlain = ({ action, name }: Request<unknown>): boolean =>
  slow[`${action} ${name}`] === undefined && name !== 'nodeRole'

/** `GET CURRENT_CLOCK_TAI`. */
export const describeRequest = ({ action, name }: Request<unknown>): string =>
  `${action === 'getError' ? 'GET_ERROR' : action.toUpperCase()} ${spelt(name)}`

export const idOf = ({ name }: Request<unknown>): number => messages[name].id

function refuseHazard(name: Settable, value: unknown): void {
  if (name === 'sysmonEnabled' && value === false)
    throw new LockstepError('WIRE_VALUE', 'SYSMON_ENABLED off makes the daemon crash later', {
      hint: 'NODE_ROLE resets everything cleanly',
    })
  if (name === 'cycleTime' && (value as bigint) <= 0n)
    throw new LockstepError('WIRE_VALUE', `expected a CYCLE_TIME above 0, got ${value}: the daemon divides by it`)
}

function checkEcho(name: MessageName, request: Buffer, payload: Buffer): void {
  const sent = request.subarray(request.length - payload.length)
  if (request.length - payload.length === headersSize && sent.equals(payload)) return
  throw new LockstepError(
    'WIRE_PAYLOAD',
    `expected ${spelt(name)} back as it was sent, ${request.toString('hex', headersSize)}, got ${payload.toString('hex')}`,
  )
}

/** Message header and TLV header. */
const headersSize = 16
