import { dirname, resolve } from 'node:path'
import { planInWords } from '../../runner/plan.ts'
import { runPlay } from '../../runner/run.ts'
import { connectTo } from '../../transport/connect.ts'
import { type BecomeOptions, becomeOptions } from '../become-options.ts'
import { defineCommand } from '../define-command.ts'
import { forksIn } from '../forks.ts'
import { type LoadOptions, loadPlayFromCommandLine, playOptions } from '../load.ts'
import { runOptions, type ShownRunOptions, shownRun } from '../shown-run.ts'
import { type StepOptions, selected, stepOptions } from '../step-options.ts'
import { whoAndWhere } from '../who.ts'

interface Options extends LoadOptions, StepOptions, BecomeOptions, ShownRunOptions {
  readonly forks?: number
  readonly diff?: true
}

/** More at once only wait for each other, and some for longer than their deadline: a handshake is work for us as well. */
const usualConnects = 16

export const run = defineCommand({
  configure(command, action) {
    const playbook = command.argument('<playbook>', 'the YAML file that says what to do')
    runOptions(becomeOptions(stepOptions(playOptions(playbook))))
      .option('--forks <number>', 'hosts that do a step at a time; default all', forksIn)
      .option('--diff', 'show how files differ before they are replaced')
      .action(
        action(async (io, file: string, options: Options) => {
          const play = selected(await loadPlayFromCommandLine(file, options, io), options)
          const { forks = Number.POSITIVE_INFINITY, diff = false } = options
          return shownRun(io, options, surroundings =>
            runPlay(play, {
              ...surroundings,
              transport: connectTo({ env: io.env }),
              user: whoAndWhere(io),
              plan: planInWords(play),
              forks,
              connectAtOnce: Math.min(forks, usualConnects),
              workFolder: io.cwd,
              playbookFolder: dirname(resolve(io.cwd, file)),
              env: io.env,
              diff,
            }),
          )
        }),
      )
  },
})
