import { fileURLToPath } from 'node:url'
import { exit } from '../errors/codes.ts'
import { interruption } from './interruption.ts'
import { main } from './main.ts'
import { watchOutputs } from './outputs.ts'

/** What bin/lockstep.js calls: the process's own streams, signals and exit code. */
export async function start(root: URL): Promise<void> {
  let interrupted: AbortSignal | undefined
  watchOutputs()
  process.exitCode = await main(process.argv.slice(2), {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    root: fileURLToPath(root),
    // Only a command that looks at it is asked to stop; any other one just ends.
    get interrupted() {
      interrupted ??= interruption(endAtOnce)
      return interrupted
    },
  })
}

/** Ends without any cleanup of ours: the tether of every host does it. */
function endAtOnce(): never {
  process.stderr.write(
    'lockstep: ended at once; the hosts of a run end by themselves what was started there, and put it back, within 10 s\n',
  )
  process.exit(exit.interrupted)
}
