import type { Cell } from '../playbook/cells.ts'
import type { Experiment } from '../playbook/load-experiment.ts'
import type { Play } from '../playbook/play.ts'
import { pause } from '../transport/deadline.ts'
import { toMs } from '../units/quantity.ts'
import { runCell } from './cell.ts'
import { countCells, type EndedCell, judgeCells } from './cell-counts.ts'
import { type Enough, enoughBy } from './enough.ts'
import {
  type CellRun,
  type ExperimentOutline,
  nextRun,
  type Progress,
  type Retry,
  remainingCells,
} from './experiment-log.ts'
import { maskerFor } from './masker.ts'
import { overallPhase } from './overall-phase.ts'
import { type RecordOptions, type RunOutcome, type RunRecord, runRecord } from './record.ts'
import { type Relay, relayFor } from './relay.ts'
import { reportPhase } from './report-phase.ts'
import { reservedTime } from './reserved/time.ts'
import { type RunDependencies, toVerdict } from './run.ts'
import type { RunFolder } from './run-folder.ts'
import { type Stand, standFor } from './stand.ts'
import { stopSignal } from './stop-signal.ts'
import { subjectOf } from './subject.ts'

/** An experiment with its order settled, from its beginning or from where it stopped. */
export interface ExperimentRun {
  readonly experiment: Experiment
  /** Of the first configuration. */
  readonly play: Play
  /** In the order in which they are run, also those that are done. */
  readonly cells: readonly Cell[]
  readonly outline: ExperimentOutline
  /** What has been done before. */
  readonly progress: Progress
  readonly retry: ReadonlySet<Retry>
  readonly folder: RunFolder
  /** The command line, kept for whoever goes on with it; undefined: it is kept already. */
  readonly command: unknown
}

/** Runs what is left of an experiment, cell by cell. Never throws for what went wrong on hosts. */
export async function runExperiment(run: ExperimentRun, dependencies: RunDependencies): Promise<RunOutcome> {
  const { experiment, cells, progress, retry, folder } = run
  const todo = remainingCells(cells, progress, retry)
  const ended = endedBefore(cells, progress)
  const enough = enoughBefore(run, new Set(todo))
  const skipped = new Set<string>()
  const record = beginRecord(run, todo.length, { ...dependencies, judge: judgeOf(cells, ended, skipped) })
  const stop = stopSignal(dependencies.interrupted, folder.failed, record.emit)
  const relay = relayFor(record, stop.signal)
  const configurations = [...new Set(todo.map(({ configuration }) => configuration))]
  const stand = standFor({ ...experiment, dependencies, record, relay, stop, configurations })
  const { reserve } = run.play
  const { transport } = dependencies
  const time = reserve && reservedTime({ ...run.play, reserve }, { transport, emit: record.emit, stop })
  try {
    await toVerdict(record, { stop }, async () => {
      if (time !== undefined) await record.inPhase('reserve', time.begin)
      await runCells(todo, { run, dependencies, record, stop, relay, stand, ended, enough, skipped })
      await overallPhase(run.play, record, dependencies.judgeOverall)
    })
    await stand.after()
    await reportPhase(record, dependencies.writeReport)
  } finally {
    // Also when a bug of ours comes this way.
    await stand.takeDown()
    await time?.end()
  }
  if (stop.signal.aborted) record.fail(stop.signal.reason)
  return record.end()
}

/** Measured cells that have come to a verdict, by their name. */
type Ended = Map<string, EndedCell>

function endedBefore(cells: readonly Cell[], progress: Progress): Ended {
  return new Map(
    cells.flatMap(({ id, warmup }): [string, EndedCell][] => {
      const { verdict, reasons = [] } = progress.cells.get(id) ?? {}
      return verdict === undefined || warmup ? [] : [[id, { cell: id, verdict, reasons }]]
    }),
  )
}

/** With what the valid cells of before have measured that are not run again. */
function enoughBefore({ experiment, cells, progress, folder }: ExperimentRun, again: ReadonlySet<Cell>): Enough {
  const enough = enoughBy(experiment.until, folder.path)
  for (const cell of cells) {
    const { verdict, folder: own } = progress.cells.get(cell.id) ?? {}
    if (!cell.warmup && !again.has(cell) && own !== undefined && verdict !== 'invalid') enough.note(cell.id, own)
  }
  return enough
}

/** As things stand whenever it is asked; cells that are not needed any more are not missing. */
function judgeOf(
  cells: readonly Cell[],
  ended: Ended,
  skipped: ReadonlySet<string>,
): NonNullable<RecordOptions['judge']> {
  const measured = cells.filter(({ warmup }) => !warmup).length
  return (causes, expectations) => {
    const wanted = measured - skipped.size
    const all = [...ended.values()]
    return { ...judgeCells({ causes, expectations }, wanted, all), cells: countCells(wanted, all) }
  }
}

function beginRecord(
  { play, outline, progress, folder, command }: ExperimentRun,
  remaining: number,
  options: Omit<RecordOptions, 'masker'>,
): RunRecord {
  const subject = { ...subjectOf(play), flows: [], resolved: outline }
  const record = runRecord(subject, folder, { ...options, masker: maskerFor(play) })
  if (command !== undefined) record.folder.writeJson('experiment.json', command)
  if (progress.outline === undefined) record.emit({ kind: 'experiment_started', ...outline })
  else record.emit({ kind: 'experiment_resumed', remaining })
  return record
}

interface CellsGround {
  readonly run: ExperimentRun
  readonly dependencies: RunDependencies
  readonly record: RunRecord
  readonly stop: AbortController
  readonly relay: Relay
  readonly stand: Stand
  readonly ended: Ended
  readonly enough: Enough
  /** Measured cells that were not needed any more. */
  readonly skipped: Set<string>
}

async function runCells(todo: readonly Cell[], ground: CellsGround): Promise<void> {
  const { run, dependencies, stop, relay, stand, ended, enough, skipped } = ground
  for (const [index, cell] of todo.entries()) {
    if (!cell.warmup && enough.isEnough(cell.configuration)) {
      skipped.add(cell.id)
      continue
    }
    const play = run.experiment.playOf(cell.configuration)
    const { rig, steps } = await stand.readyFor(cell.configuration, play)
    if (index > 0) await pause(toMs(run.experiment.pause), stop.signal)
    stop.signal.throwIfAborted()
    const at = { cell: cell.id, ...nextRun(cell.id, run.progress), number: index + 1, of: todo.length }
    const parts = { rig, relay, dependencies, known: steps.known, base: run.folder.path }
    const verdict = await told(at, ground, () => runCell(cell, play, at.folder, parts))
    if (verdict !== undefined && !cell.warmup) {
      ended.set(cell.id, verdict)
      if (verdict.verdict !== 'invalid') enough.note(cell.id, at.folder)
    }
    stop.signal.throwIfAborted()
  }
}

/** A cell that the end of the experiment has cut short has no verdict: it is run again when the experiment goes on. */
async function told(
  at: CellRun,
  { record, stop }: CellsGround,
  runIt: () => Promise<RunOutcome>,
): Promise<EndedCell | undefined> {
  record.emit({ kind: 'cell_started', ...at })
  const startedAt = performance.now()
  const { verdict, reasons } = await runIt()
  const tookMs = Math.round(performance.now() - startedAt)
  const counts = verdict !== undefined && !(verdict === 'invalid' && stop.signal.aborted)
  record.emit({ kind: 'cell_ended', ...at, ...(counts ? { verdict } : {}), reasons, tookMs })
  return counts ? { cell: at.cell, verdict, reasons } : undefined
}
