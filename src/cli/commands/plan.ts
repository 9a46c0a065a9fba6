import { exit } from '../../errors/codes.ts'
import { experimentInWords } from '../../runner/experiment-plan.ts'
import { planInWords } from '../../runner/plan.ts'
import { type CellOptions, cellOptions } from '../cell-options.ts'
import { defineCommand } from '../define-command.ts'
import { type LoadOptions, loadFromCommandLine, playOptions } from '../load.ts'
import { type StepOptions, selectedIn, stepOptions } from '../step-options.ts'
import { writeAll } from '../write-all.ts'

export const plan = defineCommand({
  configure(command, action) {
    cellOptions(stepOptions(playOptions(command.argument('<playbook>', 'the YAML file that says what to do')))).action(
      action(async (io, file: string, options: LoadOptions & StepOptions & CellOptions) => {
        const loaded = selectedIn(await loadFromCommandLine(file, options, io), options)
        const { play, experiment } = loaded
        const words = experiment === undefined ? planInWords(play) : experimentInWords(experiment, options.onlyCells)
        await writeAll(io.stdout, [words])
        return exit.ok
      }),
    )
  },
})
