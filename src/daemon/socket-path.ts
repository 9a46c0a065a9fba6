import { once } from 'node:events'
import { lstat, unlink } from 'node:fs/promises'
import { connect } from 'node:net'
import { LockstepError } from '../errors/error.ts'
import { deadline, orAborted } from '../transport/deadline.ts'

/** sockaddr_un has 108 octets for the path and its end; a longer one is cut by some systems and refused by others. */
const longestPath = 107

const answersWithinMs = 2_000

/** Makes room for our socket: takes away one that a dead daemon has left, and nothing else. */
export async function clearSocketPath(path: string): Promise<void> {
  if (Buffer.byteLength(path) > longestPath)
    throw new LockstepError('BOOK_SOCKET', `the path of a socket may have ${longestPath} octets: ${path}`)
  const found = await lstat(path).catch(error => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  })
  if (found === undefined) return
  if (!found.isSocket()) throw new LockstepError('BOOK_SOCKET', `${path} is there and no socket`)
  if (await someoneListens(path)) throw new LockstepError('BOOK_SOCKET', `somebody else listens on ${path}`)
  await unlink(path)
}

async function someoneListens(path: string): Promise<boolean> {
  const socket = connect(path)
  const late = () => new LockstepError('BOOK_SOCKET', `whoever listens on ${path} does not answer`)
  const limit = deadline(answersWithinMs, late)
  try {
    await orAborted(once(socket, 'connect'), limit.signal)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') return false
    throw error
  } finally {
    limit.done()
    socket.destroy()
  }
}
