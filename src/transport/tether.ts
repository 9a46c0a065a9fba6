import { randomBytes } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { LockstepError } from '../errors/error.ts'
import { Answers } from './answers.ts'
import { orAborted } from './deadline.ts'
import { rescueScript, tetherBootstrap, tetherScript } from './tether.sh.ts'
import { runCommand } from './tether-command.ts'
import type { CommandOptions, Outcome, ProcessStart, Tether, TetherOptions } from './tether-contract.ts'
import { commandLines, isPlainName, outcomeOf, parseEvent, type TetherEvent, withEnvironment } from './tether-lines.ts'
import { LazyWorker, openWorker } from './tether-worker.ts'
import type { ExecResult, HostConnection, RemoteProcess } from './transport.ts'

/** So many beats without an answer, and the host is lost. */
const unansweredBeats = 3
const openLimitMs = 15_000
const answerLimitMs = 10_000
/** A program has 2 s after TERM, and a busy host takes its time to look at every process. */
const stopLimitMs = 30_000
/** TERM, KILL, and undo commands of 5 s each at most; the tether of a sane host needs well under 5 s. */
const endLimitMs = 60_000

/** Claims the host and makes the run's folder there. Rejects with BOOK_HOST_BUSY when another run has claimed it. */
export async function openTether(connection: HostConnection, options: TetherOptions): Promise<Tether> {
  const { owner, leaseMs = 5_000, shell = 'sh', claim = true } = options
  const claimFolder = claim ? (options.claimFolder ?? '') : '-'
  const leaseS = String(Math.ceil(leaseMs / 1_000))
  const words = [
    tetherScript,
    leaseS,
    shell,
    claimFolder,
    owner.replaceAll(/\s+/g, ' '),
    options.run,
    randomBytes(8).toString('hex'),
  ]
  const process = await connection.spawn(['sh', '-c', tetherBootstrap, 'lockstep-tether', ...words])
  const tether = new OpenTether(connection, process, { leaseS, shell, claimFolder })
  try {
    await orAborted(tether.opened, options.signal)
    tether.startBeats(options.beatMs ?? 1_000, leaseMs)
    if (options.busy === true) void tether.worker.get()
    return tether
  } catch (error) {
    // The end of its input ends the tether, wherever it stands.
    process.close()
    throw error
  }
}

/** What the script was started with. */
interface ScriptWords {
  readonly leaseS: string
  readonly shell: string
  readonly claimFolder: string
}

interface Program {
  readonly id: string
  outcome?: Outcome
}

