import { resolve } from 'node:path'
import { exit } from '../../errors/codes.ts'
import { LockstepError } from '../../errors/error.ts'
import { renderProblem } from '../../errors/render.ts'
import { plannedRequests, requestsInWords } from '../../runner/orchestration-requests.ts'
import { orchestrationPairs, refuseOutputs, runOrchestration } from '../../runner/run-orchestration.ts'
import { type OrchestrationFile, readOrchestrationFile } from '../../tools/orchestration-file.ts'
import { parseDuration } from '../../units/duration.ts'
import { defineCommand } from '../define-command.ts'
import type { Io } from '../io.ts'
import { readTextOrNothing, readUtf8 } from '../read-text.ts'
import { runOptions, type ShownRunOptions, shownRun } from '../shown-run.ts'
import { taiOfThisMachine } from '../tai-now.ts'
import { writeAll } from '../write-all.ts'

interface OrchestrateOptions extends ShownRunOptions {
  readonly inputFile: string
  readonly attempts: string
  readonly timeout: string
  readonly dryRun?: boolean
}

export const orchestrate = defineCommand({
  configure(command, action) {
    runOptions(
      command
        .requiredOption('-F, --input-file <file>', 'the orchestration file: one section per sender')
        .option('--attempts <count>', 'started attempts at the traffic before the run is invalid', '3')
        .option('--timeout <duration>', 'deadline of the gate', '2m')
        .option('--dry-run', 'print every request that would be sent, connecting to nobody'),
    ).action(
      action(async (io, options: OrchestrateOptions) => {
        const file = options.inputFile
        const sections = readSections(file, io)
        const attempts = countOf('--attempts', options.attempts)
        const gateTimeout = durationOf('--timeout', options.timeout)
        const outputPath = (path: string) => resolve(io.cwd, path)
        if (options.dryRun) {
          refuseOutputs(sections, outputPath)
          await writeAll(io.stdout, dryRun(sections, options.json ?? false))
          return exit.ok
        }
        return shownRun(io, options, surroundings =>
          runOrchestration(sections, { ...surroundings, file, attempts, gateTimeout, outputPath }),
        )
      }),
    )
  },
})

/** What a run would ask and tell; the same as JSON lines, with the payload of each SET in hex. */
function dryRun(file: OrchestrationFile, json: boolean): string[] {
  const requests = plannedRequests(orchestrationPairs(file))
  if (json) return requests.map(request => `${JSON.stringify(request)}\n`)
  const ends = file.sections.map(({ name, host, port, options }) => {
    const { client, 'stats-port': statsPort, 'output-file': output } = options
    return `[${name}]  daemon ${host} port ${port}, receiver ${client} port ${statsPort}, log ${output}\n`
  })
  return [...ends, requestsInWords(requests)]
}

function readSections(file: string, io: Io): OrchestrationFile {
  const read = readOrchestrationFile({ file, text: readUtf8(file, io.cwd), now: taiOfThisMachine() })
  for (const warning of read.warnings)
    io.stderr.write(`warning: ${renderProblem(warning, readTextOrNothing(io.cwd))}\n`)
  return read
}

function countOf(option: string, text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text)
  throw new LockstepError('USAGE_VALUE', `${option} ${text}: expected a count of at least 1`)
}

function durationOf(option: string, text: string) {
  const duration = parseDuration(text)
  if (duration !== undefined && duration > 0n) return duration
  throw new LockstepError('USAGE_VALUE', `${option} ${text}: expected a duration with its unit, such as 90s`)
}
