import { listReservations } from '../../client/own.ts'
import { type ExitCode, exit } from '../../errors/codes.ts'
import { flushed } from '../../output/line-writer.ts'
import { LiveArea } from '../../output/screen.ts'
import { columns } from '../../report/columns.ts'
import { pause } from '../../transport/deadline.ts'
import type { Answers } from '../../wire/book-answers.ts'
import { atEndpoints } from '../at-endpoints.ts'
import { defineCommand } from '../define-command.ts'
import type { Io } from '../io.ts'
import { exitCodeOfHosts, type PatternOptions, patternOptions } from '../pattern-command.ts'
import { writeAll } from '../write-all.ts'

interface Options extends PatternOptions {
  readonly watch?: true
}

type Listed = { readonly host: string } & Answers['list']

/** `lockstep reservations PATTERN`: one's own on shared hosts, and when others have them. */
export const reservations = defineCommand({
  configure(command, action) {
    patternOptions(command.argument('<pattern>', 'shared hosts of the inventory; without -i, addresses with commas'))
      .option('-w, --watch', 'go on looking, once a second, until Ctrl-C')
      .action(action(async (io, pattern: string, options: Options) => look(io, pattern, options)))
  },
})

async function look(io: Io, pattern: string, options: Options): Promise<ExitCode> {
  const { watch } = options
  const screen = screenFor(io, options)
  const outcomes = await atEndpoints(pattern, options, io, async session => {
    screen.told({ host: session.host, ...(await listReservations(session)) })
    while (watch && !io.interrupted.aborted) {
      await pause(1_000, AbortSignal.any([io.interrupted, session.lost])).catch(() => undefined)
      session.lost.throwIfAborted()
      if (!io.interrupted.aborted) screen.told({ host: session.host, ...(await listReservations(session)) })
    }
  })
  await screen.end()
  // Ctrl-C is how a watch ends.
  return watch && io.interrupted.aborted ? exit.ok : exitCodeOfHosts(outcomes, exit.ok)
}

function screenFor(io: Io, { json, watch }: Options) {
  const { stdout } = io
  const hosts = new Map<string, Listed>()
  if (json)
    return {
      told: (listed: Listed) => void stdout.write(`${JSON.stringify({ at: new Date().toISOString(), ...listed })}\n`),
      end: () => flushed(stdout),
    }
  const area = watch && stdout.isTTY ? new LiveArea(stdout, (io.env['NO_COLOR'] ?? '') === '') : undefined
  area?.open()
  const draw = () => rowsOf([...hosts.values()]).map(text => [{ text }])
  let last = ''
  return {
    told: (listed: Listed) => {
      hosts.set(listed.host, listed)
      if (area !== undefined) return area.draw(draw().slice(0, Math.max(1, area.size().rows - 2)))
      const text = rowsOf([listed]).join('\n')
      // Into a file or a pipe only what is new.
      if (watch && text !== last) stdout.write(`${text}\n`)
      last = text
    },
    end: async () => {
      if (area !== undefined) {
        area.finish(draw())
        area.close()
        await flushed(stdout)
      } else if (!watch && hosts.size > 0) await writeAll(stdout, [`${rowsOf([...hosts.values()]).join('\n')}\n`])
    },
  }
}

const head = ['host', 'reservation', 'state', 'kind', 'start', 'lasts', '']

/** The earliest first, own ones and others' busy time together. */
export function rowsOf(listed: readonly Listed[]): string[] {
  const byHost = listed.toSorted((a, b) => (a.host < b.host ? -1 : 1))
  const rows = byHost.flatMap(({ host, reservations: own, busy }) =>
    [
      ...own.map(({ rid, state, kind, start, duration, reason }) => ({
        at: start,
        row: [host, rid, state, kind, timeOf(start), spanOf(duration), reason?.code ?? ''],
      })),
      ...busy.map(({ resources, window: { from, to } }) => ({
        at: from,
        row: [host, '', 'busy', '', timeOf(from), spanOf(to - from), resources.join(' ')],
      })),
    ]
      .sort((a, b) => a.at - b.at)
      .map(({ row }) => row),
  )
  return columns([head, ...rows], new Set([0, 1, 2, 3, 4, 6]))
}

const timeOf = (us: number) => new Date(us / 1_000).toISOString()
const spanOf = (us: number) => `${Number((us / 1e6).toFixed(3))}s`
