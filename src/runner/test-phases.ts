import { gateDefaults, limitAt } from '../playbook/gate.ts'
import type { Expectation, Flow, Mesh, Play } from '../playbook/play.ts'
import type { SyncDemand } from '../sync/judge.ts'
import { matchesGlob } from '../units/glob.ts'
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
    if (play.mesh === undefined) await withCaptures(captures, { ...test, play })
    else await inRounds(play, play.mesh, test)
  } finally {
    captures?.expectEnds()
  }
}

/**
 * One round after the other, each with a common start of its own. The gate holds the first, and any other in which a host is new;
 * those that have passed it are watched while their flows are sent.
 */
async function inRounds(play: Play, { rounds }: Mesh, test: TestRun): Promise<void> {
  const gated = new Set<string>()
  for (const [index, names] of rounds.entries()) {
    test.record.emit({ kind: 'round_started', round: index + 1, of: rounds.length, flows: names })
    const flows = play.flows.filter(({ name }) => names.includes(name))
    const isMeant = ({ flows: glob }: Expectation) => flows.some(({ name }) => matchesGlob(name, glob))
    const own = { ...play, flows, expect: play.expect.filter(isMeant), valid: play.valid.filter(isMeant) }
    const ends = flows.flatMap(({ from, to }) => [from, to])
    const isGated = ends.some(host => !gated.has(host))
    for (const host of ends) gated.add(host)
    await withCaptures(undefined, { ...test, play: own }, { whole: play, isFirst: index === 0, isGated })
  }
}

interface Part {
  /** The play with the flows of all rounds. */
  readonly whole: Play
  readonly isFirst: boolean
  readonly isGated: boolean
}

async function withCaptures(
  captures: Captures | undefined,
  test: TestRun,
  { whole, isFirst, isGated }: Part = { whole: test.play, isFirst: true, isGated: true },
): Promise<void> {
  const { play, rig, record, context, steps, judgeLogs } = test
  const { sessions, trouble, running, stop, kept } = rig
  const { inPhase } = record
  const others = otherFlows(play, sessions, rig, context)
  const pairs = await inPhase('receivers', async () => {
    if (isFirst) await steps.before(context.signal)
    // Steps of a flow may have brought another one.
    const bringsPrograms = whole.flows.some(({ before }) => before.length > 0)
    const versions = await askVersions(play, sessions, context, bringsPrograms ? new Map() : rig.versions)
    for (const flow of play.flows) noteTool(flow, versions, record)
    const [started = []] = await allOf<Pair[]>([
      startIsochron(play, sessions, running, context, kept),
      ...(others === undefined ? [] : [others.flows.ready(isGated ? undefined : 'held').then(() => [])]),
    ])
    await captures?.ready()
    return started
  })
  const gate = play.sync?.gate ?? { offset: ns(0n), ...gateDefaults }
  const demands = demandsOf(pairs, gate, others?.gated)
  const stopWatching = watchLines(test, demands)
  if (isFirst) tellClocks(whole, demands, context)
  try {
    const collected = await orchestrate({
      pairs,
      others,
      captures,
      gate,
      servos: rig.servos,
      attempts: play.attempts,
      troubles: trouble,
      context,
      inPhase,
      opensIn: 'gate',
      first: record.attempts() + 1,
      isGated,
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
  const { gate } = play.sync
  const limits = new Map(demands.map(({ host, limit }) => [host, limit]))
  const stops = [...rig.sessions.values()].map(session => {
    const { name: host } = session
    const demand = { host, limit: limits.get(host) ?? limitAt(gate, host), requires: gate.require }
    return watchClockLines(session, demand, record.moment, context, rig.trouble)
  })
  return () => {
    for (const stop of stops) stop()
  }
}

/** Clocks that nobody watches, and hosts that keep time without anybody waiting for it: no flow begins or ends there. */
function tellClocks(
  { hosts, flows, sync, withoutSync }: Play,
  demands: readonly SyncDemand[],
  { emit }: RunContext,
): void {
  if (withoutSync && sync === undefined) emit({ kind: 'warning', message: unwatched })
  if (sync?.ptp4l === undefined) return
  const later = flows.flatMap(({ from, to }) => [from, to])
  const gated = new Set([...demands.map(({ host }) => host), ...(demands.length === 0 ? [] : later)])
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
