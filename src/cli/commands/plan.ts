import { exit } from '../../errors/codes.ts'
import { planInWords } from '../../runner/plan.ts'
import { defineCommand } from '../define-command.ts'
import { type LoadOptions, loadPlayFromCommandLine, playOptions } from '../load.ts'
import { type StepOptions, selected, stepOptions } from '../step-options.ts'

export const plan = defineCommand({
  configure(command, action) {
    stepOptions(playOptions(command.argument('<playbook>', 'the YAML file that says what to do'))).action(
      action(async (io, file: string, options: LoadOptions & StepOptions) => {
        io.stdout.write(planInWords(selected(await loadPlayFromCommandLine(file, options, io), options)))
        return exit.ok
      }),
    )
  },
})
