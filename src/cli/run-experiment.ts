import { randomInt } from 'node:crypto'
import type { ExitCode } from '../errors/codes.ts'
import type { LoadedPlaybook } from '../playbook/load-experiment.ts'
import { experimentIn } from '../report/cell-results.ts'
import { cellTableText, formatCell } from '../report/cell-table.ts'
import { type ExperimentRun, runExperiment } from '../runner/experiment.ts'
import { noProgress } from '../runner/experiment-log.ts'
import { experimentInWords } from '../runner/experiment-plan.ts'
import { outlineFor, seedOf, settledCells } from '../runner/experiment-start.ts'
import type { RunDependencies } from '../runner/run.ts'
import { createRunFolder } from '../runner/run-folder.ts'
import { claimFolder } from './folder-claim.ts'
import type { Io } from './io.ts'
import { commandToKeep, type KeptOptions } from './kept-command.ts'
import { type RunSurroundings, type ShownRunOptions, shownRun } from './shown-run.ts'

/** Seeds of our own are short enough to be typed. */
const seedLimit = 1_000_000

/** What a run needs that is the same for every run of a command line. */
export type RunGround = Omit<RunDependencies, keyof RunSurroundings | 'plan'>

export interface ExperimentStart {
  readonly play: LoadedPlaybook['play']
  readonly experiment: NonNullable<LoadedPlaybook['experiment']>
  /** Path of the playbook as the user gave it. */
  readonly file: string
  readonly options: ShownRunOptions & KeptOptions
  readonly io: Io
  readonly ground: RunGround
}

/** Runs an experiment from its beginning, and shows the table of its cells below it. */
export function beginExperiment({ play, experiment, file, options, io, ground }: ExperimentStart): Promise<ExitCode> {
  const seed = seedOf(experiment, newSeed)
  const run = {
    ...{ play, experiment, outline: outlineFor(experiment, seed), progress: noProgress },
    cells: settledCells(experiment, seed, options.onlyCells),
    retry: new Set<never>(),
    command: commandToKeep(file, io.cwd, options),
  }
  const folder = ({ runs }: RunSurroundings) => createRunFolder({ base: runs, name: play.name, started: new Date() })
  return shownExperiment(run, folder, { options, io, ground })
}

export const newSeed = (): number => randomInt(seedLimit)

/** Runs it in a folder that nobody else writes into meanwhile. */
export function shownExperiment(
  run: Omit<ExperimentRun, 'folder'>,
  folderFor: (surroundings: RunSurroundings) => ExperimentRun['folder'],
  { options, io, ground }: Pick<ExperimentStart, 'options' | 'io' | 'ground'>,
): Promise<ExitCode> {
  const plan = experimentInWords(run.experiment, options.onlyCells)
  const make = async (surroundings: RunSurroundings) => {
    const folder = folderFor(surroundings)
    const release = claimFolder(folder.path)
    try {
      return await runExperiment({ ...run, folder }, { ...ground, ...surroundings, plan })
    } finally {
      release()
    }
  }
  return shownRun(io, options, make, folder => tableOf(folder, io))
}

/** Nothing where no cell has come to figures. */
function tableOf(folder: string, { stdout }: Io): string {
  const table = experimentIn(folder)?.table
  if (table === undefined || table.columns.length === 0) return ''
  const width = stdout.isTTY && stdout.columns !== undefined ? { width: stdout.columns } : {}
  return `\n${cellTableText(table, { ...width, format: formatCell })}`
}
