import { type Reason, type ReasonCode, reason, reasons } from '../book/reasons.ts'
import type { Code } from '../errors/codes.ts'
import { LockstepError } from '../errors/error.ts'
import type { Refused, ReservationView } from '../wire/book-answers.ts'

export const reasonOf = ({ code, data }: Pick<Refused, 'code' | 'data'>): Reason =>
  reason(isReasonCode(code) ? code : 'BAD_REQUEST', data ?? {})

const isReasonCode = (code: string): code is ReasonCode => Object.hasOwn(reasons, code)

/** What a refusal is to whoever asked, with the facts that he can do something about. `host`: who refused. */
export function refusalError({ code, data }: Reason, host: string | undefined): LockstepError {
  const facts = factsIn(data)
  const who = host === undefined ? '' : `${host}: `
  return new LockstepError(ours(code), `${who}${reasons[code].meaning}${facts} [${code}]`, {
    hint: hintFor(code, data),
  })
}

const clocks: readonly ReasonCode[] = ['CLOCK_UNSYNC', 'CLOCK_OFFSET', 'CLOCK_STEP']
const mistakes: readonly ReasonCode[] = ['BAD_REQUEST', 'VERSION', 'UNSUPPORTED']
const losses: readonly ReasonCode[] = ['PEER_UNREACHABLE', 'PEER_MISSING', 'PEER_SILENT', 'PEER_MISMATCH']

/** Its family is the exit code: usage, clocks, hosts, or the book. */
function ours(code: ReasonCode): Code {
  if (mistakes.includes(code)) return 'USAGE_VALUE'
  if (clocks.includes(code)) return 'SYNC_ENDPOINTS'
  return losses.includes(code) ? 'HOST_BROKER' : 'BOOK_REFUSED'
}

/** Times of the answer are not for people, and those that are come as a hint. */
const times = ['next', 'until', 'epoch', 'firm']

export function factsIn(data: Reason['data']): string {
  // Endpoints put into words what is about two clocks.
  if (typeof data['detail'] === 'string') return `: ${data['detail']}`
  const told = Object.entries(data).filter(([name, value]) => !times.includes(name) && value !== undefined)
  return told.length === 0 ? '' : `: ${told.map(([name, value]) => `${name} ${inWords(value)}`).join(', ')}`
}

const inWords = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

function hintFor(code: ReasonCode, { next, until }: Reason['data']): string | undefined {
  const free = latestOf(next)
  if (free !== undefined) return `there is room at ${new Date(free / 1_000).toISOString()}: see --latest`
  if (typeof until === 'number') return `until ${new Date(until / 1_000).toISOString()}`
  const { retry } = reasons[code]
  return retry === 'soon' || retry === 'anew' ? 'try again' : undefined
}

/** Of the endpoints' own answers none is earlier than what all of them have. */
function latestOf(next: unknown): number | undefined {
  if (typeof next === 'number') return next
  if (typeof next !== 'object' || next === null) return undefined
  const all = Object.values(next)
  return all.length > 0 && all.every(each => typeof each === 'number') ? Math.max(...all) : undefined
}

/** Why a reservation came to an end that it should not have come to. */
export function endOf(what: string, host: string, { state, reason: why }: ReservationView): LockstepError {
  const known = why === undefined ? undefined : reasonOf({ code: why.code, data: why.data })
  if (known === undefined) return new LockstepError('STEP_RESERVED', `${what}: ${host}: the reservation is ${state}`)
  const { code, data } = known
  const early: Code = clocks.includes(code) ? 'SYNC_ENDPOINTS' : losses.includes(code) ? 'HOST_BROKER' : 'STEP_RESERVED'
  return new LockstepError(early, `${what}: ${host}: ${state}, ${reasons[code].meaning}${factsIn(data)} [${code}]`)
}
