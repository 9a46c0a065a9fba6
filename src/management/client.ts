import type { Duplex } from 'node:stream'
import { LockstepError, refuse } from '../errors/error.ts'
import type { Nanoseconds } from '../units/quantity.ts'
import type { Gettable, MessageName, Settable, Value } from '../wire/messages.ts'
import { describeRemoteError, type RemoteError } from '../wire/remote-error.ts'
import { Exchange, type Outcome } from './exchange.ts'
import { refusalHint } from './hints.ts'
import { describeRequest, get, getError, type Request, type RequestOptions, set } from './requests.ts'

/** What came of one request of a batch. */
export type Answer<T> =
  | { readonly value: T; readonly error?: undefined }
  | { readonly error: LockstepError; readonly value?: undefined }

type Values<R extends readonly Request<unknown>[]> = {
  -readonly [I in keyof R]: R[I] extends Request<infer T> ? T : never
}
type Answers<R extends readonly Request<unknown>[]> = {
  -readonly [I in keyof R]: R[I] extends Request<infer T> ? Answer<T> : never
}

export interface ClientOptions {
  /** Who is on the other side, as people know it: `sender a on A`. Every error starts with it. */
  readonly name: string
  /** Refuses larger frames; default 1 GiB, a log of 22 million packets. */
  readonly maxBytes?: number
}

/** Speaks the management protocol over a TCP socket or any other stream, such as a port forwarded by ssh. */
export const managementClient = (stream: Duplex, options: ClientOptions) => new ManagementClient(stream, options)

export class ManagementClient {
  readonly #exchange: Exchange
  /** The request that the remote's error slot of each message is about. */
  readonly #latest = new Map<MessageName, Request<unknown>>()

  constructor(stream: Duplex, { name, maxBytes = 2 ** 30 }: ClientOptions) {
    this.#exchange = new Exchange(stream, { name, maxBytes })
  }

  get name(): string {
    return this.#exchange.name
  }

  /** Aborted, with a LockstepError as its reason, as soon as the other side went away; never by close(). */
  get closed(): AbortSignal {
    return this.#exchange.closed
  }

  /** The longest of the last round trips, the first one left out; undefined before the second. */
  get longestRoundTrip(): Nanoseconds | undefined {
    return this.#exchange.longestRoundTrip
  }

  /** A value, bare for a message of one field; WIRE_REMOTE when it is refused. */
  async get<Name extends Gettable>(name: Name, options?: RequestOptions): Promise<Value<Name>> {
    const [value] = await this.all([get(name, options)])
    return value
  }

  async set<Name extends Settable>(name: Name, value: Value<Name>, options?: RequestOptions): Promise<void> {
    await this.all([set(name, value, options)])
  }

  /** Why the last request for `name` failed, in the remote's words; code 0 with a text explains a state. */
  async lastError(name: MessageName): Promise<RemoteError> {
    const [value] = await this.all([getError(name)])
    return value
  }

  /** Sends requests in one write and gives all values, or throws one error that holds every failure. */
  async all<const R extends readonly Request<unknown>[]>(requests: R): Promise<Values<R>> {
    const answers: readonly Answer<unknown>[] = await this.batch(requests)
    const errors = distinct(answers.flatMap(({ error }) => (error === undefined ? [] : [error])))
    if (errors.length === 1) throw errors[0] // itself, with its cause
    refuse(errors)
    return answers.map(({ value }) => value) as Values<R> // request by request, as the mapped tuple says
  }

  /**
   * Sends requests in one write; one answer or error for each, never a rejection. A refused SET does not stop those
   * behind it. GET LOG goes last, once per connection. Reasons of refusals are asked for when all answers are in.
   */
  async batch<const R extends readonly Request<unknown>[]>(requests: R): Promise<Answers<R>> {
    for (const request of requests) if (request.action !== 'getError') this.#latest.set(request.name, request)
    const outcomes = await Promise.all(this.#exchange.ask(requests))
    const reasons = await this.#reasons(requests.filter((_, i) => isEmpty(outcomes[i])))
    const answers = requests.map((request, i) => this.#answer(request, outcomes[i] as Outcome, reasons.get(request)))
    return answers as Answers<R> // request by request, as the mapped tuple says
  }

  /**
   * Half-closes, reads what is still coming and waits for the other side to close. 'draining': it has not within the
   * deadline; the stream is read on in the background. A reset would end the other side, so there is no other way out.
   */
  close({ deadlineMs = 2_000 }: RequestOptions = {}): Promise<'closed' | 'draining'> {
    return this.#exchange.close(deadlineMs)
  }

  /** The slots hold the outcome of the last request of each message, so only that one's reason can be had. */
  async #reasons(refused: readonly Request<unknown>[]): Promise<ReadonlyMap<Request<unknown>, RemoteError>> {
    const askable = refused.filter(
      request => request.action !== 'getError' && this.#latest.get(request.name) === request,
    )
    if (askable.length === 0) return new Map()
    const questions = askable.map(({ name }) => getError(name))
    const outcomes = await Promise.all(this.#exchange.ask(questions))
    const reasons = askable.map((request, i) => {
      const answer = this.#answer(questions[i] as Request<RemoteError>, outcomes[i] as Outcome, undefined)
      return [request, answer.value ?? { code: 0, text: '' }] as const
    })
    return new Map(reasons)
  }

  #answer<T>(request: Request<T>, outcome: Outcome, reason: RemoteError | undefined): Answer<T> {
    if (outcome instanceof LockstepError) return { error: outcome }
    if (isEmpty(outcome)) return { error: this.#refusal(request, reason) }
    try {
      return { value: request.read(outcome) }
    } catch (error) {
      if (!(error instanceof LockstepError)) throw error
      return { error: new LockstepError(error.code, `${this.name}: ${error.message}`, { cause: error }) }
    }
  }

  #refusal(request: Request<unknown>, reason: RemoteError | undefined): LockstepError {
    const why = reason === undefined || reason.code === 0 ? 'no reason was given' : describeRemoteError(reason)
    return new LockstepError('WIRE_REMOTE', `${this.name}: ${describeRequest(request)} was refused: ${why}`, {
      hint: reason && refusalHint(request.name, reason.code),
      cause: reason,
    })
  }
}

/** What the remote said about a request that it refused; undefined for any other error. */
export const remoteErrorOf = (error: LockstepError): RemoteError | undefined =>
  error.code === 'WIRE_REMOTE' ? (error.cause as RemoteError | undefined) : undefined

const isEmpty = (outcome: Outcome | undefined) => outcome instanceof Buffer && outcome.length === 0

/** A connection that is gone fails all requests alike, and behind an answer that is late all others are late as well. */
function distinct(errors: readonly LockstepError[]): LockstepError[] {
  const isLate = ({ code }: LockstepError) => code === 'WIRE_DEADLINE' || code === 'WIRE_SILENT'
  const late = errors.find(isLate)
  return [...new Set(errors)].filter(error => error === late || !isLate(error))
}
