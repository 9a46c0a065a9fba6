import { hostname, userInfo } from 'node:os'
import { resolve } from 'node:path'
import { rendererFor } from '../../output/renderer.ts'
import { writeHtmlReport } from '../../report/html.ts'
import { planInWords } from '../../runner/plan.ts'
import { runPlay } from '../../runner/run.ts'
import { connectTo } from '../../transport/connect.ts'
import { defineCommand } from '../define-command.ts'
import { type LoadOptions, loadPlayFromCommandLine, playOptions } from '../load.ts'
import { version } from '../version.ts'

interface RunOptions extends LoadOptions {
  readonly runs: string
  readonly json?: boolean
}

export const run = defineCommand({
  configure(command, action) {
    playOptions(command.argument('<playbook>', 'the YAML file that says what to do'))
      .option('--runs <folder>', 'where the run folder is made', 'runs')
      .option('--json', 'events as JSON lines on stdout')
      .action(
        action(async (io, file: string, options: RunOptions) => {
          const play = loadPlayFromCommandLine(file, options, io)
          const renderer = rendererFor({
            stdout: io.stdout,
            stderr: io.stderr,
            env: io.env,
            json: options.json ?? false,
          })
          try {
            const { exitCode } = await runPlay(play, {
              transport: connectTo({ env: io.env }),
              runs: resolve(io.cwd, options.runs),
              user: `${userInfo().username}@${hostname()}`,
              version: version(io.root),
              plan: planInWords(play),
              onEvent: renderer.event,
              interrupted: io.interrupted,
              writeReport: writeHtmlReport,
            })
            return exitCode
          } finally {
            await renderer.end()
          }
        }),
      )
  },
})
