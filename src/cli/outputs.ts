import { exit } from '../errors/codes.ts'

/** The other side has gone: a closed pipe (`lockstep … | head`), a terminal that was hung up. */
const readerLeft = new Set(['EPIPE', 'EIO', 'ECONNRESET'])

/**
 * An output that takes no more ends the output, not the run and its cleanup. A reader that left is no failure; anything
 * else (a full disk) is said on the other stream, and keeps the process from ending with 0.
 */
export function watchOutputs(): void {
  let broken = false
  const watch = (name: string, stream: NodeJS.WriteStream, other: NodeJS.WriteStream) => {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (readerLeft.has(error.code ?? '')) return
      if (!broken) other.write(`lockstep: cannot write to ${name}: ${error.message}\n`)
      broken = true
    })
  }
  watch('stdout', process.stdout, process.stderr)
  watch('stderr', process.stderr, process.stdout)
  process.on('exit', code => {
    if (broken && code === exit.ok) process.exitCode = exit.invalid
  })
}
