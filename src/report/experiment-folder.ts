import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { LockstepError } from '../errors/error.ts'
import { progressOf, wholeLines } from '../runner/experiment-log.ts'
import { measure } from '../stats/figures.ts'
import { condensed, type FlowReading, figuresFromWords, readFigure, type WantedFigure } from '../stats/reading.ts'
import { type RecordedFlow, type RunRecord, readRunFolder } from './run-folder.ts'

/** What the folder of an experiment, or of a single run, holds of the wanted figures. */
export interface ExperimentRecord {
  readonly path: string
  /** In the order of the matrix; `run` for a single run. */
  readonly configurations: readonly string[]
  /** Of every cell that came to a verdict; warm-ups are left out. */
  readonly readings: readonly FlowReading[]
  /** Cells that were begun and came to none. */
  readonly unfinished: readonly string[]
  /** What cannot be read. */
  readonly damage: readonly string[]
}

/** Reads an experiment back, one cell after the other, and keeps of each no more than the wanted values. */
export function readExperiment(path: string, wanted: readonly WantedFigure[]): ExperimentRecord {
  const { outline, cells } = progressOf(eventLines(path))
  const damage: string[] = []
  if (outline === undefined) {
    const readings = readingsOf(path, singleRun, { wanted, damage })
    return { path, configurations: ['run'], readings, unfinished: [], damage }
  }
  const measured = [...cells].filter(([id]) => !/@w\d+$/.test(id))
  const readings = measured.flatMap(([id, { folder }]) =>
    folder === undefined ? [] : readingsOf(join(path, folder), id, { wanted, damage }),
  )
  return {
    path,
    configurations: outline.configurations.map(({ id }) => id),
    readings,
    unfinished: measured.flatMap(([id, { verdict }]) => (verdict === undefined ? [id] : [])),
    damage,
  }
}

const singleRun = 'run@1'

function eventLines(path: string): readonly string[] {
  try {
    return wholeLines(readFileSync(join(path, 'events.ndjson'))).lines
  } catch (cause) {
    // A run folder may lack its events; what it has then, and whether it is one at all, is said when it is read.
    if (['ENOENT', 'ENOTDIR'].includes((cause as NodeJS.ErrnoException).code ?? '')) return []
    throw new LockstepError('USAGE_FILE', `cannot read ${path}: ${(cause as Error).message}`, { cause })
  }
}

interface Gathering {
  readonly wanted: readonly WantedFigure[]
  readonly damage: string[]
}

/** A folder that is gone or broken does not hide the others. */
function readingsOf(folder: string, cell: string, { wanted, damage }: Gathering): FlowReading[] {
  const record = readOr(folder, cell === singleRun, damage)
  if (record === undefined) return []
  const invalid = whyInvalid(record)
  const readings = record.flows.map((flow): FlowReading => {
    const figures = figuresOf(flow)
    return {
      cell,
      configuration: cell.slice(0, cell.lastIndexOf('@')),
      flow: flow.name,
      from: flow.from,
      to: flow.to,
      file: join(folder, flow.file ?? 'result.json'),
      figures: figures && condensed(figures, wanted),
      invalid,
    }
  })
  damage.push(...record.damage)
  return readings
}

function readOr(folder: string, isWhole: boolean, damage: string[]): RunRecord | undefined {
  try {
    return readRunFolder(folder)
  } catch (error) {
    if (!(error instanceof LockstepError) || isWhole) throw error
    damage.push(error.message)
    return undefined
  }
}

/** Out of the packet log, which knows every statistic; where there is none, what the result says. */
function figuresOf(flow: RecordedFlow): ReturnType<typeof figuresFromWords> | undefined {
  const said = figuresFromWords(flow.figures, flow.kinds)
  const log = flow.log()
  if (log === undefined) return said.size === 0 ? undefined : said
  return new Map([...said, ...[...measure(log).figures].map(([name, figure]) => [name, readFigure(figure)] as const)])
}

/**
 * Why the run does not count, whatever is expected of it. A figure that the playbook of then expected and nobody measured made
 * that verdict invalid too, and has no say in another judgement.
 */
function whyInvalid({ result, story }: RunRecord): string[] {
  if (result === undefined) return ['the run was cut off']
  if (result.verdict === 'pass' || result.verdict === 'fail') return []
  const lastAttempt = result.attempts.at(-1)
  if (lastAttempt?.valid === true && story.problems.length === 0 && result.verdict === 'invalid') return []
  return result.reasons.length > 0 ? [...result.reasons] : ['it came to no verdict']
}