class OpenTether implements Tether {
  folder = ''
  readonly opened: Promise<TetherEvent>
  readonly lost: AbortSignal
  readonly worker = new LazyWorker(() => openWorker(this.#connection, this.folder, this.#next++))
  readonly #host: string
  readonly #connection: HostConnection
  readonly #process: RemoteProcess
  readonly #words: ScriptWords
  readonly #lost = new AbortController()
  readonly #answers = new Answers<TetherEvent>()
  readonly #programs = new Map<number, Program>()
  readonly #undos = new Map<string, number>()
  readonly #listeners: ((id: string, code: number | undefined) => void)[] = []
  readonly #left: string[] = []
  #beats: NodeJS.Timeout | undefined
  #beatAt = 0
  #leaseMs = Number.POSITIVE_INFINITY
  #sent = 0
  #answered = 0
  #next = 1
  #ending = false

  constructor(connection: HostConnection, process: RemoteProcess, words: ScriptWords) {
    this.#host = connection.name
    this.#connection = connection
    this.#process = process
    this.#words = words
    this.lost = this.#lost.signal
    setMaxListeners(0, this.lost) // every command in flight listens
    this.opened = this.#await('ready', openLimitMs)
    readLines(process, line => this.#hear(line))
    process.ended.then(
      () => this.#lose(this.#gone('its channel was closed')),
      (error: Error) => this.#lose(error),
    )
    connection.lost.addEventListener('abort', () => this.#lose(connection.lost.reason), { once: true })
  }

  startBeats(everyMs: number, leaseMs: number): void {
    this.#beatAt = performance.now()
    this.#leaseMs = leaseMs
    this.#beats = setInterval(() => {
      if (this.#stall() !== undefined) return this.#lose(this.#gone('its lease is over'))
      this.#beatAt = performance.now()
      if (this.#sent - this.#answered >= unansweredBeats) this.#lose(this.#gone('it does not answer'))
      else this.#send(commandLines.beat(++this.#sent))
    }, everyMs)
  }

  async start(spec: ProcessStart): Promise<{ pid: number }> {
    const { id, argv, env, cwd = '', pidFile = '', pidFileWaitS = 10, litter = '', leads = false, log } = spec
    const before = this.#latest(id)
    if (before !== undefined && before[1].outcome === undefined) throw this.#trouble(id, 'it is running already')
    if (!isPlainName(log)) throw this.#trouble(id, `its log '${log}' is not a plain file name`)
    const n = this.#next++
    this.#programs.set(n, { id })
    const command = { log, cwd, pidFile, pidFileWaitS, litter, leads, argv: withEnvironment(argv, env) }
    const limitMs = answerLimitMs + (pidFile === '' ? 0 : pidFileWaitS * 1_000)
    const event = await this.#ask(commandLines.start(n, command), `started ${n}`, limitMs)
    if (event.kind === 'started') return { pid: event.pid }
    this.#programs.delete(n)
    throw this.#trouble(id, event.kind === 'failed' ? event.reason : 'it ended before it began')
  }

  exec(argv: readonly string[], options: CommandOptions): Promise<ExecResult> {
    const n = this.#next++
    const cut = () => this.#end(commandLines.cut(n), n, argv[0] ?? '')
    const tether = { folder: this.folder, lost: this.lost, cut, worker: this.worker.forNext() }
    return runCommand(this.#connection, tether, n, argv, options)
  }

  async stop(id: string): Promise<Outcome> {
    const [n, program] = this.#latest(id) ?? refuse(this.#trouble(id, 'it was never started'))
    if (program.outcome !== undefined) return program.outcome
    await this.#end(commandLines.stop(n), n, id)
    return this.#exited(program, undefined)
  }

  /** Sends a command that ends something, and waits until it is gone. */
  async #end(line: string, n: number, id: string): Promise<void> {
    const event = await this.#ask(line, `stopped ${n}`, stopLimitMs)
    const left = event.kind === 'stopped' ? event.left : []
    if (left.length > 0) throw this.#trouble(id, `it cannot be ended: process ${left.join(', ')} outlives SIGKILL`)
  }

  async undo(id: string, argv: readonly string[]): Promise<void> {
    const before = this.#undos.get(id)
    const n = this.#next++
    const event = await this.#ask(commandLines.undo(n, argv), `kept ${n}`, answerLimitMs)
    if (event.kind === 'failed') throw this.#trouble(id, `its undo command ${event.reason}`)
    this.#undos.set(id, n)
    if (before !== undefined) await this.#ask(commandLines.forget(before), `forgot ${before}`, answerLimitMs)
  }

  async forget(id: string): Promise<void> {
    const n = this.#undos.get(id)
    if (n === undefined) return
    await this.#ask(commandLines.forget(n), `forgot ${n}`, answerLimitMs)
    this.#undos.delete(id)
  }

  async hasPerl(): Promise<boolean> {
    return (await orAborted(this.worker.get(), this.lost)) !== undefined
  }

  async tell(file: string, line: string): Promise<void> {
    if (!isPlainName(file)) throw this.#trouble(file, 'it is not a plain file name')
    const n = this.#next++
    const event = await this.#ask(commandLines.tell(n, file, line), `told ${n}`, answerLimitMs)
    if (event.kind === 'failed') throw this.#trouble(file, event.reason)
  }

  onExit(listener: (id: string, code: number | undefined) => void): void {
    this.#listeners.push(listener)
  }

  async end(): Promise<{ stopped: string[]; left: string[] }> {
    const running = [...this.#programs.values()].filter(program => program.outcome === undefined)
    if (this.lost.aborted) await this.#rescue()
    else await this.#finish()
    return { stopped: running.map(program => program.id), left: this.#left }
  }

  async #finish(): Promise<void> {
    await this.worker.close()
    this.#ending = true
    this.#endBeats()
    await this.#ask(commandLines.end(), 'ended', endLimitMs)
    this.#process.close()
  }

  /**
   * A host that can still be reached has lost only its tether: a shell of it that lives is at the end already; when both
   * were killed, another one does what is left to do. Fails with the reason of the loss when the host is gone.
   */
  async #rescue(): Promise<void> {
    if (this.#connection.lost.aborted) throw this.lost.reason
    const { leaseS, shell, claimFolder } = this.#words
    const argv = ['sh', '-c', rescueScript, 'lockstep-rescue', this.folder, leaseS, shell, claimFolder]
    const { stdout } = await this.#connection.exec(argv, { timeoutMs: endLimitMs })
    for (const line of stdout.toString('utf8').split('\n')) this.#hear(line)
  }

  /** Sends one command and waits for its event; `failed` with the same number is an answer too. */
  async #ask(line: string, answer: string, limitMs: number): Promise<TetherEvent> {
    if (this.lost.aborted) throw this.lost.reason
    this.#send(line)
    return await this.#await(answer, limitMs)
  }

  #await(answer: string, limitMs: number): Promise<TetherEvent> {
    return this.#answers.wait(answer, limitMs, () => this.#gone(`it said nothing for ${limitMs / 1_000} s`))
  }

  #send(line: string): void {
    this.#process.stdin.write(`${line}\n`)
  }

  #hear(line: string): void {
    const event = parseEvent(line)
    if (event === undefined) return
    const hear = this.#hearing[event.kind] as (event: TetherEvent) => void // the key picks the member of the union
    hear(event)
  }

  readonly #hearing: { readonly [Kind in TetherEvent['kind']]: (event: EventOf<Kind>) => void } = {
    ready: event => {
      this.folder = event.folder
      this.#answers.settle('ready', event)
    },
    busy: event => this.#answers.fail('ready', busy(this.#host, event.owner)),
    refused: event =>
      this.#answers.fail('ready', new LockstepError('HOST_TETHER', `${this.#host} cannot be used: ${event.reason}`)),
    beat: event => {
      this.#answered = Math.max(this.#answered, event.n)
    },
    started: event => this.#answers.settle(`started ${event.n}`, event),
    failed: event => {
      this.#answers.settle(`started ${event.n}`, event)
      this.#answers.settle(`kept ${event.n}`, event)
      this.#answers.settle(`told ${event.n}`, event)
    },
    exited: event => {
      const program = this.#programs.get(event.n)
      if (program !== undefined) this.#exited(program, event.status)
      // Stopped before it began: there will be no other answer.
      this.#answers.settle(`started ${event.n}`, event)
    },
    stopped: event => this.#answers.settle(`stopped ${event.n}`, event),
    kept: event => this.#answers.settle(`kept ${event.n}`, event),
    forgot: event => this.#answers.settle(`forgot ${event.n}`, event),
    told: event => this.#answers.settle(`told ${event.n}`, event),
    undo: event => {
      const id = [...this.#undos].find(([, n]) => n === event.n)?.[0]
      this.#left.push(`'${id}' was not put back: status ${event.status} ${event.said}`.trimEnd())
    },
    left: event => {
      this.#left.push(event.what)
    },
    ended: event => this.#answers.settle('ended', event),
  }

  #exited(program: Program, status: number | undefined): Outcome {
    if (program.outcome !== undefined) return program.outcome
    program.outcome = outcomeOf(status)
    for (const listener of this.#listeners) listener(program.id, program.outcome.code)
    return program.outcome
  }

  /** Once: what comes after the first reason, or after end(), follows from it. */
  #lose(reason: Error): void {
    this.#endBeats()
    this.#answers.failAll(reason)
    if (this.#ending || this.lost.aborted) return
    this.#lost.abort(reason)
    this.#process.close()
  }

  #endBeats(): void {
    clearInterval(this.#beats)
    this.#leaseMs = Number.POSITIVE_INFINITY
  }

  #latest(id: string): [number, Program] | undefined {
    return [...this.#programs].findLast(([, program]) => program.id === id)
  }

  /** A process that was stopped (Ctrl-Z, a suspended laptop) finds its leases run out, and is itself the reason. */
  #stall(): string | undefined {
    const silentMs = performance.now() - this.#beatAt
    if (silentMs < this.#leaseMs) return undefined
    return `lockstep itself stood still for ${Math.round(silentMs / 1_000)} s, and the lease is ${this.#leaseMs / 1_000} s`
  }

  #trouble = (id: string, what: string) => new LockstepError('STEP_PROCESS', `'${id}' on ${this.#host}: ${what}`)

  #gone = (why: string) =>
    new LockstepError('SSH_LOST', `the supervisor of our processes on ${this.#host} is gone: ${this.#stall() ?? why}`, {
      hint: 'the host ends and puts back by itself what was started there, within 10 s',
    })
}

type EventOf<Kind extends TetherEvent['kind']> = Extract<TetherEvent, { kind: Kind }>

const refuse = (error: Error): never => {
  throw error
}

const busy = (host: string, owner: string) =>
  new LockstepError('BOOK_HOST_BUSY', `${host} is claimed by ${owner === '' ? 'another run' : owner}`, {
    hint: 'one run at a time per host; when the other controller has died, its claim ends within 10 s',
  })

/** Lines of stdout, as text; stderr is read and dropped, as only start files of the login shell write there. */
function readLines(process: RemoteProcess, hear: (line: string) => void): void {
  let rest = ''
  process.stdout.setEncoding('utf8')
  process.stdout.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) hear(line)
  })
  process.stderr.resume()
}
