import { type ExitCode, exit } from '../../errors/codes.ts'
import type { Play } from '../../playbook/play.ts'
import { planInWords } from '../../runner/plan.ts'
import { runPlay } from '../../runner/run.ts'
import { defineCommand, several } from '../define-command.ts'
import { hostTransport } from '../host-transport.ts'
import type { Io } from '../io.ts'
import { type RepeatOptions, repeated, repeatOptions } from '../repeat.ts'
import { runOptions, type ShownRunOptions, shownRun } from '../shown-run.ts'
import { playOfTest, type TestOptions, testOptions } from '../test-options.ts'
import { whoAndWhere } from '../who.ts'

interface Options extends TestOptions, ShownRunOptions, RepeatOptions {}

/** `lockstep test TOOL --from A --to C -- OPTIONS`: one flow by the same engine, into a run folder like any other. */
export const test = defineCommand({
  configure(command, action) {
    repeatOptions(runOptions(testOptions(command)))
      .option('--gate <offset>', "hold the flow until the hosts' clocks are this close; without, nobody looks at them")
      .option('--expect <expression>', 'what has to hold of its figures, such as "lost == 0"; repeatable', several)
      .option('--attempts <number>', 'how often the flow is tried when something voids it')
      .action(
        action(async (io, name: string, given: string[], options: Options) => {
          const play = await playOfTest(name, given, options, io)
          return repeated(options, io, () => once(play, options, io))
        }),
      )
  },
})

const once = (play: Play, options: Options, io: Io): Promise<ExitCode> =>
  io.interrupted.aborted
    ? Promise.resolve(exit.interrupted)
    : shownRun(io, options, surroundings =>
        runPlay(play, {
          ...surroundings,
          transport: hostTransport(io),
          forks: Number.POSITIVE_INFINITY,
          connectAtOnce: 2,
          workFolder: io.cwd,
          playbookFolder: io.cwd,
          env: io.env,
          diff: false,
          user: whoAndWhere(io),
          plan: planInWords(play),
        }),
      )
