import { hostname, userInfo } from 'node:os'
import { dirname, resolve } from 'node:path'
import { LockstepError } from '../../errors/error.ts'
import { phases } from '../../runner/events.ts'
import { type Beginning, beginnings, playFrom } from '../../runner/phases-of.ts'
import { planInWords } from '../../runner/plan.ts'
import { runPlay } from '../../runner/run.ts'
import { connectTo } from '../../transport/connect.ts'
import { defineCommand } from '../define-command.ts'
import type { Io } from '../io.ts'
import { type LoadOptions, loadPlayFromCommandLine, playOptions } from '../load.ts'
import { runOptions, type ShownRunOptions, shownRun } from '../shown-run.ts'

export const run = defineCommand({
  configure(command, action) {
    runOptions(playOptions(command.argument('<playbook>', 'the YAML file that says what to do')))
      .option('--from <phase>', `leave out what comes before: ${beginnings.join(', ')}`, 'setup')
      .option('--forks <number>', 'hosts that do a step at a time; default all')
      .option('--diff', 'show how files differ before they are replaced')
      .action(
        action(async (io, file: string, options: LoadOptions & ShownRunOptions & StepOptions) => {
          const from = beginningOf(options.from)
          const forks = forksOf(options.forks)
          const play = playFrom(loadPlayFromCommandLine(file, options, io), from)
          return shownRun(io, options, surroundings =>
            runPlay(play, {
              ...surroundings,
              transport: connectTo({ env: io.env }),
              user: `${userName(io)}@${hostname()}`,
              plan: planInWords(play),
              forks: forks ?? Number.POSITIVE_INFINITY,
              connectAtOnce: Math.min(forks ?? usualConnects, usualConnects),
              playbookFolder: dirname(resolve(io.cwd, file)),
              env: io.env,
              diff: options.diff ?? false,
            }),
          )
        }),
      )
  },
})

interface StepOptions {
  readonly from: string
  readonly forks?: string
  readonly diff?: boolean
}

/** More at once only wait for each other: a handshake is work for both sides. */
const usualConnects = 64

function beginningOf(text: string): Beginning {
  const found = beginnings.find(each => each === text)
  if (found !== undefined) return found
  const [isPhase, known] = [phases.some(phase => phase === text), beginnings.join(', ')]
  const why = isPhase
    ? 'a run cannot begin there: what the phase needs is made by those before it'
    : 'there is no such phase'
  throw new LockstepError('USAGE_VALUE', `--from ${text}: ${why}`, { hint: `it can begin at: ${known}` })
}

function forksOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text)
  throw new LockstepError('USAGE_VALUE', `--forks ${text}: expected a count of at least 1`)
}

/** A container may run under a number that has no name. */
function userName({ env }: Io): string {
  try {
    return userInfo().username
  } catch {
    return env['USER'] ?? env['LOGNAME'] ?? 'somebody'
  }
}
