import { exit } from '../../errors/codes.ts'
import { LockstepError } from '../../errors/error.ts'
import { askFacts, type HostFacts, readFacts } from '../../facts/host-facts.ts'
import { columns } from '../../report/columns.ts'
import { askClock } from '../../runner/ask-clock.ts'
import type { HostOutcome } from '../../runner/every-host.ts'
import type { ClockEstimate } from '../../sync/clock-estimate.ts'
import type { HostConnection } from '../../transport/transport.ts'
import { formatTime } from '../../units/format-time.ts'
import { toJson } from '../../units/json.ts'
import { defineCommand } from '../define-command.ts'
import type { Io } from '../io.ts'
import { atHostsOf, exitCodeOfHosts, type PatternOptions, patternOptions } from '../pattern-command.ts'
import { writeAll } from '../write-all.ts'

interface Answer {
  readonly clock: ClockEstimate | undefined
  readonly facts: Partial<HostFacts>
}
type Answered = Extract<HostOutcome<Answer>, { got: Answer }>

/** `lockstep ping PATTERN`: whether hosts can be used, how long that takes, how their clocks stand, what they have. */
export const ping = defineCommand({
  configure(command, action) {
    patternOptions(
      command.argument('<pattern>', 'hosts of the inventory; without -i, addresses with commas between them'),
    ).action(
      action(async (io, pattern: string, options: PatternOptions) => {
        const outcomes = await atHostsOf(pattern, options, io, {
          act: () => answer(io),
          told: each => options.json && io.stdout.write(`${toJson(inJson(each))}\n`),
        })
        if (!options.json) await writeAll(io.stdout, [table(outcomes.flatMap(each => ('got' in each ? [each] : [])))])
        return exitCodeOfHosts(outcomes, exit.ok)
      }),
    )
  },
})

const answer =
  ({ interrupted: signal }: Io) =>
  async (connection: HostConnection): Promise<Answer> => {
    const clock = await askClock(connection, signal)
    const { stdout } = await connection.exec(askFacts('', ['kernel', 'programs', 'versions']), {
      timeoutMs: 20_000,
      signal,
    })
    const facts = readFacts(stdout.toString('utf8'))
    if (facts !== undefined) return { clock, facts }
    throw new LockstepError('HOST_FACTS', `${connection.name} did not say what it is`, {
      hint: 'a host needs a POSIX shell; does the login run one?',
    })
  }

function inJson({ host, connectMs, got: { clock, facts } }: Answered) {
  return {
    host,
    connectMs: Math.round(connectMs),
    ...(clock === undefined ? {} : { clockOffset: clock.offset, clockUncertainty: clock.uncertainty }),
    kernel: facts.kernel,
    programs: programsOf(facts),
  }
}

function table(answered: readonly Answered[]): string {
  if (answered.length === 0) return ''
  const head = ['host', 'connect', 'clock, against this one', 'kernel', 'programs']
  const rows = answered.map(({ host, connectMs, got: { clock, facts } }) => [
    host,
    `${Math.round(connectMs)}ms`,
    clock === undefined ? 'unknown' : clockInWords(clock),
    facts.kernel?.split(' ').slice(0, 2).join(' ') ?? '',
    Object.entries(programsOf(facts))
      .map(([name, version]) => (version === null ? name : `${name} ${version}`))
      .join(', '),
  ])
  return `${columns([head, ...rows], new Set([0, 3, 4])).join('\n')}\n`
}

const clockInWords = ({ offset, uncertainty }: ClockEstimate) =>
  `${offset > 0n ? '+' : ''}${formatTime(offset, 3)} ± ${formatTime(uncertainty, 3)}`

/** What a playbook may want of a host, with the version where the program says it; the shell's own helpers are left out. */
function programsOf({ programs, versions }: Partial<HostFacts>): Readonly<Record<string, string | null>> {
  const names = [...(programs?.keys() ?? [])].filter(name => !['setsid', 'mktemp'].includes(name))
  return Object.fromEntries(names.map(name => [name, versions?.[name] ?? null]))
}
