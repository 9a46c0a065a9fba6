import type { Flow, Play } from '../playbook/play.ts'
import { gateDefaults } from '../playbook/sync.ts'
import type { SyncDemand } from '../sync/judge.ts'
import type { Transport } from '../transport/transport.ts'
import { ns } from '../units/quantity.ts'
import { type Captures, capturesOf } from './captures.ts'
import { carrierChanges } from './carrier-changes.ts'
import { cleanUp } from './cleanup.ts'
import { watchClockLines } from './clock-lines.ts'
import { mayChangeClocks, registerUndos } from './clock-undos.ts'
import { checkHosts, connectPhase } from './connect-phase.ts'
import { type RunContext, type Troubles, troubles } from './context.ts'
import type { RunEvent } from './events.ts'
import { askVersions, chooseTools, type Versions, versionsOf } from './flow-tools.ts'
import type { HostSession } from './host-session.ts'
import { startIsochron, stopDaemon } from './isochron-phase.ts'
import { type JudgeLogs, judgePhase } from './judge-phase.ts'
import { maskerFor } from './masker.ts'
import { orchestrate } from './orchestrate.ts'
import { otherFlows } from './other-flows.ts'
import { demandsOf, type Pair } from './pair.ts'
import { allOf } from './patience.ts'
import { fewFacts, isTest, phasesOf } from './phases-of.ts'
import { type Processes, processes } from './processes.ts'
import { type RunOutcome, type RunRecord, runRecord, type Subject } from './record.ts'
import { reportPhase, type WriteReport } from './report-phase.ts'
import { createRunFolder } from './run-folder.ts'
import { type RunSteps, runSteps } from './run-steps.ts'
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
  readonly judgeLogs: JudgeLogs
  readonly writeReport: WriteReport
  /** Hosts at a time that do a step; that are connecting. */
  readonly forks: number
  readonly connectAtOnce: number
  /** Where paths of the controller begin, as the user named them. */
  readonly workFolder: string
  /** Where commands of the controller begin. */
  readonly playbookFolder: string
  /** Of the controller's own commands. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Whether to show how files differ before they are replaced. */
  readonly diff: boolean
}

/** Takes a play from bare hosts to a verdict and leaves the hosts as they were. Never throws for what went wrong on hosts. */
export async function runPlay(play: Play, dependencies: RunDependencies): Promise<RunOutcome> {
  const folder = createRunFolder({ base: dependencies.runs, name: play.name, started: new Date() })
  const hidden = maskerFor(play)
  const record = runRecord(subjectOf(play), folder, { ...dependencies, masker: hidden })
  const sessions = new Map<string, HostSession>()
  const stop = stopSignal(dependencies.interrupted, folder.failed, record.emit)
  const context = record.contextOf(stop.signal)
  const trouble = troubles()
  const running = processes(context, trouble)
  const steps = runSteps(play, { dependencies, record, masker: hidden, sessions })
  try {
    await toVerdict({ play, dependencies, record, context, sessions, trouble, running, stop, steps })
    await steps.after()
    await reportPhase(record, dependencies.writeReport)
  } finally {
    // Also when a bug of ours comes this way.
    running.expectEnds()
    await record.inPhase('cleanup', () => allOf([cleanUp(sessions, record), steps.end()]))
  }
  if (stop.signal.aborted) record.fail(stop.signal.reason)
  return record.end()
}

