import { fileURLToPath } from 'node:url'
import { main } from './main.ts'

/** What bin/lockstep.js calls: the process's own streams, signals and exit code. */
export async function start(root: URL): Promise<void> {
  const interrupt = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupt.abort(signal))
  // A reader that closed early (`lockstep … | head`) ends our output, not our cleanup.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
  }
  process.exitCode = await main(process.argv.slice(2), {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    root: fileURLToPath(root),
    interrupted: interrupt.signal,
  })
}
