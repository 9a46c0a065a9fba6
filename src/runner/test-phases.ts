import type { Flow, Play } from '../playbook/play.ts'
import { gateDefaults } from '../playbook/sync.ts'
import type { SyncDemand } from '../sync/judge.ts'
import { ns } from '../units/quantity.ts'
import { type Captures, capturesOf } from './captures.ts'
import { carrierChanges } from './carrier-changes.ts'
import { watchClockLines } from './clock-lines.ts'
import type { RunContext } from './context.ts'
import { askVersions, chooseTools, type Versions, versionsOf } from './flow-tools.ts'
import { startIsochron, stopDaemon } from './isochron-phase.ts'
import { type JudgeLogs, judgePhase } from './judge-phase.ts'
import { orchestrate } from './orchestrate.ts'
import { otherFlows } from './other-flows.ts'
import { demandsOf, type Pair } from './pair.ts'
import { allOf } from './patience.ts'
import type { RunRecord } from './record.ts'
import type { Rig } from './rig.ts'
import type { RunSteps } from './run-steps.ts'

/** One test on a rig: what it is, and where it is told. */
export interface TestRun {
  readonly play: Play
  readonly rig: Rig
  readonly record: RunRecord
  readonly context: RunContext
  readonly steps: RunSteps
  readonly judgeLogs: JudgeLogs
}

/** From the receivers to the verdict. Processes that it has started may still run afterwards. */
export async function runTest(test: TestRun): Promise<void> {
  const { rig, record, context } = test
  const { play } = chooseTools(test.play, rig.sessions)
  const captures = capturesOf(play, rig.sessions, rig.running, { ...context, folder: record.folder })
  try {
    await withCaptures(captures, { ...test, play })
  } finally {
    captures?.expectEnds()
  }
}

async function withCaptures(captures: Captures | undefined, test: TestRun): Promise<void> {
  const { play, rig, record, context, steps, judgeLogs } = test
  const { sessions, trouble, running, stop, kept, clockOf } = rig
  const { inPhase } = record
  const others = otherFlows(play, sessions, running, context, clockOf)
  const pairs = await inPhase('receivers', async () => {
    await steps.before(context.signal)
    const versions = await askVersions(play, sessions, context)
    for (const flow of play.flows) noteTool(flow, versions, record)
    const [started = []] = await allOf<Pair[]>([
      startIsochron(play, sessions, running, context, kept),
      ...(others === undefined ? [] : [others.flows.ready().then(() => [])]),
    ])
    await captures?.ready()
    return started
  })
  const gate = play.sync?.gate ?? { offset: ns(0n), ...gateDefaults }
  const demands = demandsOf(pairs, gate.offset, others?.gated)
  const stopWatching = watchLines(test, demands)
  if (play.withoutSync && play.sync === undefined) context.emit({ kind: 'warning', message: unwatched })
  if (play.sync?.ptp4l !== undefined) tellUngated(play, demands, context)
  try {
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
    await inPhase('judge', () => judgePhase(play, collected, record, judgeLogs))
  } finally {
    stopWatching()
  }
}

const unwatched = "sync: none: nobody looks at the clocks, and this run's figures do not tell how they stood"

function noteTool(flow: Flow, versions: Versions, { noteFlow }: RunRecord): void {
  const said = versionsOf(flow, versions)
  noteFlow(flow.name, { tool: flow.tool, ...(Object.keys(said).length === 0 ? {} : { versions: said }) })
}

/** Every host's ptp4l and phc2sys are listened to, also where no flow demands anything of the clocks. */
function watchLines({ play, record, context, rig }: TestRun, demands: readonly SyncDemand[]): () => void {
  if (play.sync === undefined) return () => {}
  const { offset } = play.sync.gate
  const limits = new Map(demands.map(({ host, limit }) => [host, limit]))
  const stops = [...rig.sessions.values()].map(session =>
    watchClockLines(session, limits.get(session.name) ?? offset, record.moment, context, rig.trouble),
  )
  return () => {
    for (const stop of stops) stop()
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
