import { LockstepError } from '../errors/error.ts'
import { Answers as Waiting } from '../transport/answers.ts'
import { deadline, orAborted } from '../transport/deadline.ts'
import type { HostConnection, RemoteProcess } from '../transport/transport.ts'
import type { Answered, Answers, Refused, ReservationView } from '../wire/book-answers.ts'
import { type BookRequest, type Op, version } from '../wire/book-messages.ts'
import { encodeMessage, type JsonMessage, jsonLines } from '../wire/json-lines.ts'

/** A conversation with the broker of one host, over a connection of ssh that it does not close. */
export interface BrokerSession {
  /** The host as its user calls it. */
  readonly host: string
  readonly welcome: Answers['hello']
  /** WIRE_DEADLINE when there is no answer in time; the reason of `lost` when there will be none. */
  ask<O extends Op>(op: O, fields: Fields<O>): Promise<Answered | Refused>
  /** Not waited for: who does not hear it lets the matter lapse. */
  tell<O extends Op>(op: O, fields: Fields<O>): void
  /** Hears of every change of what is watched. */
  onChange(listener: (reservation: ReservationView) => void): void
  /** Aborted with a LockstepError when the conversation breaks off. */
  readonly lost: AbortSignal
  /** The broker lets go of what is held. */
  close(): void
}

type Row<O extends Op> = Omit<BookRequest<O>, 'id' | 'op'>
/** What may be undefined may be left out. */
export type Fields<O extends Op> = {
  readonly [K in keyof Row<O> as undefined extends Row<O>[K] ? never : K]: Row<O>[K]
} & { readonly [K in keyof Row<O> as undefined extends Row<O>[K] ? K : never]?: Row<O>[K] }

export interface SessionLimits {
  /** Of one question and its answer. */
  readonly answerMs: number
  /** For the broker to start and to say who we are to it. */
  readonly welcomeMs: number
  /** The broker takes us for gone after 15 s without a word. */
  readonly beatMs: number
}

export const usualLimits: SessionLimits = { answerMs: 5_000, welcomeMs: 15_000, beatMs: 5_000 }

/** What a login asks sshd for; it gets the same, or is sent away. */
const usualProgram = ['lockstep-broker']

export interface BrokerOptions {
  readonly limits?: SessionLimits
  /** Its argv, where no sshd is asked for it. */
  readonly program?: readonly string[] | undefined
}

/** HOST_BROKER where nobody speaks the protocol, BOOK_REFUSED where somebody does and does not know us. */
export async function openBrokerSession(
  connection: HostConnection,
  signal: AbortSignal,
  { limits = usualLimits, program = usualProgram }: BrokerOptions = {},
): Promise<BrokerSession> {
  const host = connection.name
  const late = () => noBroker(host, `it did not answer within ${limits.welcomeMs / 1_000} s`)
  const limit = deadline(limits.welcomeMs, late, signal)
  const process = await connection.spawn(program, limit.signal)
  const line = new BrokerLine(host, process, limits)
  try {
    const hello = await orAborted(line.hello(), limit.signal)
    if (!isAnswered(hello)) throw turnedAway(host, hello)
    line.startBeats()
    return line.session(hello as unknown as Answers['hello'])
  } catch (error) {
    line.close()
    throw error
  } finally {
    limit.done()
  }
}

export const isAnswered = (answer: Answered | Refused): answer is Answered => answer.ok

class BrokerLine {
  readonly #host: string
  readonly #process: RemoteProcess
  readonly #limits: SessionLimits
  readonly #waiting = new Waiting<Answered | Refused>()
  readonly #listeners: ((reservation: ReservationView) => void)[] = []
  readonly #lost = new AbortController()
  #beats: NodeJS.Timeout | undefined
  #asked = 0
  #said = ''
  #closed = false

  constructor(host: string, process: RemoteProcess, limits: SessionLimits) {
    this.#host = host
    this.#process = process
    this.#limits = limits
    const reader = jsonLines()
    process.stdout.on('data', (chunk: Buffer) => {
      try {
        for (const message of reader.push(chunk)) this.#hear(message)
      } catch (error) {
        this.#lose(error as Error)
      }
    })
    process.stderr.on('data', (chunk: Buffer) => {
      this.#said = `${this.#said}${chunk}`.slice(-longestWords)
    })
    process.ended.then(
      () => this.#lose(noBroker(host, this.#said.trim() || 'it ended the conversation')),
      (error: Error) => this.#lose(error),
    )
  }

  hello(): Promise<Answered | Refused> {
    return this.#send('hello', {}, this.#limits.welcomeMs)
  }

  session(welcome: Answers['hello']): BrokerSession {
    return {
      ...{ host: this.#host, welcome, lost: this.#lost.signal },
      ask: (op, fields) => this.#send(op, fields, this.#limits.answerMs),
      tell: (op, fields) => this.#write(this.#next(), op, fields),
      onChange: listener => this.#listeners.push(listener),
      close: () => this.close(),
    }
  }

  startBeats(): void {
    this.#beats = setInterval(() => this.#write(this.#next(), 'beat', {}), this.#limits.beatMs)
  }

  close(): void {
    this.#closed = true
    clearInterval(this.#beats)
    this.#process.stdin.end()
    this.#process.close()
    this.#waiting.failAll(noBroker(this.#host, 'the conversation is over'))
  }

  #next(): string {
    return `q${++this.#asked}`
  }

  async #send(op: Op, fields: object, withinMs: number): Promise<Answered | Refused> {
    this.#lost.signal.throwIfAborted()
    const id = this.#next()
    const late = () => new LockstepError('WIRE_DEADLINE', `${this.#host} did not answer within ${withinMs / 1_000} s`)
    const answer = this.#waiting.wait(id, withinMs, late)
    this.#write(id, op, fields)
    return answer
  }

  #write(id: string, op: Op, fields: object): void {
    if (!this.#lost.signal.aborted) this.#process.stdin.write(encodeMessage({ v: version, id, op, ...fields }))
  }

  #hear(message: JsonMessage): void {
    if (message['event'] === 'changed')
      for (const listener of this.#listeners) listener(message['reservation'] as ReservationView)
    else this.#waiting.settle(String(message['id']), message as unknown as Answered | Refused)
  }

  #lose(error: Error): void {
    clearInterval(this.#beats)
    if (this.#closed || this.#lost.signal.aborted) return
    const reason = error instanceof LockstepError ? error : noBroker(this.#host, error.message)
    this.#lost.abort(reason)
    this.#waiting.failAll(reason)
  }
}

const longestWords = 2_000

const noBroker = (host: string, why: string) =>
  new LockstepError('HOST_BROKER', `lockstep-broker of ${host} is not to be spoken to: ${why.split('\n').at(-1)}`, {
    hint: 'the login has to be the one that sshd gives the broker to, see docs/reservations.md; lockstep_user names it',
  })

function turnedAway(host: string, { code, detail, data }: Refused): LockstepError {
  const { fingerprint } = data
  return new LockstepError('BOOK_REFUSED', `${host} refuses: ${detail} [${code}]`, {
    hint: typeof fingerprint === 'string' ? `the key that was shown is ${fingerprint}` : undefined,
  })
}
