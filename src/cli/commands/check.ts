import { type ExitCode, exit } from '../../errors/codes.ts'
import { LockstepError, problemsOf } from '../../errors/error.ts'
import { renderProblem } from '../../errors/render.ts'
import type { LoadedPlaybook } from '../../playbook/load-experiment.ts'
import { defineCommand } from '../define-command.ts'
import type { Io } from '../io.ts'
import { type LoadOptions, playbookReader, playOptions } from '../load.ts'
import { readTextOrNothing } from '../read-text.ts'

/** `lockstep check FILE...`: the files only; nothing is connected to. */
export const check = defineCommand({
  configure(command, action) {
    playOptions(command.argument('<playbook...>', 'YAML files that say what to do')).action(
      action(async (io, files: readonly string[], options: LoadOptions) => {
        const read = await playbookReader(options, io)
        const codes = files.map(file => checkFile(file, read, io))
        return codes.find(code => code !== exit.ok) ?? exit.ok
      }),
    )
  },
})

/** Every file gets its line or its problems, whatever the others have. */
function checkFile(file: string, read: (file: string) => LoadedPlaybook, io: Io): ExitCode {
  try {
    io.stdout.write(`${file}: ok (${sizeOf(read(file))})\n`)
    return exit.ok
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    const readText = readTextOrNothing(io.cwd)
    for (const problem of problemsOf(error)) io.stderr.write(`${renderProblem(problem, readText)}\n`)
    return exit.usage
  }
}

function sizeOf({ play, experiment }: LoadedPlaybook): string {
  const { hosts, flows, setup, after } = play
  const ofFlows = flows.reduce((sum, flow) => sum + flow.before.length + flow.after.length, 0)
  const steps = setup.length + after.length + ofFlows
  const { configurations = [], repetition } = experiment ?? {}
  const cells = configurations.length * ((repetition?.repeat ?? 0) + (repetition?.warmup ?? 0))
  return [
    counted(hosts.length, 'host'),
    counted(flows.length, 'flow'),
    ...(steps === 0 ? [] : [counted(steps, 'step')]),
    ...(experiment === undefined ? [] : [counted(cells, 'cell')]),
  ].join(', ')
}

const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`
