import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Entry } from '../book/entry.ts'
import { LockstepError } from '../errors/error.ts'
import { Slots } from '../transport/slots.ts'
import type { Log } from './log.ts'
import { searchPath } from './programs.ts'
import type { Results } from './results.ts'
import { viewOf } from './views.ts'

export interface HookOptions {
  /** Started without words for each test that ran; what it is told stands on its stdin. */
  readonly program: string
  readonly results: Pick<Results, 'manifest'>
  readonly log: Log
  readonly limitMs?: number
}

const usualLimitMs = 30_000
/** Tests may end by the dozen. */
const atOnce = 4
const mostWords = 1_000

/**
 * What whoever administers the endpoint wants done with each result: a program that gets one JSON object, the reservation and
 * its manifest. It has its time, and whatever becomes of it is in the log: the test is over already.
 */
export function resultHook({ program, results, log, limitMs = usualLimitMs }: HookOptions): (entry: Entry) => void {
  const slots = new Slots(atOnce)
  const run = async (entry: Entry) => {
    const release = await slots.take()
    try {
      const manifest = await results.manifest(entry.rid)
      const { identity } = entry
      const ended = await told(program, `${JSON.stringify({ ...viewOf(entry), identity, manifest })}\n`, limitMs)
      log(ended.exit === 0 ? 'info' : 'warning', 'hook-ended', { rid: entry.rid, ...ended })
    } finally {
      release()
    }
  }
  return entry => void run(entry).catch(error => log.failure('hook-failed', error, { rid: entry.rid }))
}

async function told(program: string, text: string, limitMs: number) {
  const child = spawn(program, [], {
    cwd: '/',
    env: { PATH: searchPath, LANG: 'C' },
    stdio: ['pipe', 'ignore', 'pipe'],
    detached: true, // with all that it starts, in a group of its own
  })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said = `${said}${chunk}`.slice(0, mostWords)
  })
  child.stdin.on('error', () => undefined) // it need not read what it is told
  const timer = setTimeout(() => endGroup(child.pid), limitMs)
  try {
    child.stdin.end(text)
    const [exit, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
    return { exit, signal, message: said.trim() === '' ? undefined : said.trim() }
  } catch (cause) {
    throw new LockstepError('BOOK_PROCESS', `the hook cannot be started: ${(cause as Error).message}`, { cause })
  } finally {
    clearTimeout(timer)
  }
}

/** The group that we have made ourselves. */
function endGroup(leader: number | undefined): void {
  if (leader === undefined) return
  try {
    process.kill(-leader, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
