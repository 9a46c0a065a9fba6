import type { Play } from '../playbook/play.ts'
import type { Transport } from '../transport/transport.ts'
import { cleanUp } from './cleanup.ts'
import { registerUndos } from './clock-undos.ts'
import { checkHosts, connectPhase } from './connect-phase.ts'
import { type RunContext, type Troubles, troubles } from './context.ts'
import type { HostClock } from './ends.ts'
import type { SeenPorts } from './flow-ports.ts'
import type { KnownVersions } from './flow-tools.ts'
import type { HostSession } from './host-session.ts'
import type { KeptEnds } from './isochron-phase.ts'
import { allOf } from './patience.ts'
import { fewFacts, isTest } from './phases-of.ts'
import { type Processes, processes } from './processes.ts'
import type { RunRecord } from './record.ts'
import type { RigNeeds } from './rig-needs.ts'
import type { RunFolder } from './run-folder.ts'
import type { RunSteps } from './run-steps.ts'
import { hearServo, type ServoReading } from './servo-heard.ts'
import { sessionClock } from './session-clock.ts'
import { startSync } from './sync-phase.ts'

/** Hosts that are connected, claimed, set up and keep time: tests are run on them, one or many. */
export interface Rig {
  readonly sessions: ReadonlyMap<string, HostSession>
  readonly running: Processes
  readonly trouble: Troubles
  /** Receivers and daemons of isochron that go on from one test to the next. */
  readonly kept: KeptEnds
  /** Of programs on its hosts, as they were asked for before the first test that needs them. */
  readonly versions: KnownVersions
  readonly seenPorts: SeenPorts
  /** Whom to ask for a host's clocks where no isochron can be asked. */
  readonly clockOf: (session: HostSession) => HostClock
  /** What the ptp4l of ours on each host says of its servo. */
  readonly servos: ReadonlyMap<string, () => ServoReading>
  /** Aborted when the tests must stop: also when a host is lost. */
  readonly stop: AbortController
  /** Everything before the first test. What it throws has ended the run; `takeDown` is due all the same. */
  bringUp(): Promise<void>
  /** Ends everything of ours on every host. */
  takeDown(): Promise<void>
}

export interface RigOptions {
  readonly transport: Transport
  readonly user: string
  readonly connectAtOnce: number
  /** Where connecting, set-up and cleanup are told. */
  readonly record: RunRecord
  /** Where that is told which may happen at any time. */
  readonly context: RunContext
  /** Where the words of processes go. */
  readonly logs: RunFolder
  readonly stop: AbortController
  readonly sessions: Map<string, HostSession>
  readonly steps: RunSteps
  readonly needs: RigNeeds
  /** The plays of the other tests that hosts have to be fit for. */
  readonly others: () => Iterable<Play>
}

export function rigFor(play: Play, options: RigOptions): Rig {
  const { record, context, stop, sessions, steps, needs } = options
  const trouble = troubles()
  const running = processes(context, trouble)
  const clocks = new Map<HostSession, HostClock>()
  const servos = new Map<string, () => ServoReading>()
  const { inPhase } = record
  return {
    ...{ sessions, running, trouble, stop },
    kept: new Map(),
    servos,
    versions: new Map(),
    seenPorts: new Map(),
    clockOf: session => {
      const clock = clocks.get(session) ?? sessionClock(session, play.sync, stop.signal)
      clocks.set(session, clock)
      return clock
    },
    bringUp: async () => {
      await inPhase('connect', () => connectAll(play, options))
      // In a step a lost host is one that has failed: the others finish it.
      await steps.setup(context.signal)
      for (const session of sessions.values()) stopWhenLost(session, stop)
      if (!isTest(play)) return
      await inPhase('sync', async () => {
        if (play.setup.length > 0) await lookAgain(play, options)
        if (needs.changesClocks) await registerUndos(sessions.values(), context)
        if (play.sync?.ptp4l !== undefined)
          for (const session of sessions.values()) servos.set(session.name, hearServo(session))
        await startSync(play, sessions, running, needs.flowLogs)
      })
    },
    takeDown: async () => {
      running.expectEnds()
      await inPhase('cleanup', () => allOf([cleanUp(sessions, record), steps.end()]))
    },
  }
}

/** What a set-up is to bring need not be there before it, so such a host is looked at when it is over. */
async function connectAll(play: Play, options: RigOptions): Promise<void> {
  const { transport, user, connectAtOnce, record, context, logs, sessions, stop, steps, needs, others } = options
  const owner = `${user} for ${play.file} since ${record.started.toISOString()}`
  const session = { transport, run: record.id, owner, folder: logs, signal: stop.signal, raised: needs.raised }
  const facts = isTest(play) ? {} : { facts: fewFacts }
  await connectPhase(play.hosts, { ...session, ...facts, atOnce: connectAtOnce }, context, sessions)
  if (!isTest(play)) return
  for (const { name, facts } of sessions.values()) steps.known.setFacts(name, facts)
  if (play.setup.length === 0) await checkHosts(play, sessions, context, others())
}

async function lookAgain(play: Play, { sessions, context, steps, others }: RigOptions): Promise<void> {
  await allOf([...sessions.values()].map(async session => steps.known.setFacts(session.name, await session.askFacts())))
  await checkHosts(play, sessions, context, others())
}

function stopWhenLost({ lost }: HostSession, stop: AbortController): void {
  const tell = () => stop.abort(lost.reason)
  if (lost.aborted) tell()
  else lost.addEventListener('abort', tell, { once: true })
}
