import { randomInt } from 'node:crypto'
import type { Command } from 'commander'
import { type ExitCode, exit } from '../errors/codes.ts'
import { LockstepError } from '../errors/error.ts'
import { pause } from '../transport/deadline.ts'
import { parseDuration } from '../units/duration.ts'
import { random } from '../units/random.ts'
import { type Rhythm, startsOf } from '../units/rhythm.ts'
import type { Io } from './io.ts'

export interface RepeatOptions {
  readonly interval?: number
  readonly jitter?: number
  readonly count?: number
  readonly at?: readonly Rhythm['at'][number][]
}

export const repeatOptions = (command: Command): Command =>
  command
    .option('--interval <duration>', 'again and again, so long from one start to the next', durationIn)
    .option('--jitter <percent>', 'of the interval, by which each start may be earlier or later; default 0%', percentIn)
    .option('--count <n>', 'how often; default once, with --interval or --at until Ctrl-C', countIn)
    .option('--at <times>', 'at these times of day, UTC, hours and minutes: 11:00,*:30', timesIn)

/** Does it as often and when the options say; gives the exit code of the first that was no success. */
export async function repeated(options: RepeatOptions, io: Io, once: () => Promise<ExitCode>): Promise<ExitCode> {
  const { interval, jitter = 0, at = [] } = options
  const isRepeated = interval !== undefined || at.length > 0
  if (!isRepeated && options.count === undefined) return once()
  if (interval !== undefined && at.length > 0)
    throw new LockstepError('USAGE_COMMAND', '--interval and --at are two ways to say when')
  const most = options.count ?? Number.POSITIVE_INFINITY
  const starts = startsOf({ intervalMs: interval, jitter, at }, Date.now(), random(randomInt(2 ** 47)))
  let worst: ExitCode = exit.ok
  for (let n = 0; n < most; n++) {
    const next = starts.next().value as number | undefined // without a rhythm the next is at once
    await untilTime(next ?? Date.now(), io)
    if (io.interrupted.aborted) return n === 0 ? exit.interrupted : worst
    const code = await once()
    if (worst === exit.ok) worst = code
    if (code === exit.interrupted) return code
  }
  return worst
}

/** In naps: a clock that is set, or a machine that slept, must not make us late. */
async function untilTime(at: number, { interrupted }: Io): Promise<void> {
  for (let left = at - Date.now(); left > 0 && !interrupted.aborted; left = at - Date.now())
    await pause(Math.min(left, 5_000), interrupted).catch(() => undefined)
}

/** In ms. */
function durationIn(text: string): number {
  const length = parseDuration(text)
  if (length !== undefined && length > 0n) return Number(length) / 1e6
  throw new LockstepError('USAGE_VALUE', `--interval: expected a duration with its unit, above 0, got ${text}`)
}

/** As a share. */
function percentIn(text: string): number {
  const percent = /^(\d+(?:\.\d+)?)%?$/.exec(text)?.[1]
  if (percent !== undefined && Number(percent) <= 50) return Number(percent) / 100
  throw new LockstepError('USAGE_VALUE', `--jitter: expected up to 50%, got ${text}`)
}

function countIn(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new LockstepError('USAGE_VALUE', `--count: expected a whole number from 1, got ${text}`)
}

function timesIn(text: string): Rhythm['at'] {
  return text.split(',').map(each => {
    const [, hour = '', minute = ''] = /^(\d\d?|\*):(\d\d)$/.exec(each.trim()) ?? []
    if (minute === '' || Number(minute) > 59 || (hour !== '*' && Number(hour) > 23))
      throw new LockstepError('USAGE_VALUE', `--at: expected HH:MM or *:MM, got ${each}`)
    return { hour: hour === '*' ? undefined : Number(hour), minute: Number(minute) }
  })
}
