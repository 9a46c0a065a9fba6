import { LockstepError } from '../errors/error.ts'
import { listeners } from '../facts/listeners.ts'
import type { Flow, Play } from '../playbook/play.ts'
import { isochronTest } from '../tools/isochron.ts'
import type { RunContext } from './context.ts'
import type { HostSession } from './host-session.ts'
import { daemonProcess, daemonSpec, portGiver, receiverProcess, receiverSpec, type Site } from './isochron-programs.ts'
import type { Pair, PairEnd } from './pair.ts'
import { allOf } from './patience.ts'
import type { ProcessSpec } from './process-spec.ts'
import type { Processes } from './processes.ts'
import { ptp4lSocket } from './sync-programs.ts'

/** isochron could not have its port: somebody took it between our look and its start. */
const portTries = 3

/** Starts a receiver and a daemon per flow, all at once, on ports that are free on their hosts. */
export async function startIsochron(
  play: Play,
  sessions: ReadonlyMap<string, HostSession>,
  running: Processes,
  { signal }: RunContext,
): Promise<Pair[]> {
  const givers = new Map(
    await allOf(
      [...sessions.values()].map(async session => [session.name, await freshGiver(session, signal)] as const),
    ),
  )

  const startOne = async (host: string, name: string, specOf: (site: Site) => ProcessSpec): Promise<PairEnd> => {
    const session = sessionOf(sessions, host)
    for (let tries = 1; ; tries++) {
      const port = givers.get(host)?.()
      if (port === undefined) throw new LockstepError('STEP_PORT', `${host} has no free port for ${name}`)
      try {
        await running.start(session, specOf({ host: session, folder: session.folder, port }))
        return { host, connect: () => session.connection.forward(port) }
      } catch (error) {
        if (tries === portTries || !lostItsPort(error)) throw error
        givers.set(host, await freshGiver(session, signal))
      }
    }
  }

  return allOf(
    play.flows.map(async flow => {
      const [receiver, sender] = await allOf([
        startOne(flow.to, receiverProcess(flow), site => receiverSpec(flow, play.sync, site)),
        startOne(flow.from, daemonProcess(flow), site => daemonSpec(flow, site)),
      ])
      return pairOf(flow, play, sessionOf(sessions, flow.from), sender as PairEnd, receiver as PairEnd)
    }),
  )
}

function pairOf(flow: Flow, play: Play, session: HostSession, sender: PairEnd, receiver: PairEnd): Pair {
  const test = isochronTest(flow.sender)
  return {
    name: flow.name,
    test,
    sender,
    receiver,
    interface: session.interface,
    unixDomainSocket: test.unixDomainSocket ?? ptp4lSocket(play.sync, session.folder),
  }
}

function sessionOf(sessions: ReadonlyMap<string, HostSession>, host: string): HostSession {
  const session = sessions.get(host)
  if (session === undefined) throw new TypeError(`the play names host ${host}, but there is no session of it`)
  return session
}

/** Ports of the host that nobody listens on now. */
async function freshGiver({ connection }: HostSession, signal: AbortSignal): Promise<() => number | undefined> {
  const { stdout } = await connection.exec(['sh', '-c', listeners.ask], { timeoutMs: 10_000, signal })
  return portGiver(listeners.read(stdout.toString('utf8')) ?? new Set())
}

/** isochron 0.9 ends with status 158 (EADDRINUSE) when its port is taken. */
const lostItsPort = (error: unknown): boolean =>
  error instanceof LockstepError && error.code === 'STEP_PROCESS' && error.message.includes('exit status 158')
