import { spawn } from 'node:child_process'

/**
 * Sessions on the controller that commands of a run lead. Nothing of them outlives the run: they are ended by us, or, when we
 * are killed, by a guard that each of them has.
 */
export interface LocalSessions {
  /** Before its command is started, so that there is no moment without a guard. */
  open(): LocalSession
  /** Ends what commands have left in the background; says how many sessions had something. */
  end(): Promise<number>
}

export interface LocalSession {
  /** The command that leads it, which has just been started; undefined when it could not be. */
  leads(pid: number | undefined): void
  /** TERM to everything in it, KILL two seconds later to what is still there. */
  end(): Promise<void>
  /** Its command has ended: what it has left in the background lives on until the end of the run. */
  leave(): void
}

/** From TERM to KILL. */
const graceMs = 2_000

/** Reads the number of a session and then a word. Without that word whoever was to write it is gone. */
const guardScript = `read -r session || exit 0
read -r word && exit 0
kill -s TERM -- "-$session" || exit 0
for second in 1 2; do
  sleep 1
  kill -s 0 -- "-$session" || exit 0
done
kill -s KILL -- "-$session"`

export function localSessions(): LocalSessions {
  const left = new Set<LocalSession>()
  return {
    open: () => openSession(left),
    end: async () => {
      const ending = [...left]
      await Promise.all(ending.map(session => session.end()))
      return ending.length
    },
  }
}

/** `left`: those whose command has ended and left something behind. */
function openSession(left: Set<LocalSession>): LocalSession {
  const guard = spawn('sh', ['-c', guardScript], { cwd: '/', stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  guard.on('error', () => undefined)
  guard.stdin.on('error', () => undefined)
  guard.unref()
  let pid: number | undefined
  const close = () => {
    left.delete(session)
    guard.stdin.end('over\n')
  }
  const session: LocalSession = {
    leads: leader => {
      pid = leader
      if (pid === undefined) guard.stdin.end()
      else guard.stdin.write(`${pid}\n`)
    },
    end: async () => {
      if (pid !== undefined) await endGroup(pid)
      close()
    },
    leave: () => {
      if (pid !== undefined && signalGroup(pid, 0)) left.add(session)
      else close()
    },
  }
  return session
}

async function endGroup(pid: number): Promise<void> {
  if (!signalGroup(pid, 'SIGTERM')) return
  const until = performance.now() + graceMs
  while (performance.now() < until) {
    await new Promise(resolve => setTimeout(resolve, 20))
    if (!signalGroup(pid, 0)) return
  }
  signalGroup(pid, 'SIGKILL')
}

/** False when nothing of the group is left. Its number is nobody else's as long as something is. */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-pid, signal)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}
