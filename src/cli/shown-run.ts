import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { ExitCode } from '../errors/codes.ts'
import { LockstepError } from '../errors/error.ts'
import { rendererFor } from '../output/renderer.ts'
import type { RunEvent } from '../runner/events.ts'
import type { JudgeLogs } from '../runner/judge-phase.ts'
import type { JudgeOverall } from '../runner/overall-phase.ts'
import type { WriteReport } from '../runner/report-phase.ts'
import type { Io } from './io.ts'
import { startThread } from './thread.ts'
import { version } from './version.ts'
import { writeAll } from './write-all.ts'

/** Options of every command that makes a run. */
export interface ShownRunOptions {
  readonly runs: string
  readonly json?: boolean
}

export const runOptions = (command: Command): Command =>
  command
    .option('--runs <folder>', 'where the run folder is made', 'runs')
    .option('--json', 'events as JSON lines on stdout')

/** What a run needs of the command line, whatever it runs. */
export interface RunSurroundings {
  readonly runs: string
  readonly version: string
  readonly onEvent: (event: RunEvent) => void
  readonly interrupted: AbortSignal
  readonly judgeLogs: JudgeLogs
  readonly judgeOverall: JudgeOverall
  readonly writeReport: WriteReport
}

/** Makes a run and shows it meanwhile; the screen is put in order whatever comes of it. */
export async function shownRun(
  io: Io,
  options: ShownRunOptions,
  make: (surroundings: RunSurroundings) => Promise<{ readonly exitCode: ExitCode; readonly folder: string }>,
  /** What is still to be said below all the rest, out of the run folder; nothing of it comes between JSON lines. */
  afterwards?: (folder: string) => string,
): Promise<ExitCode> {
  let lines = ''

  const thread = startThread(io.root)
  const writeReport: WriteReport = folder => thread.run('page', folder)
  const renderer = await rendererFor({ stdout: io.stdout, stderr: io.stderr, env: io.env, json: options.json ?? false })
  try {
    const { exitCode, folder } = await make({
      runs: resolve(io.cwd, options.runs),
      version: version(io.root),
      onEvent: renderer.event,
      interrupted: io.interrupted,
      judgeLogs: task => thread.run('judge', task),
      judgeOverall: task => thread.run('overall', task),
      writeReport,
    })
    await completePage(folder, writeReport)
    if (afterwards !== undefined) lines = afterwards(folder)
    return exitCode
  } finally {
    await renderer.end()
    await thread.end()
    if (!(options.json ?? false)) await writeAll(io.stdout, lines === '' ? [] : [lines])
  }
}

/** The page of the report phase knows nothing of the cleanup yet. Where it cannot be made again, that one stands. */
async function completePage(folder: string, writeReport: WriteReport): Promise<void> {
  try {
    await writeReport(folder)
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
  }
}
