import { basename } from 'node:path'
import type { Readable } from 'node:stream'
import { LockstepError } from '../errors/error.ts'
import { deadline, orAborted } from './deadline.ts'
import type { ExecOptions, ExecResult, RemoteProcess } from './transport.ts'

/** A process of one command, which can also be ended outright, together with its channel. */
export interface CommandProcess extends RemoteProcess {
  kill(): Promise<void>
}

const usualMaxBytes = 64 << 20

/** Feeds a command, collects what it prints, and gives it up when its time is over or it prints too much. */
export async function runToEnd(
  host: string,
  argv: readonly string[],
  options: ExecOptions,
  open: (signal: AbortSignal) => Promise<CommandProcess>,
): Promise<ExecResult> {
  const what = basename(argv[0] ?? '')
  const overflow = new AbortController()
  const late = () =>
    new LockstepError('SSH_TIMEOUT', `'${what}' did not end within ${options.timeoutMs / 1000} s on ${host}`)
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
    const [stdout, stderr] = [collect(command.stdout, count), collect(command.stderr, count)]
    command.stdin.end(options.stdin)
    try {
      const { code, signal } = await orAborted(command.ended, limit.signal)
      return { code, signal, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr) }
    } catch (error) {
      await command.kill()
      throw error
    }
  } finally {
    limit.done()
  }
}

/** Keeps reading after an overflow, without keeping: an unread stream would stall the channel for ever. */
function collect(stream: Readable, count: (chunk: Buffer) => boolean): Buffer[] {
  const chunks: Buffer[] = []
  stream.on('data', (chunk: Buffer) => {
    if (count(chunk)) chunks.push(chunk)
  })
  return chunks
}
