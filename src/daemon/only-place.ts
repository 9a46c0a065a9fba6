import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { LockstepError } from '../errors/error.ts'

/**
 * A name that the kernel gives to one process of a network namespace, and takes back when that ends, however it ends: an abstract
 * socket, unix(7). What is reserved are the interfaces of that namespace, so whoever tests there has to be in one book.
 */
const name = '\0lockstepd-while-used'

/** Throws BOOK_LOCKED where somebody else has it: another of ours, or another user's. Nobody is spoken to by it. */
export async function onlyPlace(): Promise<Server> {
  const server = createServer(socket => socket.destroy())
  try {
    server.listen(name)
    await once(server, 'listening')
    return server
  } catch (cause) {
    throw new LockstepError('BOOK_LOCKED', 'somebody else on this machine has a lockstepd for his own tests', { cause })
  }
}
