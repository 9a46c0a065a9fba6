import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { LockstepError } from '../errors/error.ts'
import { type Nanoseconds, ns } from '../units/quantity.ts'
import { type Frame, frameSplitter } from '../wire/frames.ts'
import { AnswerQueue } from './answer-queue.ts'
import { silenceHint } from './hints.ts'
import { describeRequest, firstAnswerMs, idOf, isPlain, type Request, usualDeadlineMs } from './requests.ts'

/** The payload of an answer, empty when the request was refused, or why there is none. */
export type Outcome = Buffer | LockstepError

interface Waiting {
  readonly request: Request<unknown>
  readonly action: Request<unknown>['action']
  readonly id: number
  readonly sentAt: bigint
  /** Nothing was under way when it was sent, so the time to its answer is a round trip. */
  readonly alone: boolean
  /** How long its answer may take, once the other side has shown that it answers at all. */
  readonly limitMs: number
  /** Takes the first outcome; later ones change nothing. */
  readonly settle: (outcome: Outcome) => void
}

/** Round trips remembered: a slow moment long ago does not count for ever. */
const remembered = 16
/** An answer that is still arriving this long after its last bytes is late. */
const stallMs = 1_000

/**
 * Requests and answers on one stream. It never resets the connection, because isochron dies of a reset: it half-closes
 * and reads until the other side has closed as well.
 */
export class Exchange {
  readonly name: string
  readonly #stream: Duplex
  readonly #queue = new AnswerQueue<Waiting>()
  readonly #splitter: ReturnType<typeof frameSplitter>
  readonly #gone = new AbortController()
  readonly #ended: Promise<void>
  #closing = false
  #unusable: LockstepError | undefined
  #answered = 0
  #lastChunkAt = 0
  #roundTrips: bigint[] = []

