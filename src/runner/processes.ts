import { LockstepError } from '../errors/error.ts'
import { heldLine } from '../tools/launcher.ts'
import { orAborted, pause } from '../transport/deadline.ts'
import { type Asking, askFiles, readFiles } from '../transport/file-question.ts'
import type { RunContext, Troubles } from './context.ts'
import type { HostSession } from './host-session.ts'
import { listensOn } from './listens-on.ts'
import { allOf, anySignal, anySignalWithin } from './patience.ts'
import type { ProcessSpec } from './process-spec.ts'

/** The processes of a run on all hosts: what runs, what has died, what they said. */
export interface Processes {
  /**
   * Starts one and waits until it is ready. Fails with STEP_PROCESS, and the last lines of its log, when it ends before.
   * `again` starts it anew after it has died, where that takes more than the same once more.
   */
  start(host: HostSession, spec: ProcessSpec, again?: () => Promise<void>): Promise<void>
  /** Ends one that was started; does nothing for one that has ended. */
  stop(host: HostSession, name: string): Promise<void>
  /** Ends all of these that run and forgets them: what follows has processes of its own. */
  retire(which: (host: string, name: string) => boolean): Promise<void>
  /** Resolves when it has ended: its exit status, undefined after a signal. */
  untilEnded(host: HostSession, name: string, signal: AbortSignal): Promise<number | undefined>
  /** Starts everything again that has died, on each host in the order of the first start. */
  revive(): Promise<void>
  /** From now on every end is an expected one: the run is being cleaned up. */
  expectEnds(): void
}

interface Running {
  readonly host: HostSession
  readonly spec: ProcessSpec
  readonly again: () => Promise<void>
  pid: number | undefined
  state: 'starting' | 'running' | 'stopping' | 'ended'
  code: number | undefined
  /** Aborted when it ends. */
  readonly ended: AbortController
}

/** The end of a program that has left its session is noticed within about a second. */
const noticeMs = 3_000

export function processes({ emit, signal }: RunContext, troubles: Troubles): Processes {
  const all = new Map<string, Running>()
  const idOf = (host: HostSession, name: string) => `${host.name}/${name}`

  async function start(host: HostSession, spec: ProcessSpec, again = () => start(host, spec)): Promise<void> {
    const ended = new AbortController()
    const running: Running = { host, spec, again, pid: undefined, state: 'starting', code: undefined, ended }
    all.set(idOf(host, spec.name), running)
    host.onExit(spec.name, code => noteExit(running, code))
    const startedAt = performance.now()
    const { pid } = await orAborted(host.startProcess(spec), signal)
    running.pid = pid
    emit({ kind: 'process_started', host: host.name, process: spec.name, argv: spec.shown ?? spec.argv, pid })
    await untilReady(running, pid, signal)
    if (running.state === 'starting') running.state = 'running'
    const tookMs = Math.round(performance.now() - startedAt)
    emit({ kind: 'process_ready', host: host.name, process: spec.name, tookMs })
  }

  function noteExit(running: Running, code: number | undefined): void {
    const { host, spec, state, ended } = running
    if (state === 'ended') return
    running.state = 'ended'
    running.code = code
    ended.abort()
    const isDone = spec.finite === true && code !== undefined
    emit({
      kind: 'process_exited',
      host: host.name,
      process: spec.name,
      code,
      expected: isDone || state === 'stopping',
    })
    // Whoever starts it is told by the start; whoever started one that is to end asks.
    if (state === 'running' && spec.finite !== true)
      troubles.report({ kind: 'died', what: `${spec.name} on ${host.name} ${ending(running)}` })
  }

  async function stop(running: Running): Promise<void> {
    if (running.state === 'ended') return
    running.state = 'stopping'
    noteExit(running, (await running.host.stopProcess(running.spec.name)).code)
  }

  /** One whose port is closed has died, though its end may not have been noticed yet. */
  async function settle(running: Running): Promise<void> {
    const { host, spec, pid, ended } = running
    if (running.state !== 'running' || spec.ready.kind !== 'listening' || pid === undefined) return
    const { argv, question } = listensOn(pid, spec.ready.port)
    const { code } = await host.ask(argv, { question, timeoutMs: 10_000, signal })
    if (code === 0) return
    try {
      await pause(noticeMs, anySignal(ended.signal, signal))
      await stop(running)
    } catch (error) {
      if (!ended.signal.aborted) throw error
    }
  }

  return {
    start,
    expectEnds: () => {
      for (const running of all.values()) if (running.state !== 'ended') running.state = 'stopping'
    },
    stop: async (host, name) => {
      const running = all.get(idOf(host, name))
      if (running !== undefined) await stop(running)
    },
    retire: async which => {
      const going = [...all].filter(([, { host, spec }]) => which(host.name, spec.name))
      for (const [id] of going) all.delete(id)
      await allOf(going.map(([, running]) => stop(running)))
    },
    untilEnded: async (host, name, until) => {
      const running = all.get(idOf(host, name))
      if (running === undefined) throw new TypeError(`${name} was never started on ${host.name}`)
      if (running.state !== 'ended') await untilAborted(running.ended.signal, until)
      return running.code
    },
    revive: async () => {
      const everything = [...all.values()].filter(({ spec }) => spec.finite !== true)
      await allOf(everything.map(settle))
      const dead = everything.filter(({ state }) => state === 'ended')
      await allOf(
        [...new Set(dead.map(({ host }) => host))].map(async host => {
          for (const running of dead) if (running.host === host) await running.again()
        }),
      )
    },
  }
}

