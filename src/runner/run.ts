import type { LockstepError } from '../errors/error.ts'
import type { Gate, Play } from '../playbook/play.ts'
import type { SyncDemand } from '../sync/judge.ts'
import type { Transport } from '../transport/transport.ts'
import { ms, ns } from '../units/quantity.ts'
import { cleanUp } from './cleanup.ts'
import { watchClockLines } from './clock-lines.ts'
import { connectPhase, registerUndos } from './connect-phase.ts'
import { type RunContext, type Troubles, troubles } from './context.ts'
import type { RunEvent } from './events.ts'
import type { HostSession } from './host-session.ts'
import { startIsochron } from './isochron-phase.ts'
import { judgePhase } from './judge-phase.ts'
import { orchestrate } from './orchestrate.ts'
import { demandsOf } from './pair.ts'
import { allOf } from './patience.ts'
import { type Processes, processes } from './processes.ts'
import { type RunOutcome, type RunRecord, runRecord, type Subject } from './record.ts'
import { reportPhase, type WriteReport } from './report-phase.ts'
import { createRunFolder } from './run-folder.ts'
import { stopSignal } from './stop-signal.ts'
import { startSync } from './sync-phase.ts'

export interface RunDependencies {
  readonly transport: Transport
  /** The folder that run folders are made in. */
  readonly runs: string
  /** Who runs it, for the claim on the hosts: `user@host`. */
  readonly user: string
  readonly version: string
  /** Every command line of the run, in words, kept in its folder. */
  readonly plan: string
  readonly onEvent: (event: RunEvent) => void
  /** Aborted when the user wants to stop. */
  readonly interrupted: AbortSignal
  readonly writeReport: WriteReport
}

/** Takes a play from bare hosts to a verdict and leaves the hosts as they were. Never throws for what went wrong on hosts. */
export async function runPlay(play: Play, dependencies: RunDependencies): Promise<RunOutcome> {
  const folder = createRunFolder({ base: dependencies.runs, name: play.name, started: new Date() })
  const record = runRecord(subjectOf(play), folder, dependencies)
  const sessions = new Map<string, HostSession>()
  const stop = stopSignal(dependencies.interrupted, folder.failed)
  const context: RunContext = { ...record, signal: stop.signal }
  const trouble = troubles()
  const running = processes(context, trouble)
  try {
    await toVerdict({ play, dependencies, record, context, sessions, trouble, running, stop })
    await reportPhase(record, dependencies.writeReport)
  } finally {
    // Also when a bug of ours comes this way.
    running.expectEnds()
    await record.inPhase('cleanup', () => cleanUp(sessions, record))
  }
  if (stop.signal.aborted) record.fail(stop.signal.reason)
  return record.end()
}

const subjectOf = ({ name, file, hosts, flows, resolved }: Play): Subject => ({
  name,
  file,
  resolved,
  hosts: hosts.map(host => host.name),
  flows: flows.map(flow => ({ name: flow.name, from: flow.from, to: flow.to, tool: flow.tool })),
})

interface Parts {
  readonly play: Play
  readonly dependencies: RunDependencies
  readonly record: RunRecord
  readonly context: RunContext
  readonly sessions: Map<string, HostSession>
  readonly trouble: Troubles
  readonly running: Processes
  readonly stop: AbortController
}

/** What went wrong on the way is in the record; who wanted to stop meanwhile has no valid run, but keeps its figures. */
async function toVerdict(parts: Parts): Promise<void> {
  const { record, stop } = parts
  try {
    await throughPhases(parts)
    stop.signal.throwIfAborted()
  } catch (error) {
    record.fail(stop.signal.aborted ? stop.signal.reason : error)
  }
}

async function throughPhases(parts: Parts): Promise<void> {
  const { play, dependencies, record, context, sessions, trouble, running, stop } = parts
  const { inPhase } = record
  await inPhase('connect', () => {
    const { transport, user } = dependencies
    const owner = `${user} for ${play.file} since ${record.started.toISOString()}`
    return connectPhase(
      play,
      { transport, run: record.id, owner, folder: record.folder, signal: stop.signal },
      context,
      sessions,
    )
  })
  for (const session of sessions.values()) stopWhenLost(session, stop, trouble)
  await inPhase('sync', async () => {
    await registerUndos(sessions.values(), context)
    await startSync(play, sessions, running)
  })
  const pairs = await inPhase('receivers', () => startIsochron(play, sessions, running, context))
  if (play.sync !== undefined) watchLines(parts, demandsOf(pairs, play.sync.gate.offset))
  const collected = await orchestrate({
    pairs,
    gate: play.sync?.gate ?? gateWithoutSync,
    attempts: play.attempts,
    troubles: trouble,
    context,
    inPhase,
    opensIn: 'gate',
    carrierChanges: () => carrierChanges(sessions, stop.signal),
    revive: async () => {
      await running.revive()
    },
    keepVoid: record.keepVoid,
    onAttempt: record.noteAttempt,
  })
  await inPhase('judge', async () => judgePhase(play, collected, record))
}

/** Without `sync:` every monitored flow brings its own threshold; the rest is as the playbook's defaults have it. */
const gateWithoutSync: Gate = { offset: ns(0n), good: 3, every: ms(100), hold: ns(0n), timeout: ms(120_000) }

function stopWhenLost({ lost }: HostSession, stop: AbortController, trouble: Troubles): void {
  const tell = () => {
    const error = lost.reason as LockstepError
    trouble.report({ kind: 'lost', error })
    stop.abort(error)
  }
  if (lost.aborted) tell()
  else lost.addEventListener('abort', tell, { once: true })
}

function watchLines({ record, sessions, context, trouble }: Parts, demands: readonly SyncDemand[]): void {
  for (const { host, limit } of demands) {
    const session = sessions.get(host)
    if (session !== undefined && limit !== undefined) watchClockLines(session, limit, record.moment, context, trouble)
  }
}

/** A flap between two looks shows in the kernel's count, whatever the link is like when one looks. */
async function carrierChanges(
  sessions: ReadonlyMap<string, HostSession>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const counts = await allOf(
    [...sessions.values()].map(async session => {
      const file = `/sys/class/net/${session.interface}/carrier_changes`
      const { stdout } = await session.connection.exec(['cat', file], { timeoutMs: 10_000, signal })
      return [session.name, Number(stdout.toString('utf8'))] as const
    }),
  )
  return new Map(counts.filter(([, count]) => Number.isInteger(count)))
}
