import { LockstepError } from '../errors/error.ts'
import type { RunContext, Troubles } from './context.ts'
import type { HostSession } from './host-session.ts'
import { orAborted, sleep } from './patience.ts'
import type { ProcessSpec } from './process-spec.ts'

/** The processes of a run on all hosts: what runs, what has died, what they said. */
export interface Processes {
  /** Starts one and waits until it is ready. Fails with STEP_PROCESS, and the last lines of its log, when it ends before. */
  start(host: HostSession, spec: ProcessSpec): Promise<void>
  /** Ends one that was started; does nothing for one that has ended. */
  stop(host: HostSession, name: string): Promise<void>
  /** Starts everything again that has died, as it was started before; says which. */
  revive(): Promise<string[]>
  /** From now on every end is an expected one: the run is being cleaned up. */
  expectEnds(): void
}

interface Running {
  readonly host: HostSession
  readonly spec: ProcessSpec
  state: 'running' | 'stopping' | 'ended'
  code: number | undefined
  /** Aborted when it ends. */
  ended: AbortController
}

export function processes({ emit, signal }: RunContext, troubles: Troubles): Processes {
  const all = new Map<string, Running>()
  const idOf = (host: HostSession, name: string) => `${host.name}/${name}`

  async function start(host: HostSession, spec: ProcessSpec): Promise<void> {
    const running: Running = { host, spec, state: 'running', code: undefined, ended: new AbortController() }
    all.set(idOf(host, spec.name), running)
    host.onExit(spec.name, code => noteExit(running, code))
    const startedAt = performance.now()
    const { pid } = await orAborted(host.startProcess(spec), signal)
    emit({ kind: 'process_started', host: host.name, process: spec.name, argv: spec.argv, pid })
    await untilReady(running, pid)
    emit({
      kind: 'process_ready',
      host: host.name,
      process: spec.name,
      tookMs: Math.round(performance.now() - startedAt),
    })
  }

  function noteExit(running: Running, code: number | undefined): void {
    if (running.state === 'ended') return
    const expected = running.state === 'stopping'
    running.state = 'ended'
    running.code = code
    running.ended.abort()
    emit({ kind: 'process_exited', host: running.host.name, process: running.spec.name, code, expected })
    if (!expected)
      troubles.report({ kind: 'died', what: `${running.spec.name} on ${running.host.name} ended${ending(code)}` })
  }

  async function untilReady(running: Running, pid: number): Promise<void> {
    const { host, spec } = running
    const limit = AbortSignal.timeout(spec.readyWithinMs)
    const stop = AbortSignal.any([limit, running.ended.signal, signal])
    try {
      await orAborted(readiness(host, spec, pid, stop), stop)
    } catch (cause) {
      if (signal.aborted) throw signal.reason
      if (!stop.aborted) throw cause
      throw notReady(running)
    }
    if (running.state === 'ended') throw notReady(running)
  }

  return {
    start,
    expectEnds: () => {
      for (const running of all.values()) if (running.state === 'running') running.state = 'stopping'
    },
    stop: async (host, name) => {
      const running = all.get(idOf(host, name))
      if (running === undefined || running.state === 'ended') return
      running.state = 'stopping'
      noteExit(running, (await host.stopProcess(name)).code)
    },
    revive: async () => {
      const dead = [...all.values()].filter(({ state }) => state === 'ended')
      await Promise.all(dead.map(({ host, spec }) => start(host, spec)))
      return dead.map(({ host, spec }) => `${spec.name} on ${host.name}`)
    },
  }
}

const ending = (code: number | undefined) => (code === undefined ? ' by a signal' : ` with exit status ${code}`)

function notReady({ host, spec, state, code }: Running): LockstepError {
  const said = host.lastLines(spec.name, 5)
  const what =
    state === 'ended' ? `ended${ending(code)} before it was ready` : `was not ready within ${spec.readyWithinMs} ms`
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
    case 'log':
      return host.untilLogged(name, ready.pattern, signal)
    case 'listening':
      return untilCommand(host, listensOn(pid, ready.port), signal)
    case 'command':
      return untilCommand(host, ready.argv, signal)
  }
}

async function untilCommand(host: HostSession, argv: readonly string[], signal: AbortSignal): Promise<void> {
  for (let pauseMs = 10; ; pauseMs = Math.min(200, pauseMs * 2)) {
    const { code } = await host.connection.exec(argv, { timeoutMs: 10_000, signal })
    if (code === 0) return
    await sleep(pauseMs, signal)
  }
}

/**
 * Succeeds when that very process holds the listening socket of the port: the socket's inode (column 10 of /proc/net/tcp,
 * state 0A = LISTEN) is among its descriptors. A stranger's socket on the same port does not count.
 */
const listensOn = (pid: number, port: number): readonly string[] => [
  'sh',
  '-c',
  [
    'for inode in $(awk -v port=":$2" \'$4 == "0A" && substr($2, length($2) - 4) == port { print $10 }\' /proc/net/tcp /proc/net/tcp6 2>/dev/null); do',
    '  for fd in /proc/"$1"/fd/*; do [ "$(readlink "$fd")" = "socket:[$inode]" ] && exit 0; done',
    'done',
    'exit 1',
  ].join('\n'),
  'sh',
  String(pid),
  port.toString(16).toUpperCase().padStart(4, '0'),
]
