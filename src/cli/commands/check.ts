import { type ExitCode, exit } from '../../errors/codes.ts'
import { LockstepError, problemsOf } from '../../errors/error.ts'
import { renderProblem } from '../../errors/render.ts'
import type { Play } from '../../playbook/play.ts'
import { defineCommand } from '../define-command.ts'
import type { Io } from '../io.ts'
import { type LoadOptions, playOptions, playReader } from '../load.ts'
import { readTextOrNothing } from '../read-text.ts'

/** `lockstep check FILE...`: the files only; nothing is connected to. */
export const check = defineCommand({
  configure(command, action) {
    playOptions(command.argument('<playbook...>', 'YAML files that say what to do')).action(
      action(async (io, files: readonly string[], options: LoadOptions) => {
        const read = await playReader(options, io)
        const codes = files.map(file => checkFile(file, read, io))
        return codes.find(code => code !== exit.ok) ?? exit.ok
      }),
    )
  },
})

/** Every file gets its line or its problems, whatever the others have. */
function checkFile(file: string, read: (file: string) => Play, io: Io): ExitCode {
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

function sizeOf({ hosts, flows, setup, after }: Play): string {
  const ofFlows = flows.reduce((sum, flow) => sum + flow.before.length + flow.after.length, 0)
  const steps = setup.length + after.length + ofFlows
  const size = `${counted(hosts.length, 'host')}, ${counted(flows.length, 'flow')}`
  return steps === 0 ? size : `${size}, ${counted(steps, 'step')}`
}

const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`
