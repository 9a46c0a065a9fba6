import { randomUUID } from 'node:crypto'
import { LockstepError } from '../errors/error.ts'
import { deadline, orAborted } from './deadline.ts'
import { runToEnd } from './exec.ts'
import type { ExecOptions, ExecResult, RemoteProcess } from './transport.ts'

/** What a marked command runs on: whoever opens it can also end it. */
interface Opener {
  readonly name: string
  readonly lost: AbortSignal
  open(argv: readonly string[], signal: AbortSignal): Promise<RemoteProcess>
}

const killLimitMs = 5_000

const killScript = `for file in $(grep -lsF -e "$1" /proc/[0-9]*/environ); do
  pid=\${file#/proc/}
  kill -s KILL "\${pid%/environ}"
done`

/** Runs a command to its end; one that is given up is found, with its children, by a mark in its environment. */
export function execMarked(opener: Opener, argv: readonly string[], options: ExecOptions): Promise<ExecResult> {
  const mark = `LOCKSTEP_EXEC=${randomUUID()}`
  return runToEnd(opener.name, argv, options, async signal => {
    const command = await opener.open(['env', mark, ...argv], signal)
    return { ...command, kill: () => endMarked(opener, mark, command) }
  })
}

/** Closing a channel ends no process, and sshd passes no signals on for root: so by the mark in its environment. */
async function endMarked(opener: Opener, mark: string, command: RemoteProcess): Promise<void> {
  command.close()
  if (opener.lost.aborted) return
  const limit = deadline(
    killLimitMs,
    () => new LockstepError('SSH_TIMEOUT', `${opener.name} ends no command`),
    opener.lost,
  )
  try {
    const killer = await opener.open(['sh', '-c', killScript, 'sh', mark], limit.signal)
    killer.stdout.resume()
    killer.stderr.resume()
    await orAborted(killer.ended, limit.signal)
  } catch (error) {
    // The command's own failure is what the caller hears; a host that is this slow is lost soon, or ends it later.
    if (!(error instanceof LockstepError)) throw error
  } finally {
    limit.done()
  }
}
