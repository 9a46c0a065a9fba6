import { planInWords } from '../../runner/plan.ts'
import { runPlay } from '../../runner/run.ts'
import { connectTo } from '../../transport/connect.ts'
import { defineCommand } from '../define-command.ts'
import { type LoadOptions, loadPlayFromCommandLine, playOptions } from '../load.ts'
import { runOptions, type ShownRunOptions, shownRun } from '../shown-run.ts'
import { whoAndWhere } from '../who.ts'

export const run = defineCommand({
  configure(command, action) {
    runOptions(playOptions(command.argument('<playbook>', 'the YAML file that says what to do'))).action(
      action(async (io, file: string, options: LoadOptions & ShownRunOptions) => {
        const play = await loadPlayFromCommandLine(file, options, io)
        return shownRun(io, options, surroundings =>
          runPlay(play, {
            ...surroundings,
            transport: connectTo({ env: io.env }),
            user: whoAndWhere(io),
            plan: planInWords(play),
          }),
        )
      }),
    )
  },
})
