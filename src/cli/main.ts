import type { Command } from 'commander'
import { type ExitCode, exit, exitCodeOf } from '../errors/codes.ts'
import { LockstepError, problemsOf } from '../errors/error.ts'
import { renderProblem } from '../errors/render.ts'
import { commands } from './commands.ts'
import type { RunAction } from './define-command.ts'
import type { Io } from './io.ts'
import { readTextOrNothing } from './read-text.ts'
import { version } from './version.ts'

/** argv in (without node and script), exit code out. Loads only what the command named needs. */
export async function main(argv: readonly string[], io: Io): Promise<ExitCode> {
  if (argv[0] === '--version' || argv[0] === '-V') {
    io.stdout.write(`${version(io.root)}\n`)
    return exit.ok
  }
  try {
    return await dispatch(argv, io)
  } catch (error) {
    return report(error, io)
  }
}

async function dispatch(argv: readonly string[], io: Io): Promise<ExitCode> {
  const { Command, CommanderError } = await import('commander')
  let code: ExitCode = exit.ok
  const run: RunAction =
    action =>
    async (...args) => {
      code = await action(io, ...args)
    }
  const program = styled(new Command('lockstep'), io)
  program.description('Time-synchronised network tests from one YAML file').version(version(io.root), '-V, --version')
  for (const { name, summary, load } of commands) {
    const command = program.command(name).summary(summary).description(summary)
    if (argv[0] === name || (argv[0] === 'help' && argv[1] === name)) (await load()).configure(command, run)
  }
  try {
    await program.parseAsync(argv as string[], { from: 'user' })
    return code
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? exit.ok : exit.usage
  }
}

/** commander writes to our streams, never exits, and suggests after an error. Sub-commands inherit it all. */
function styled(program: Command, io: Io): Command {
  return program
    .exitOverride()
    .showHelpAfterError('(add --help for the options)')
    .showSuggestionAfterError()
    .configureHelp({ subcommandTerm: command => command.name() })
    .configureOutput({ writeOut: text => io.stdout.write(text), writeErr: text => io.stderr.write(text) })
}

/** Says every problem on stderr; an error that is not ours is a bug and is shown with its stack. */
function report(error: unknown, io: Io): ExitCode {
  if (!(error instanceof LockstepError)) {
    io.stderr.write(
      `lockstep: this is a bug, please report it\n${error instanceof Error ? error.stack : String(error)}\n`,
    )
    return exit.invalid
  }
  const problems = problemsOf(error)
  io.stderr.write(problems.map(problem => `${renderProblem(problem, readTextOrNothing(io.cwd))}\n`).join(''))
  return exitCodeOf(error.code)
}
