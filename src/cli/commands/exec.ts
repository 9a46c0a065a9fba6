import { exit } from '../../errors/codes.ts'
import { LockstepError } from '../../errors/error.ts'
import { type HostLines, hostLines } from '../../output/host-lines.ts'
import type { PlayHost } from '../../playbook/play.ts'
import { oneCommand } from '../../runner/one-command.ts'
import type { ExecResult, HostConnection } from '../../transport/transport.ts'
import { parseDuration } from '../../units/duration.ts'
import { toMs } from '../../units/quantity.ts'
import { defineCommand } from '../define-command.ts'
import type { Io } from '../io.ts'
import { atHostsOf, exitCodeOfHosts, type PatternOptions, patternOptions } from '../pattern-command.ts'
import { whoAndWhere } from '../who.ts'

interface Options extends PatternOptions {
  readonly timeout: number
}

/** `lockstep exec PATTERN -- CMD`: one command on every host, ended with us, whatever becomes of us. */
export const exec = defineCommand({
  configure(command, action) {
    patternOptions(
      command
        .usage('<pattern> [options] -- <command>...')
        .argument('<pattern>', 'hosts of the inventory; without -i, addresses with commas between them')
        .argument('<command...>', "the words of a command; one word alone is a line for the hosts' shell"),
    )
      .option('--timeout <duration>', 'deadline of the command, with its unit', deadlineMs, 300_000)
      .action(
        action(async (io, pattern: string, words: string[], options: Options) => {
          const failed: string[] = []
          const show = options.json ? inJson(io) : inLines(io)
          const outcomes = await atHostsOf(pattern, options, io, {
            act: hosts => run(words, options, io, show(hosts)),
            told: ({ host, got }) => {
              if (got.code !== 0) failed.push(host)
            },
          })
          return exitCodeOfHosts(outcomes, failed.length > 0 ? exit.invalid : exit.ok)
        }),
      )
  },
})

function deadlineMs(written: string): number {
  const length = parseDuration(written)
  if (length !== undefined && length > 0n) return toMs(length)
  throw new LockstepError('USAGE_VALUE', `--timeout ${written}: expected a duration with its unit, such as 30s or 5m`)
}

/** Hears what one host says. */
interface Shown {
  output(stream: 'stdout' | 'stderr', chunk: Buffer): void
  ended(result: ExecResult): void
}
type Show = (hosts: readonly PlayHost[]) => (host: string) => Shown

function run(words: readonly string[], { timeout: timeoutMs }: Options, io: Io, shown: (host: string) => Shown) {
  const [line = ''] = words
  const argv = words.length === 1 ? ['sh', '-c', line] : words
  return async (connection: HostConnection): Promise<ExecResult> => {
    const { output: onOutput, ended } = shown(connection.name)
    const owner = `${whoAndWhere(io)} for lockstep exec`
    const result = await oneCommand(connection, argv, { owner, timeoutMs, signal: io.interrupted, onOutput })
    ended(result)
    return result
  }
}

/** As it comes, each line with its host in front, on the stream that it came on; the status where it is not 0. */
const inLines =
  ({ stdout, stderr }: Io): Show =>
  hosts => {
    const width = Math.max(...hosts.map(({ name }) => name.length))
    return host => {
      const streams = { stdout: [hostLines(host, width), stdout], stderr: [hostLines(host, width), stderr] } as const
      const write = ([lines, to]: readonly [HostLines, Io['stdout']], chunk?: Buffer) =>
        to.write((chunk === undefined ? lines.end() : lines.add(chunk)).map(each => `${each}\n`).join(''))
      return {
        output: (stream, chunk) => write(streams[stream], chunk),
        ended: ({ code, signal }) => {
          write(streams.stdout)
          write(streams.stderr)
          if (code !== 0)
            stderr.write(
              `${host.padEnd(width)}  ${code === undefined ? `ended by SIG${signal}` : `exit status ${code}`}\n`,
            )
        },
      }
    }
  }

const inJson =
  ({ stdout }: Io): Show =>
  () =>
  host => ({
    output: () => undefined,
    ended: ({ code, signal, stdout: out, stderr: err }) => {
      const said = { stdout: out.toString('utf8'), stderr: err.toString('utf8') }
      stdout.write(`${JSON.stringify({ host, ...(code === undefined ? { signal } : { code }), ...said })}\n`)
    },
  })
