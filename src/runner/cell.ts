import { join } from 'node:path'
import type { Cell } from '../playbook/cells.ts'
import type { Play } from '../playbook/play.ts'
import { maskerFor } from './masker.ts'
import { allOf } from './patience.ts'
import { planInWords } from './plan.ts'
import { type RunOutcome, type RunRecord, runRecord } from './record.ts'
import type { Relay } from './relay.ts'
import { reportPhase } from './report-phase.ts'
import type { Rig } from './rig.ts'
import { type RunDependencies, toVerdict } from './run.ts'
import { openRunFolder } from './run-folder.ts'
import { runSteps } from './run-steps.ts'
import type { RunKnown } from './steps/known.ts'
import { whenAborted } from './stop-signal.ts'
import { subjectOf } from './subject.ts'
import { runTest } from './test-phases.ts'

/** What a cell needs beside its play. */
export interface CellGround {
  readonly rig: Rig
  readonly relay: Relay
  readonly dependencies: RunDependencies
  /** What the steps of the set-up have learned. */
  readonly known: RunKnown
  /** The run folder of the experiment. */
  readonly base: string
}

/** One test of an experiment on hosts that stand ready, in a folder of its own. Never throws for what went wrong on hosts. */
export async function runCell(cell: Cell, play: Play, folder: string, ground: CellGround): Promise<RunOutcome> {
  const { rig, relay, dependencies, known, base } = ground
  const bare = openRunFolder(join(base, folder))
  const masker = maskerFor(play)
  const onEvent: RunDependencies['onEvent'] = event => dependencies.onEvent({ ...event, cell: cell.id })
  const options = { version: dependencies.version, plan: planInWords(play), masker, onEvent }
  const record = runRecord(cellSubject(play, cell), bare, options)
  relay.enter(record)
  const stopListening = whenAborted(bare.failed, () => rig.stop.abort(bare.failed.reason))
  const context = record.contextOf(rig.stop.signal)
  const own = { ...play, setup: [], after: [] }
  const { sessions } = rig
  const steps = runSteps(own, { dependencies, record, masker, sessions, knownBefore: known })
  let isWhole = false
  try {
    await toVerdict(record, rig, async () => {
      await reviveDead(rig)
      await runTest({ play, rig, record, context, steps, judgeLogs: dependencies.judgeLogs })
      isWhole = true
    })
    await steps.after()
  } finally {
    // Drawing the page takes no host's time.
    await allOf([leaveHosts(rig, isWhole, record), steps.end(), reportPhase(record, dependencies.writeReport)])
    relay.enter(undefined)
    stopListening()
  }
  if (rig.stop.signal.aborted) record.fail(rig.stop.signal.reason)
  return record.end()
}

/** The phases that a cell has by itself. */
function cellSubject(play: Play, { id }: Cell) {
  const subject = subjectOf(play)
  const ofRig: readonly string[] = ['reserve', 'connect', 'setup', 'sync', 'cleanup']
  const hasAfter = play.flows.some(({ after }) => after.length > 0)
  const phases = subject.phases.filter(phase => !ofRig.includes(phase) && (phase !== 'after' || hasAfter))
  return { ...subject, name: `${subject.name} [${id}]`, phases }
}

/** What has died since the last cell, such as a ptp4l, runs again before the next test. */
async function reviveDead({ running, trouble }: Rig): Promise<void> {
  if (trouble.deaths().length === 0) return
  await running.revive()
  trouble.forgetDeaths()
}

/** Ends what the test has left running, and takes in what its processes said last. Receivers that did well are kept. */
async function leaveHosts({ running, kept, sessions, stop }: Rig, isWhole: boolean, record: RunRecord): Promise<void> {
  if (stop.signal.aborted) return
  if (!isWhole) kept.clear()
  const isOfTest = (host: string, name: string) =>
    name !== 'ptp4l' && name !== 'phc2sys' && !kept.has(`${host}/${name}`)
  try {
    await running.retire(isOfTest)
    await allOf([...sessions.values()].map(session => session.settleLogs()))
  } catch (error) {
    // What the test has found stands; that it left something behind makes it no better.
    record.fail(error)
  }
}
