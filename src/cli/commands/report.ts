import { join, resolve } from 'node:path'
import { type ExitCode, exit } from '../../errors/codes.ts'
import { LockstepError, type Problem, problemsOf, refuse } from '../../errors/error.ts'
import { writeHtmlReport } from '../../report/html.ts'
import { readDat, readRunFolder } from '../../report/run-folder.ts'
import { renderText } from '../../report/text.ts'
import type { PacketRange } from '../../stats/packets.ts'
import { printPackets } from '../../stats/printf.ts'
import { summaryOf } from '../../stats/summary.ts'
import { defineCommand } from '../define-command.ts'
import type { Io } from '../io.ts'
import { writeAll } from '../write-all.ts'

interface ReportOptions {
  readonly summary?: true
  readonly printfFormat?: string
  readonly printfArgs?: string
  readonly start?: string
  readonly stop?: string
  readonly html?: true
}

export const report = defineCommand({
  configure(command, action) {
    command
      .argument('<path...>', 'run folders, or with --summary or --printf-format packet logs')
      .option('--html', 'write report.html of the run folder again')
      .option('--summary', 'say of packet logs what `isochron report --summary` says')
      .option('--printf-format <format>', 'print every packet: text with %d %u %x %T and %%')
      .option('--printf-args <letters>', 'one letter per code of the format, as in isochron-report(8)')
      .option('--start <seqid>', 'the first packet, from 1')
      .option('--stop <seqid>', 'the last packet')
      .action(
        action((io, paths: readonly string[], options: ReportOptions) => {
          const ofLogs = ['summary', 'printfFormat', 'printfArgs', 'start', 'stop'] as const
          return ofLogs.some(name => options[name] !== undefined)
            ? reportLogs(io, paths, options)
            : reportRuns(io, paths, options)
        }),
      )
  },
})

async function reportRuns(io: Io, paths: readonly string[], { html }: ReportOptions): Promise<ExitCode> {
  await forEachPath(paths, async path => {
    const folder = resolve(io.cwd, path)
    const record = readRunFolder(folder)
    await writeAll(io.stdout, [renderText({ ...record, path })])
    if (html === undefined) return
    await writeHtmlReport(folder)
    await writeAll(io.stdout, [`page        ${join(path, 'report.html')}\n`])
  })
  return exit.ok
}

async function reportLogs(io: Io, paths: readonly string[], options: ReportOptions): Promise<ExitCode> {
  const { summary, printfFormat, printfArgs = '', html } = options
  if (html !== undefined) throw new LockstepError('USAGE_COMMAND', '--html is for run folders, not for packet logs')
  if (summary === undefined && printfFormat === undefined)
    throw new LockstepError('USAGE_COMMAND', 'nothing to report of a packet log', {
      hint: 'add --summary or --printf-format',
    })
  const range = rangeOf(options)
  await forEachPath(paths, async path => {
    const log = readDat(resolve(io.cwd, path), path)
    if (paths.length > 1) await writeAll(io.stdout, [`${path}:\n`])
    if (printfFormat !== undefined) await writeAll(io.stdout, printPackets(log, printfFormat, printfArgs, range))
    if (summary === undefined) return
    const { text, stoppedAt } = summaryOf(log, range)
    await writeAll(io.stdout, [text])
    if (stoppedAt !== undefined) io.stderr.write(`${path}: ${holeAt(stoppedAt)}\n`)
  })
  return exit.ok
}

const holeAt = (seqid: number) =>
  `the sender's log does not hold packet ${seqid}, so the summary ends before it, as that of isochron does`

function rangeOf(options: ReportOptions): PacketRange {
  const numberOf = (name: 'start' | 'stop') => {
    const text = options[name] ?? '0'
    if (/^\d{1,10}$/.test(text)) return Number(text)
    throw new LockstepError('USAGE_VALUE', `--${name} is the number of a packet, got '${text}'`)
  }
  return { start: numberOf('start'), stop: numberOf('stop') }
}

/** One path that cannot be read does not hide the others; all their problems are said at the end. */
async function forEachPath(paths: readonly string[], use: (path: string) => Promise<void>): Promise<void> {
  const problems: Problem[] = []
  for (const path of paths) {
    try {
      await use(path)
    } catch (error) {
      if (!(error instanceof LockstepError)) throw error
      problems.push(...problemsOf(error))
    }
  }
  refuse(problems)
}