const subjectOf = (play: Play): Subject => ({
  name: play.name,
  file: play.file,
  resolved: play.resolved,
  phases: phasesOf(play),
  hosts: play.hosts.map(host => host.name),
  flows: play.flows.map(flow => ({ name: flow.name, from: flow.from, to: flow.to, tool: flow.tool })),
  ...(play.withoutSync && play.sync === undefined ? { clocks: 'not watched' as const } : {}),
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
  readonly steps: RunSteps
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
  const { play, record, context, sessions, running, steps, stop } = parts
  const { inPhase } = record
  await inPhase('connect', () => connectAll(parts))
  // In a step a lost host is one that has failed: the others finish it.
  await steps.setup(context.signal)
  for (const session of sessions.values()) stopWhenLost(session, stop)
  if (!isTest(play)) return
  await inPhase('sync', async () => {
    if (play.setup.length > 0) await lookAgain(parts)
    if (mayChangeClocks(play)) await registerUndos(sessions.values(), context)
    await startSync(play, sessions, running)
  })
  if (play.flows.length > 0) await throughTraffic({ ...parts, play: chooseTools(play, sessions).play })
}

/** What a set-up is to bring need not be there before it, so such a host is looked at when it is over. */
async function connectAll({ play, dependencies, record, context, sessions, stop, steps }: Parts): Promise<void> {
  const { transport, user, connectAtOnce } = dependencies
  const owner = `${user} for ${play.file} since ${record.started.toISOString()}`
  const session = { transport, run: record.id, owner, folder: record.folder, signal: stop.signal, raised: steps.raised }
  const facts = isTest(play) ? {} : { facts: fewFacts }
  await connectPhase(play.hosts, { ...session, ...facts, atOnce: connectAtOnce }, context, sessions)
  if (!isTest(play)) return
  for (const { name, facts } of sessions.values()) steps.known.setFacts(name, facts)
  if (play.setup.length === 0) await checkHosts(play, sessions, context)
}

async function lookAgain({ play, sessions, context, steps }: Parts): Promise<void> {
  await allOf([...sessions.values()].map(async session => steps.known.setFacts(session.name, await session.askFacts())))
  await checkHosts(play, sessions, context)
}

async function throughTraffic(parts: Parts): Promise<void> {
  const { play, record, context, sessions, running } = parts
  const captures = capturesOf(play, sessions, running, { ...context, folder: record.folder })
  try {
    await withCaptures(captures, parts)
  } finally {
    captures?.expectEnds()
  }
}

async function withCaptures(captures: Captures | undefined, parts: Parts): Promise<void> {
  const { play, dependencies, record, context, sessions, trouble, running, stop, steps } = parts
  const { inPhase } = record
  const others = otherFlows(play, sessions, running, context)
  const pairs = await inPhase('receivers', async () => {
    await steps.before(context.signal)
    const versions = await askVersions(play, sessions, context)
    for (const flow of play.flows) noteTool(flow, versions, record)
    const [started = []] = await allOf<Pair[]>([
      startIsochron(play, sessions, running, context),
      ...(others === undefined ? [] : [others.flows.ready().then(() => [])]),
    ])
    await captures?.ready()
    return started
  })
  const gate = play.sync?.gate ?? { offset: ns(0n), ...gateDefaults }
  const demands = demandsOf(pairs, gate.offset, others?.gated)
  watchLines(parts, demands)
  if (play.withoutSync && play.sync === undefined) context.emit({ kind: 'warning', message: unwatched })
  if (play.sync?.ptp4l !== undefined) tellUngated(play, demands, context)
  const collected = await orchestrate({
    pairs,
    others,
    captures,
    gate,
    attempts: play.attempts,
    troubles: trouble,
    context,
    inPhase,
    opensIn: 'gate',
    carrierChanges: () => carrierChanges(sessions, record.keepReading, record.moment, stop.signal),
    revive: async stuck => {
      await allOf(stuck.map(name => stopDaemon(name, play, sessions, running)))
      await running.revive()
    },
    keepVoid: record.keepVoid,
    onAttempt: record.noteAttempt,
  })
  for (const capture of collected.captures) record.noteCapture(capture)
  await inPhase('judge', () => judgePhase(play, collected, record, dependencies.judgeLogs))
}

const unwatched = "sync: none: nobody looks at the clocks, and this run's figures do not tell how they stood"

function noteTool(flow: Flow, versions: Versions, { noteFlow }: RunRecord): void {
  const said = versionsOf(flow, versions)
  noteFlow(flow.name, { tool: flow.tool, ...(Object.keys(said).length === 0 ? {} : { versions: said }) })
}

function stopWhenLost({ lost }: HostSession, stop: AbortController): void {
  const tell = () => stop.abort(lost.reason)
  if (lost.aborted) tell()
  else lost.addEventListener('abort', tell, { once: true })
}

/** Every host's ptp4l and phc2sys are listened to, also where no flow demands anything of the clocks. */
function watchLines({ play, record, sessions, context, trouble }: Parts, demands: readonly SyncDemand[]): void {
  if (play.sync === undefined) return
  const limits = new Map(demands.map(({ host, limit }) => [host, limit]))
  for (const session of sessions.values()) {
    const limit = limits.get(session.name) ?? play.sync.gate.offset
    watchClockLines(session, limit, record.moment, context, trouble)
  }
}

/** The gate asks clocks through isochron; a host without one keeps time, but nobody waits for it. */
function tellUngated({ hosts }: Play, demands: readonly SyncDemand[], { emit }: RunContext): void {
  const gated = new Set(demands.map(({ host }) => host))
  for (const { name } of hosts.filter(each => !gated.has(each.name))) {
    const hint = 'its lines in sync.ndjson tell how its clocks stood'
    emit({
      kind: 'warning',
      host: name,
      message: 'no flow begins or ends here, so the gate does not wait for its clocks',
      hint,
    })
  }
}
