import { once } from 'node:events'
import { constants } from 'node:os'
import { Readable, Writable } from 'node:stream'
import { LockstepError } from '../errors/error.ts'
import { deadline } from './deadline.ts'
import type { RemoteProcess } from './transport.ts'
import {
  type WorkerFrame,
  type WorkerOptions,
  workerCommand,
  workerDrop,
  workerFrames,
  workerQuestion,
} from './worker-frames.ts'

/** Begins commands on a host over one channel, as many at once as are wanted. */
export interface Worker {
  /** The command begins when its stdin is ended. One that is not to begin any more says why on its stderr, behind `mark`. */
  begin(n: number, argv: readonly string[], options: WorkerOptions): RemoteProcess
  /** A question that it answers itself, see worker.pl.ts: the answer is what such a command would print. */
  ask(n: number, words: readonly string[]): RemoteProcess
  /** Aborted when it has ended; what it had begun is without outputs then. */
  readonly gone: AbortSignal
  /** Resolves when it has ended, or says nothing for two seconds. */
  close(): Promise<void>
}

const closeLimitMs = 2_000

/** The worker that speaks on this process; undefined when the process ends without a word: the host has no perl. */
export async function workerOn(host: string, process: RemoteProcess, mark: string): Promise<Worker | undefined> {
  const jobs = new Map<number, Job>()
  const gone = new AbortController()
  const ready = new Promise<boolean>(resolve => {
    gone.signal.addEventListener('abort', () => resolve(false), { once: true })
    const hear = (frame: WorkerFrame) => jobs.get(frame.n)?.hear(frame)
    process.stdout.on('data', workerFrames(mark, { ready: () => resolve(true), hear }))
  })
  process.stderr.resume()
  const lose = (error: Error) => {
    gone.abort(error)
    for (const job of jobs.values()) job.lose(error)
  }
  process.ended.then(
    () => lose(new LockstepError('HOST_TETHER', `what runs our commands on ${host} has ended`)),
    (error: Error) => lose(error),
  )
  if (!(await ready)) return undefined
  const send = (octets: Buffer | string) => {
    if (!gone.signal.aborted) process.stdin.write(octets)
  }
  const jobOf = (n: number, order: (input: Buffer) => Buffer): Job => {
    const job = new Job(
      input => send(order(input)),
      () => send(workerDrop(n)),
    )
    if (gone.signal.aborted) job.lose(gone.signal.reason)
    jobs.set(n, job)
    const forget = () => jobs.delete(n)
    job.ended.then(forget, forget)
    return job
  }
  return {
    begin: (n, argv, options) => jobOf(n, input => workerCommand(n, argv, options, input)),
    ask: (n, words) => jobOf(n, () => workerQuestion(n, words)),
    gone: gone.signal,
    async close() {
      process.stdin.end()
      const limit = deadline(closeLimitMs, () => new LockstepError('SSH_TIMEOUT', `no end on ${host}`), gone.signal)
      if (!limit.signal.aborted) await once(limit.signal, 'abort')
      limit.done()
      process.close()
    },
  }
}

type Outcome = Awaited<RemoteProcess['exited']>

class Job implements RemoteProcess {
  readonly stdin: Writable
  readonly stdout = new Readable({ read: () => undefined })
  readonly stderr = new Readable({ read: () => undefined })
  readonly exited: Promise<Outcome>
  readonly ended: Promise<Outcome>
  readonly #drop: () => void
  #exit: (outcome: Outcome) => void = () => undefined
  #fail: (error: Error) => void = () => undefined

  constructor(begin: (input: Buffer) => void, drop: () => void) {
    this.stdin = gathering(begin)
    this.#drop = drop
    this.exited = new Promise((resolve, reject) => {
      this.#exit = resolve
      this.#fail = reject
    })
    const streams = [this.stdout, this.stderr].map(stream => once(stream, 'close'))
    this.ended = Promise.all([this.exited, ...streams]).then(([outcome]) => outcome)
    for (const each of [this.exited, this.ended]) each.catch(() => undefined) // heard by whoever awaits it
  }

  hear(frame: WorkerFrame): void {
    if (frame.kind === 'output') this[frame.stream].push(frame.octets)
    else if (frame.kind === 'exited') this.#exit(outcomeOf(frame.code, frame.signal))
    else for (const stream of [this.stdout, this.stderr]) stream.push(null)
  }

  lose(error: Error): void {
    this.#fail(error)
    this.#end()
  }

  close(): void {
    this.#drop()
    this.#end()
  }

  #end(): void {
    for (const stream of [this.stdout, this.stderr]) stream.destroy()
  }
}

/** Hands over what was written, whole, when it is ended. */
function gathering(begin: (input: Buffer) => void): Writable {
  const chunks: Buffer[] = []
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk)
      done()
    },
    final(done) {
      begin(Buffer.concat(chunks))
      done()
    },
  })
}

function outcomeOf(code: number, signal: number): Outcome {
  if (signal === 0) return { code, signal: undefined }
  const name = Object.entries(constants.signals).find(([, number]) => number === signal)?.[0]
  return { code: undefined, signal: name ?? `signal ${signal}` }
}
