import { exit } from '../../errors/codes.ts'
import { planInWords } from '../../runner/plan.ts'
import { defineCommand } from '../define-command.ts'
import { type LoadOptions, loadPlayFromCommandLine, playOptions } from '../load.ts'

export const plan = defineCommand({
  configure(command, action) {
    playOptions(command.argument('<playbook>', 'the YAML file that says what to do')).action(
      action(async (io, file: string, options: LoadOptions) => {
        io.stdout.write(planInWords(await loadPlayFromCommandLine(file, options, io)))
        return exit.ok
      }),
    )
  },
})
