import { basename, extname } from 'node:path'
import { exit } from '../../errors/codes.ts'
import { LockstepError, type Problem, problemsOf } from '../../errors/error.ts'
import { type ReadText, renderProblem } from '../../errors/render.ts'
import { readOrchestrationFile } from '../../tools/orchestration-file.ts'
import { playbookOf } from '../../tools/orchestration-to-playbook.ts'
import { orchestrationOf } from '../../tools/playbook-to-orchestration.ts'
import { defineCommand } from '../define-command.ts'
import type { Io } from '../io.ts'
import { type LoadOptions, loadFromCommandLine, playbookReader, playOptions } from '../load.ts'
import { readTextOrNothing, readUtf8 } from '../read-text.ts'
import { taiOfThisMachine } from '../tai-now.ts'
import { writeAll } from '../write-all.ts'

interface Options extends LoadOptions {
  readonly toOrchestration?: boolean
}

/** `lockstep convert FILE`: an orchestration file as a playbook on stdout, or the other way round; nothing is connected to. */
export const convert = defineCommand({
  configure(command, action) {
    playOptions(command.argument('<file>', 'an orchestration file of isochron, or a playbook'))
      .option('--to-orchestration', 'FILE is a playbook: print the orchestration file of its flows')
      .action(
        action(async (io, file: string, options: Options) => {
          const made = options.toOrchestration
            ? await toOrchestration(file, options, io)
            : await toPlaybook(file, options, io)
          if (!isTaken(made, io)) return exit.usage
          await writeAll(io.stdout, [made.text])
          return exit.ok
        }),
      )
  },
})

/** What was made, under the name that its problems are said with. */
interface Made {
  readonly name: string
  readonly text: string
  /** Reads it as whoever gets it will. */
  readonly read: () => unknown
}

async function toPlaybook(file: string, options: LoadOptions, io: Io): Promise<Made> {
  const orchestration = readOrchestrationFile({ file, text: readUtf8(file, io.cwd), now: taiOfThisMachine() })
  warn(orchestration.warnings, io)
  const { text, warnings } = playbookOf(orchestration, basename(file, extname(file)))
  warn(warnings, io)
  const name = `${file} as a playbook`
  const check = await playbookReader(options, io)
  return { name, text, read: () => check(name, text) }
}

async function toOrchestration(file: string, options: LoadOptions, io: Io): Promise<Made> {
  const { play, experiment } = await loadFromCommandLine(file, options, io)
  if (experiment !== undefined)
    throw new LockstepError('ORCHESTRATION_OPTION', `${file} is an experiment: an orchestration file is one test`)
  const { text, warnings } = orchestrationOf(play)
  warn(warnings, io)
  const name = `${file} as an orchestration file`
  return { name, text, read: () => readOrchestrationFile({ file: name, text, now: taiOfThisMachine() }) }
}

/** What the other form refuses is not handed out; its lines are shown with what is wrong with them. */
function isTaken({ name, text, read }: Made, io: Io): boolean {
  try {
    read()
    return true
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    const others = readTextOrNothing(io.cwd)
    const readText: ReadText = file => (file === name ? text : others(file))
    for (const problem of problemsOf(error)) io.stderr.write(`${renderProblem(problem, readText)}\n`)
    return false
  }
}

function warn(problems: readonly Problem[], io: Io): void {
  for (const problem of problems) io.stderr.write(`warning: ${renderProblem(problem, readTextOrNothing(io.cwd))}\n`)
}
