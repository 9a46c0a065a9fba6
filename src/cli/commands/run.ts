import { LockstepError } from '../../errors/error.ts'
import { checkRenderer } from '../../output/check-lines.ts'
import type { Play } from '../../playbook/play.ts'
import { checkPlay } from '../../runner/check/check.ts'
import { planInWords } from '../../runner/plan.ts'
import { runPlay } from '../../runner/run.ts'
import { type BecomeOptions, becomeOptions } from '../become-options.ts'
import { type CellOptions, cellOptions } from '../cell-options.ts'
import { defineCommand } from '../define-command.ts'
import { forksIn } from '../forks.ts'
import { type LoadOptions, loadFromCommandLine, playOptions } from '../load.ts'
import { beginExperiment } from '../run-experiment.ts'
import { runGround } from '../run-ground.ts'
import { runOptions, type ShownRunOptions, shownRun } from '../shown-run.ts'
import { type StepOptions, selectedIn, stepOptions } from '../step-options.ts'

interface Options extends LoadOptions, StepOptions, BecomeOptions, ShownRunOptions, CellOptions {
  readonly forks?: number
  readonly check?: true
  readonly diff?: true
}

/** Whoever has no shell on the hosts cannot ask them what they are. */
function refuseUnasked({ reserve }: Play): void {
  if (reserve?.what === 'flows')
    throw new LockstepError(
      'USAGE_COMMAND',
      'the endpoints start the flows themselves, and nothing on them can be checked',
      {
        hint: 'lockstep when says when a test could run',
      },
    )
}

export const run = defineCommand({
  configure(command, action) {
    const playbook = command.argument('<playbook>', 'the YAML file that says what to do')
    cellOptions(runOptions(becomeOptions(stepOptions(playOptions(playbook)))))
      .option('--forks <number>', 'hosts that do a step at a time; default all', forksIn)
      .option('--check', 'connect, read and say what a run would do; change nothing')
      .option('--diff', 'show how files differ before they are replaced')
      .action(
        action(async (io, file: string, options: Options) => {
          const { play, experiment } = selectedIn(await loadFromCommandLine(file, options, io), options)
          const ground = runGround(io, file, options)
          if (options.check) {
            refuseUnasked(play)
            const { json = false } = options
            const onEvent = checkRenderer({ stdout: io.stdout, stderr: io.stderr, json })
            return checkPlay(play, { ...ground, onEvent, interrupted: io.interrupted })
          }
          if (experiment !== undefined) return beginExperiment({ play, experiment, file, options, io, ground })
          return shownRun(io, options, surroundings =>
            runPlay(play, { ...ground, ...surroundings, plan: planInWords(play) }),
          )
        }),
      )
  },
})