  constructor(stream: Duplex, { name, maxBytes }: { readonly name: string; readonly maxBytes: number }) {
    this.name = name
    this.#stream = stream
    this.#splitter = frameSplitter({ maxBytes })
    if (stream instanceof Socket) stream.setNoDelay(true)
    this.#ended = new Promise(resolve => {
      const ended = (cause?: unknown) => {
        this.#lose(cause)
        resolve()
      }
      stream.once('end', () => ended())
      stream.once('close', () => ended())
      stream.on('error', ended)
    })
    stream.on('data', (chunk: Buffer) => this.#receive(chunk))
  }

  /** Aborted with a LockstepError when the other side went away or talks nonsense; never by close(). */
  get closed(): AbortSignal {
    return this.#gone.signal
  }

  get longestRoundTrip(): Nanoseconds | undefined {
    const [longest] = this.#roundTrips.toSorted((a, b) => (a < b ? 1 : -1))
    return longest === undefined ? undefined : ns(longest)
  }

  /** Sends requests in one write. The promises never reject. */
  ask(requests: readonly Request<unknown>[]): Promise<Outcome>[] {
    const refused =
      this.#unusable ?? (this.#closing ? this.#problem('WIRE_CLOSED', 'the connection is being closed') : undefined)
    if (refused !== undefined) return requests.map(async () => refused)
    const idle = this.#queue.size === 0
    // An answer comes behind those to the requests in front of it, so it may take as long as the slowest of them.
    let slowestMs = 0
    const outcomes = requests.map((request, i) => {
      slowestMs = Math.max(slowestMs, request.deadlineMs ?? usualDeadlineMs(request))
      return this.#expect(request, idle && i === 0, slowestMs)
    })
    this.#stream.write(Buffer.concat(requests.map(({ bytes }) => bytes)))
    return outcomes
  }

  /**
   * Half-closes and reads until the other side has closed too; answers under way still arrive. After the deadline the
   * stream is left open and read in the background, without keeping the process alive where that can be had.
   */
  async close(deadlineMs: number): Promise<'closed' | 'draining'> {
    this.#closing = true
    this.#stream.end()
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<'draining'>(resolve => {
      timer = setTimeout(resolve, deadlineMs, 'draining')
    })
    const outcome = await Promise.race([this.#ended.then(() => 'closed' as const), late])
    clearTimeout(timer)
    if (outcome === 'draining' && this.#stream instanceof Socket) this.#stream.unref()
    return outcome
  }

  #expect(request: Request<unknown>, alone: boolean, limitMs: number): Promise<Outcome> {
    return new Promise(resolve => {
      let timer: NodeJS.Timeout
      const waiting: Waiting = {
        request,
        action: request.action,
        id: idOf(request),
        sentAt: process.hrtime.bigint(),
        alone,
        limitMs,
        settle: outcome => {
          clearTimeout(timer)
          resolve(outcome)
        },
      }
      const check = () => {
        const leftMs = this.#patienceMs(waiting)
        if (leftMs > 0) timer = setTimeout(check, leftMs)
        else resolve(this.#late(waiting))
      }
      this.#queue.add(waiting) // and stays there when it is late: its answer will come, and must not be taken for another's
      check()
    })
  }

  /** How much longer an answer may take. */
  #patienceMs(waiting: Waiting): number {
    const { sentAt } = waiting
    const waitedMs = Number(process.hrtime.bigint() - sentAt) / 1e6
    const leftMs = this.#deadlineMs(waiting) - waitedMs
    if (leftMs > 0 || this.#splitter.held === 0) return Math.ceil(leftMs)
    return Math.ceil(this.#lastChunkAt + stallMs - performance.now())
  }

  #deadlineMs({ request, limitMs }: Waiting): number {
    if (request.deadlineMs !== undefined || this.#answered > 0) return limitMs
    return Math.min(firstAnswerMs, limitMs)
  }

  #late(waiting: Waiting): LockstepError {
    const waited = `no answer to ${describeRequest(waiting.request)} in ${this.#deadlineMs(waiting)} ms`
    if (this.#answered > 0) return this.#problem('WIRE_DEADLINE', waited, { hint: silenceHint(waiting.request.name) })
    return this.#problem('WIRE_SILENT', `${waited}: in use by another client, or frozen`, {
      hint: 'isochron serves one client at a time, and keeps a vanished one until it is restarted',
    })
  }

  #receive(chunk: Buffer): void {
    if (this.#unusable !== undefined) return // read on, so that no unread byte turns our close into a reset
    this.#lastChunkAt = performance.now()
    try {
      for (const frame of this.#splitter.push(chunk)) this.#deliver(frame)
    } catch (error) {
      if (!(error instanceof LockstepError)) throw error
      this.#giveUp(this.#problem(error.code, error.message, { cause: error }))
    }
  }

  #deliver(frame: Frame): void {
    const waiting = this.#queue.take(frame)
    if (waiting === 'stray') return
    if (waiting === 'foreign') throw new LockstepError('WIRE_ORDER', `unexpected ${frame.action} of id ${frame.id}`)
    // The first answer says how long the process was busy with an earlier client, not how far away it is.
    if (waiting.alone && this.#answered > 0 && isPlain(waiting.request))
      this.#roundTrips = [...this.#roundTrips, process.hrtime.bigint() - waiting.sentAt].slice(-remembered)
    this.#answered += 1
    waiting.settle(frame.payload)
  }

  #lose(cause: unknown): void {
    if (this.#unusable !== undefined) return
    this.#giveUp(this.#problem('WIRE_CLOSED', 'the connection was closed by the other side', { cause }))
  }

  /** Nothing more will be believed or sent on this stream. */
  #giveUp(reason: LockstepError): void {
    this.#unusable = reason
    this.#stream.end()
    for (const waiting of this.#queue.drain()) waiting.settle(reason)
    if (!this.#closing) this.#gone.abort(reason)
  }

  #problem(
    code: LockstepError['code'],
    message: string,
    more: { hint?: string | undefined; cause?: unknown } = {},
  ): LockstepError {
    return new LockstepError(code, `${this.name}: ${message}`, more)
  }
}
