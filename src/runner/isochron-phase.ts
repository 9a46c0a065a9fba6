import { LockstepError } from '../errors/error.ts'
import { listeners, listenersQuestion } from '../facts/listeners.ts'
import type { Flow, Play } from '../playbook/play.ts'
import { isochronTest } from '../tools/isochron.ts'
import type { RunContext } from './context.ts'
import { isIsochron } from './flow-tools.ts'
import type { HostSession } from './host-session.ts'
import { daemonProcess, daemonSpec, ports, receiverProcess, receiverSpec, type Site } from './isochron-programs.ts'
import type { Pair, PairEnd } from './pair.ts'
import { allOf } from './patience.ts'
import type { ProcessSpec } from './process-spec.ts'
import type { Processes } from './processes.ts'
import { ptp4lSocket } from './sync-programs.ts'

/** isochron could not have its port: somebody took it between our look and its start. */
const portTries = 3

/** Receivers and daemons that run, by host and name, for tests one after the other. */
export type KeptEnds = Map<string, { readonly likeness: string; readonly end: PairEnd }>

/**
 * Starts a receiver and a daemon per flow, all at once, on ports that are free on their hosts. Those that an earlier test has
 * left in `kept` go on when they are started alike; the others of it are ended.
 */
export async function startIsochron(
  play: Play,
  sessions: ReadonlyMap<string, HostSession>,
  running: Processes,
  { signal }: RunContext,
  kept: KeptEnds,
): Promise<Pair[]> {
  const flows = play.flows.filter(isIsochron)
  const likenessOf = (host: string, specOf: SpecOf) => {
    const { name, argv } = specOf({ host: sessionOf(sessions, host), folder: '', port: 0 })
    return [idOf(host, name), JSON.stringify(argv)] as const
  }
  const wanted = new Map(
    flows.flatMap(flow => [
      likenessOf(flow.to, site => receiverSpec(flow, play.sync, site)),
      likenessOf(flow.from, site => daemonSpec(flow, site)),
    ]),
  )
  const outdated = new Set([...kept].flatMap(([id, { likeness }]) => (wanted.get(id) === likeness ? [] : [id])))
  for (const id of outdated) kept.delete(id)
  await running.retire((host, name) => outdated.has(idOf(host, name)))
  const ends = new Set(flows.flatMap(({ from, to }) => [from, to]))
  const freePorts = new Map(
    await allOf(
      [...ends].map(async host => [host, ports(await listening(sessionOf(sessions, host), signal))] as const),
    ),
  )

  const startOne = async (host: string, name: string, specOf: SpecOf): Promise<PairEnd> => {
    const session = sessionOf(sessions, host)
    const [id, likeness] = likenessOf(host, specOf)
    const known = kept.get(id)
    if (known !== undefined) return known.end
    let port = 0
    const launch = async (): Promise<void> => {
      for (let tries = 1; ; tries++) {
        port = freePorts.get(host)?.take() ?? noPort(host, name)
        try {
          return await running.start(session, specOf({ host: session, folder: session.folder, port }), launch)
        } catch (error) {
          const taken = await listening(session, signal)
          freePorts.get(host)?.avoid(taken)
          if (tries === portTries || !isNotStarted(error) || !taken.has(port)) throw error
        }
      }
    }
    await launch()
    // The port may be another one after the process has died and was started again.
    const end = { host, connect: () => session.connection.forward(port) }
    kept.set(id, { likeness, end })
    return end
  }

  return allOf(
    flows.map(async flow => {
      const [receiver, sender] = await allOf([
        startOne(flow.to, receiverProcess(flow), site => receiverSpec(flow, play.sync, site)),
        startOne(flow.from, daemonProcess(flow), site => daemonSpec(flow, site)),
      ])
      return pairOf(flow, play, sessionOf(sessions, flow.from), sender as PairEnd, receiver as PairEnd)
    }),
  )
}

const idOf = (host: string, name: string): string => `${host}/${name}`

type SpecOf = (site: Site) => ProcessSpec

function noPort(host: string, name: string): never {
  throw new LockstepError('STEP_PORT', `${host} has no free port for ${name}`)
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

/** For a daemon that does not answer any more: it is ended, and started again with whatever else has died. */
export async function stopDaemon(
  flowName: string,
  { flows }: Play,
  sessions: ReadonlyMap<string, HostSession>,
  running: Processes,
): Promise<void> {
  const flow = flows.find(({ name }) => name === flowName)
  if (flow !== undefined) await running.stop(sessionOf(sessions, flow.from), daemonProcess(flow))
}

/** Ports of the host that somebody listens on now. */
async function listening(session: HostSession, signal: AbortSignal): Promise<ReadonlySet<number>> {
  const options = { question: listenersQuestion, timeoutMs: 10_000, signal }
  const { stdout } = await session.ask(['sh', '-c', listeners.ask], options)
  return listeners.read(stdout.toString('utf8')) ?? new Set()
}

const isNotStarted = (error: unknown): boolean => error instanceof LockstepError && error.code === 'STEP_PROCESS'
