import { mkdir, open, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { LockstepError } from '../errors/error.ts'
import { attempt } from './program.ts'

const waitS = 60

/**
 * Holds `path` (flock) while `use` runs. Programs that inherit `fd` hold it too: whoever gets the lock after a crash
 * knows that nothing the dead process had started is still at work.
 */
export async function withLock<T>(path: string, use: (fd: number) => Promise<T>): Promise<T> {
  for (;;) {
    const file = await openLock(path)
    try {
      await lock(file.fd, path)
      // The previous holder may have removed the file while we waited for it.
      if (await isAt(path, (await file.stat()).ino)) return await use(file.fd)
    } finally {
      await file.close()
    }
  }
}

/** The folder goes away with the last lab, so it may vanish between making it and opening a file in it. */
async function openLock(path: string) {
  for (;;) {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    try {
      return await open(path, 'a', 0o600)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
}

/** flock(1) locks the open file that we share with it, so the lock outlives it. */
async function lock(fd: number, path: string) {
  const { code, stderr } = await attempt(['flock', '--exclusive', '--timeout', `${waitS}`, '3'], {
    inherit: [fd],
    timeoutMs: (waitS + 10) * 1000,
  })
  if (code === 0) return
  throw new LockstepError('LAB_LOCKED', `${path} is still held by another command after ${waitS} s ${stderr}`.trim())
}

async function isAt(path: string, ino: number): Promise<boolean> {
  try {
    return (await stat(path)).ino === ino
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
