import { resolve } from 'node:path'
import { LockstepError } from '../../errors/error.ts'
import { renderProblem } from '../../errors/render.ts'
import { rendererFor } from '../../output/renderer.ts'
import { writeHtmlReport } from '../../report/html.ts'
import { runOrchestration } from '../../runner/run-orchestration.ts'
import { readOrchestrationFile } from '../../tools/orchestration-file.ts'
import { parseDuration } from '../../units/duration.ts'
import { tai } from '../../units/quantity.ts'
import { defineCommand } from '../define-command.ts'
import { readUtf8 } from '../load.ts'
import { readTextOrNothing } from '../read-text.ts'
import { version } from '../version.ts'

interface OrchestrateOptions {
  readonly inputFile: string
  readonly attempts: string
  readonly timeout: string
  readonly runs: string
  readonly json?: boolean
}

export const orchestrate = defineCommand({
  configure(command, action) {
    command
      .requiredOption('-F, --input-file <file>', 'the orchestration file: one section per sender')
      .option('--attempts <count>', 'started attempts at the traffic before the run is invalid', '3')
      .option('--timeout <duration>', 'deadline of the gate', '2m')
      .option('--runs <folder>', 'where the run folder is made', 'runs')
      .option('--json', 'events as JSON lines on stdout')
      .action(
        action(async (io, options: OrchestrateOptions) => {
          const file = readOrchestrationFile({
            file: options.inputFile,
            text: readUtf8(options.inputFile, io.cwd),
            now: taiOfThisMachine(),
          })
          for (const warning of file.warnings)
            io.stderr.write(`warning: ${renderProblem(warning, readTextOrNothing(io.cwd))}\n`)
          const attempts = countOf('--attempts', options.attempts)
          const gateTimeout = durationOf('--timeout', options.timeout)
          const renderer = rendererFor({
            stdout: io.stdout,
            stderr: io.stderr,
            env: io.env,
            json: options.json ?? false,
          })
          try {
            const { exitCode } = await runOrchestration(file, {
              file: options.inputFile,
              attempts,
              gateTimeout,
              runs: resolve(io.cwd, options.runs),
              version: version(io.root),
              onEvent: renderer.event,
              interrupted: io.interrupted,
              writeReport: writeHtmlReport,
              outputPath: path => resolve(io.cwd, path),
            })
            return exitCode
          } finally {
            await renderer.end()
          }
        }),
      )
  },
})

/** What a base time of `+1.5` counts from. UTC is 37 s behind TAI since 2017; the gate moves past base times anyway. */
const taiOfThisMachine = () => tai((BigInt(Date.now()) + 37_000n) * 1_000_000n)

function countOf(option: string, text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text)
  throw new LockstepError('USAGE_VALUE', `${option} ${text}: expected a count of at least 1`)
}

function durationOf(option: string, text: string) {
  const duration = parseDuration(text)
  if (duration !== undefined && duration > 0n) return duration
  throw new LockstepError('USAGE_VALUE', `${option} ${text}: expected a duration with its unit, such as 90s`)
}
