import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:fs'
import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { LockstepError } from '../errors/error.ts'
import { deadline, orAborted } from '../transport/deadline.ts'

/** The folder of a book, locked: there is one writer. The lock is the kernel's and ends with us, however we end. */
export interface BookFolder {
  readonly path: string
  release(): Promise<void>
}

export async function lockFolder(path: string): Promise<BookFolder> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  const { O_RDWR, O_CREAT, O_NOFOLLOW } = constants
  const file = await open(join(path, 'lock'), O_RDWR | O_CREAT | O_NOFOLLOW, 0o600)
  try {
    await lock(file, path)
  } catch (error) {
    await file.close()
    throw error
  }
  // An open file that nobody refers to is closed by the collector of garbage, and the lock would be gone.
  return { path, release: () => file.close() }
}

const lockWithinMs = 10_000

/**
 * flock(1) locks the open file that it shares with us: it ends at once, the lock stays as long as we have the file. No
 * program of ours inherits the file, as Node opens everything to be closed when another program is started.
 */
async function lock(file: FileHandle, path: string): Promise<void> {
  const flock = spawn('flock', ['--exclusive', '--nonblock', '--conflict-exit-code', '75', '3'], {
    stdio: ['ignore', 'ignore', 'pipe', file.fd],
  })
  let said = ''
  flock.stderr?.on('data', chunk => {
    said += chunk
  })
  const late = () => new LockstepError('BOOK_LOCKED', `flock(1) did not answer in ${lockWithinMs / 1000} s`)
  const limit = deadline(lockWithinMs, late)
  try {
    const [code] = await orAborted(once(flock, 'close'), limit.signal)
    if (code === 0) return
    throw new LockstepError('BOOK_LOCKED', code === 75 ? held(path) : `${path} cannot be locked: ${said.trim()}`)
  } catch (cause) {
    flock.kill('SIGKILL')
    if (cause instanceof LockstepError) throw cause
    throw new LockstepError('BOOK_LOCKED', `flock(1) of util-linux is needed: ${(cause as Error).message}`, { cause })
  } finally {
    limit.done()
  }
}

const held = (path: string) => `another lockstepd has the book in ${path}`
