import type { Command } from 'commander'
import { type ExitCode, exit, exitCodeOf } from '../../errors/codes.ts'
import { LockstepError } from '../../errors/error.ts'
import { type ClockHistory, clockKey, clockLine, clockTable, remember } from '../../output/clock-table.ts'
import { paint } from '../../output/line.ts'
import { flushed } from '../../output/line-writer.ts'
import { LiveArea } from '../../output/screen.ts'
import { symbolsFor } from '../../output/symbols.ts'
import { problemLines } from '../../output/wording.ts'
import { type HostLook, watchClocks } from '../../runner/watch/watch-clocks.ts'
import { judgeRound } from '../../sync/judge.ts'
import { parseDuration } from '../../units/duration.ts'
import { toJson } from '../../units/json.ts'
import { ms, type Nanoseconds, toMs } from '../../units/quantity.ts'
import { defineCommand } from '../define-command.ts'
import { hostTransport } from '../host-transport.ts'
import type { Io } from '../io.ts'
import { hostsFor, type PatternOptions, patternOptions } from '../pattern-command.ts'

interface Options extends PatternOptions {
  readonly watch?: true
  readonly every: Nanoseconds
  readonly count?: number
  readonly offset?: Nanoseconds
}

/** `lockstep sync PATTERN [--watch]`: how every clock stands, by whom it is kept, and how it moves. Changes nothing. */
export const sync = defineCommand({
  configure(command: Command, action) {
    patternOptions(
      command.argument('<pattern>', 'hosts of the inventory; without -i, addresses with commas between them'),
    )
      .option('-w, --watch', 'look over and over, until Ctrl-C')
      .option('--every <duration>', 'from one look to the next', durationIn, ms(1_000))
      .option('--count <n>', 'look so many times', countIn)
      .option(
        '--offset <duration>',
        'say who is further off; exit code 3 when somebody is at the last look',
        durationIn,
      )
      .action(action(async (io, pattern: string, options: Options) => look(pattern, options, io)))
  },
})

async function look(pattern: string, options: Options, io: Io): Promise<ExitCode> {
  const hosts = await hostsFor(pattern, options, io)
  const isWatch = options.watch === true || options.count !== undefined
  const screen = screenFor(isWatch, options, io)
  try {
    const last = await watchClocks(hosts, {
      transport: hostTransport(io),
      forks: options.forks,
      everyMs: toMs(options.every),
      count: isWatch ? (options.count ?? Number.POSITIVE_INFINITY) : 1,
      signal: io.interrupted,
      told: screen.told,
    })
    // Ctrl-C is how a watch ends; a single look has been cut short.
    if (io.interrupted.aborted) return isWatch ? exit.ok : exit.interrupted
    return exitCodeOfLook(last ?? [], options.offset)
  } finally {
    await screen.end()
  }
}

function exitCodeOfLook(last: readonly HostLook[], limit: Nanoseconds | undefined): ExitCode {
  const failed = last.flatMap(each => ('error' in each ? [exitCodeOf(each.error.code)] : []))
  if (failed[0] !== undefined) return failed[0]
  const isOut = [...(reasonsOf(last, limit)?.values() ?? [])].some(reasons => reasons.length > 0)
  return isOut ? exit.invalid : exit.ok
}

/** Why each clock is out, by its key; undefined when nobody asked for a limit. */
function reasonsOf(looks: readonly HostLook[], limit: Nanoseconds | undefined) {
  if (limit === undefined) return undefined
  const rows = looks.flatMap(each =>
    'rows' in each ? each.rows.map(({ keeper, reading }) => ({ ...reading, host: clockKey(each.host, keeper) })) : [],
  )
  const demands = rows.map(({ host, link }) => {
    const requires = [...(link === undefined ? [] : (['link'] as const)), 'ptp' as const, 'phc2sys' as const]
    return { host, limit, requires }
  })
  return new Map(judgeRound(rows, demands).map(({ reading, reasons }) => [reading.host, reasons]))
}

interface Screen {
  readonly told: (looks: readonly HostLook[]) => void
  readonly end: () => Promise<void>
}

function screenFor(isWatch: boolean, { json, offset }: Options, io: Io): Screen {
  const { stdout, stderr, env } = io
  const symbols = symbolsFor(env)
  const hasColour = stdout.isTTY === true && (env['NO_COLOR'] ?? '') === ''
  let history: ClockHistory = new Map()
  const tableOf = (looks: readonly HostLook[]) => {
    const columns = stdout.isTTY ? stdout.columns || 80 : 1000
    return clockTable(looks, { history, reasons: reasonsOf(looks, offset), columns, symbols })
  }
  if (json)
    return { told: looks => stdout.write(jsonLines(looks, reasonsOf(looks, offset))), end: () => flushed(stdout) }
  if (isWatch && stdout.isTTY) {
    const area = new LiveArea(stdout, hasColour)
    let lines: ReturnType<typeof tableOf> = []
    area.open()
    return {
      told: looks => {
        history = remember(history, looks)
        lines = tableOf(looks)
        area.draw(lines.slice(0, Math.max(1, area.size().rows - 2)))
      },
      end: async () => {
        area.finish(lines)
        area.close()
        await flushed(stdout)
      },
    }
  }
  return {
    told: looks => {
      if (!isWatch) {
        history = remember(history, looks)
        stdout.write(
          tableOf(looks.filter(each => 'rows' in each))
            .map(line => `${paint(line, hasColour)}\n`)
            .join(''),
        )
      } else stdout.write(plainLines(looks, reasonsOf(looks, offset)))
      for (const each of looks)
        if ('error' in each)
          stderr.write(
            problemLines(each.error, each.host)
              .map(line => `${line}\n`)
              .join(''),
          )
    },
    end: () => flushed(stdout),
  }
}

const plainLines = (looks: readonly HostLook[], reasons: ReturnType<typeof reasonsOf>): string =>
  looks
    .flatMap(each =>
      'rows' in each
        ? each.rows.map(row => `${clockLine(each.host, row, reasons?.get(clockKey(each.host, row.keeper)))}\n`)
        : [],
    )
    .join('')

function jsonLines(looks: readonly HostLook[], reasons: ReturnType<typeof reasonsOf>): string {
  const at = new Date().toISOString()
  const lines = looks.flatMap((each): unknown[] => {
    if ('error' in each) {
      const { code, message, hint } = each.error
      return [{ at, host: each.host, error: { code, message, hint } }]
    }
    return each.rows.map(({ keeper, reading }) => {
      const out = reasons?.get(clockKey(each.host, keeper))
      return { at, ...reading, keeper, ...(out === undefined ? {} : { ok: out.length === 0, reasons: out }) }
    })
  })
  return lines.map(line => `${toJson(line)}\n`).join('')
}

function durationIn(text: string): Nanoseconds {
  const length = parseDuration(text)
  if (length !== undefined && length > 0n) return length
  throw new LockstepError('USAGE_VALUE', `expected a duration with its unit, above 0, got ${text}`)
}

function countIn(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new LockstepError('USAGE_VALUE', `--count: expected a whole number from 1, got ${text}`)
}
