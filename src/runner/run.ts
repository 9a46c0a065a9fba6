import type { Play } from '../playbook/play.ts'
import type { Transport } from '../transport/transport.ts'
import type { RunEvent } from './events.ts'
import type { HostSession } from './host-session.ts'
import type { JudgeLogs } from './judge-phase.ts'
import { maskerFor } from './masker.ts'
import { type JudgeOverall, overallPhase } from './overall-phase.ts'
import { type RunOutcome, type RunRecord, runRecord } from './record.ts'
import { reportPhase, type WriteReport } from './report-phase.ts'
import { runReservedFlows } from './reserved/flows.ts'
import { reservedTime } from './reserved/time.ts'
import { type Rig, rigFor } from './rig.ts'
import { needsOf } from './rig-needs.ts'
import { createRunFolder } from './run-folder.ts'
import { runSteps } from './run-steps.ts'
import { stopSignal } from './stop-signal.ts'
import { subjectOf } from './subject.ts'
import { runTest } from './test-phases.ts'

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
  readonly judgeOverall: JudgeOverall
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
  const { reserve } = play
  if (reserve?.what === 'flows') return runReservedFlows({ ...play, reserve }, dependencies)
  const folder = createRunFolder({ base: dependencies.runs, name: play.name, started: new Date() })
  const masker = maskerFor(play)
  const record = runRecord(subjectOf(play), folder, { ...dependencies, masker })
  const sessions = new Map<string, HostSession>()
  const stop = stopSignal(dependencies.interrupted, folder.failed, record.emit)
  const context = record.contextOf(stop.signal)
  const steps = runSteps(play, { dependencies, record, masker, sessions })
  const needs = needsOf([play])
  const others = () => []
  const options = { ...dependencies, record, context, logs: record.folder, stop, sessions, steps, needs, others }
  const rig = rigFor(play, options)
  const time =
    reserve && reservedTime({ ...play, reserve }, { transport: dependencies.transport, emit: record.emit, stop })
  try {
    await toVerdict(record, rig, async () => {
      if (time !== undefined) await record.inPhase('reserve', time.begin)
      await rig.bringUp()
      if (play.flows.length === 0) return
      await runTest({ play, rig, record, context, steps, judgeLogs: dependencies.judgeLogs })
      await overallPhase(play, record, dependencies.judgeOverall)
    })
    await steps.after()
    await reportPhase(record, dependencies.writeReport)
  } finally {
    // Also when a bug of ours comes this way.
    await rig.takeDown()
    await time?.end()
  }
  if (stop.signal.aborted) record.fail(stop.signal.reason)
  return record.end()
}

/** What went wrong on the way is in the record; who wanted to stop meanwhile has no valid run, but keeps its figures. */
export async function toVerdict(record: RunRecord, { stop }: Pick<Rig, 'stop'>, body: () => Promise<void>) {
  try {
    await body()
    stop.signal.throwIfAborted()
  } catch (error) {
    record.fail(stop.signal.aborted ? stop.signal.reason : error)
  }
}