function untilAborted(signal: AbortSignal, until: AbortSignal): Promise<void> {
  const ended = new Promise<void>(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
  return orAborted(ended, until)
}

async function untilReady(running: Running, pid: number, signal: AbortSignal): Promise<void> {
  const { host, spec, ended } = running
  const { signal: stop, done } = anySignalWithin(spec.readyWithinMs, ended.signal, signal)
  try {
    await orAborted(readiness(host, spec, pid, stop), stop)
  } catch (cause) {
    if (signal.aborted) throw signal.reason
    if (!stop.aborted) throw cause
    throw notReady(running)
  } finally {
    done()
  }
  if (ended.signal.aborted && spec.ready.kind !== 'started') throw notReady(running)
}

/** A program that has left its session takes its exit status with it. */
function ending({ spec, code }: Running): string {
  if (code !== undefined) return `ended with exit status ${code}`
  return spec.pidFile === undefined ? 'was ended by a signal' : 'ended'
}

function notReady(running: Running): LockstepError {
  const { host, spec, ended } = running
  const said = host.lastLines(spec.name, 5)
  const what = ended.signal.aborted
    ? `${ending(running)} before it was ready`
    : `was not ready within ${spec.readyWithinMs} ms`
  return new LockstepError('STEP_PROCESS', `${spec.name} on ${host.name} ${what}`, {
    hint:
      said.length === 0 ? `it said nothing; it was started as: ${spec.argv.join(' ')}` : `it said: ${said.join(' | ')}`,
  })
}

async function readiness(
  host: HostSession,
  { name, ready }: ProcessSpec,
  pid: number,
  signal: AbortSignal,
): Promise<void> {
  switch (ready.kind) {
    case 'started':
      return
    case 'lasting':
      return pause(ready.forMs, signal)
    case 'log':
      return host.untilLogged(name, ready.pattern, signal)
    case 'listening':
      return untilAnswered(host, listensOn(pid, ready.port, ready.protocol), signal)
    case 'held':
      return untilHeld(host, name, pid, signal)
    case 'command':
      return untilAnswered(host, { argv: ready.argv }, signal)
  }
}

/** Its log is followed; where tail takes its time to see a line (without inotify), a look into the log sees it sooner. */
async function untilHeld(host: HostSession, name: string, pid: number, signal: AbortSignal): Promise<void> {
  const isOver = new AbortController()
  const over = anySignal(signal, isOver.signal)
  const ways = [
    host.untilLogged(name, heldLine(pid), over),
    untilSeenHeld(host, `${host.folder}/${name}.log`, pid, over),
  ]
  try {
    await Promise.race(ways)
  } finally {
    isOver.abort(new Error('it was seen already'))
    await Promise.allSettled(ways)
  }
}

async function untilSeenHeld(host: HostSession, log: string, pid: number, signal: AbortSignal): Promise<void> {
  const { argv, question } = askFiles([log])
  for (let pauseMs = 50; ; pauseMs = Math.min(200, pauseMs * 1.5)) {
    await pause(pauseMs, signal)
    const { stdout } = await host.ask(argv, { question, timeoutMs: 10_000, signal })
    if (heldLine(pid).test(readFiles(stdout, [log]).get(log)?.toString('utf8') ?? '')) return
  }
}

async function untilAnswered(
  host: HostSession,
  { argv, ...question }: Pick<Asking, 'argv'> & Partial<Asking>,
  signal: AbortSignal,
): Promise<void> {
  for (let pauseMs = 10; ; pauseMs = Math.min(200, pauseMs * 2)) {
    const { code } = await host.ask(argv, { ...question, timeoutMs: 10_000, signal })
    if (code === 0) return
    await pause(pauseMs, signal)
  }
}
