import { basename } from 'node:path'
import type { Readable } from 'node:stream'
import { LockstepError } from '../errors/error.ts'
import { deadline, orAborted, pause } from './deadline.ts'
import type { ExecOptions, ExecResult, RemoteProcess } from './transport.ts'

/** A process of one command, which can also be ended outright, together with its channel. */
export interface CommandProcess extends RemoteProcess {
  kill(): Promise<void>
  /** Whether what the program leaves behind may live on: its streams are given up when they have nothing more to say. */
  readonly mayLeave?: boolean
}

/** What a command that is not done in time fails with: its host is at fault, or the user's own command. */
export type LateCode = 'SSH_TIMEOUT' | 'STEP_TIMEOUT'

const usualMaxBytes = 64 << 20
/** After the program's end: so long without a word, or so long in all, and its streams are given up. */
const quietMs = 1_000
const restLimitMs = 10_000

/** Feeds a command, collects what it prints, and gives it up when its time is over or it prints too much. */
export async function runToEnd(
  host: string,
  argv: readonly string[],
  options: ExecOptions,
  open: (signal: AbortSignal) => Promise<CommandProcess>,
  lateCode: LateCode = 'SSH_TIMEOUT',
): Promise<ExecResult> {
  const what = basename(argv[0] ?? '')
  const overflow = new AbortController()
  const late = () =>
    new LockstepError(lateCode, `'${what}' did not end within ${options.timeoutMs / 1000} s on ${host}`)
  const limit = deadline(options.timeoutMs, late, overflow.signal, options.signal)
  try {
    const command = await open(limit.signal)
    let left = options.maxBytes ?? usualMaxBytes
    const count = (chunk: Buffer) => {
      left -= chunk.length
      if (left < 0)
        overflow.abort(
          new LockstepError(
            'STEP_OUTPUT',
            `'${what}' on ${host} printed more than ${options.maxBytes ?? usualMaxBytes} octets`,
          ),
        )
      return left >= 0
    }
    let heardAt = 0
    const gather = (name: 'stdout' | 'stderr') =>
      collect(command[name], chunk => {
        heardAt = performance.now()
        if (!count(chunk)) return false
        options.onOutput?.(name, chunk)
        return true
      })
    const [stdout, stderr] = [gather('stdout'), gather('stderr')]
    command.stdin.end(options.stdin)
    try {
      const ended = command.mayLeave ? endOrQuiet(command, () => heardAt, limit.signal) : command.ended
      const { code, signal } = await orAborted(ended, limit.signal)
      return { code, signal, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr) }
    } catch (error) {
      await command.kill()
      throw error
    }
  } finally {
    limit.done()
  }
}

/** The outcome once its streams have ended, or are held open by something that it has left behind and that is silent. */
async function endOrQuiet(command: CommandProcess, heardAt: () => number, signal: AbortSignal) {
  const outcome = await command.exited
  const since = performance.now()
  const over = command.ended.then(() => true)
  for (;;) {
    const now = performance.now()
    const leftMs = Math.min(Math.max(since, heardAt()) + quietMs, since + restLimitMs) - now
    if (leftMs <= 0) break
    const waiting = new AbortController()
    const later = pause(leftMs, AbortSignal.any([signal, waiting.signal])).then(() => false)
    later.catch(() => undefined) // nobody waits for it once the streams have ended
    const ended = await Promise.race([over, later]).finally(() => waiting.abort())
    if (ended) return outcome
  }
  command.close()
  return outcome
}

/** Keeps reading after an overflow, without keeping: an unread stream would stall the channel for ever. */
function collect(stream: Readable, count: (chunk: Buffer) => boolean): Buffer[] {
  const chunks: Buffer[] = []
  stream.on('data', (chunk: Buffer) => {
    if (count(chunk)) chunks.push(chunk)
  })
  return chunks
}
