import { once } from 'node:events'
import { chmod, chown } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { dirname } from 'node:path'
import { LockstepError } from '../errors/error.ts'
import { encodeMessage, type JsonMessage } from '../wire/json-lines.ts'
import { type Peer, type PeerLimits, peerOver } from './peer.ts'
import { checkSocketFolder, makeSocketFolder } from './socket-folder.ts'
import { clearSocketPath } from './socket-path.ts'

export interface ServerLimits extends PeerLimits {
  readonly connections: number
  /** Connections that have not said anything yet. */
  readonly halfOpen: number
}

export interface SocketService {
  readonly path: string
  /** Of the broker's account; undefined: ours. */
  readonly group: number | undefined
  readonly limits: ServerLimits
  /** What one connection too many is told before it is closed. */
  readonly full: JsonMessage
  /** Until the connection is done; what it throws ends that connection and is told to `fault`. */
  serve(peer: Peer): Promise<void>
  fault(error: Error): void
}

export interface SocketServer {
  /** Takes no more, and ends what there is. */
  close(): Promise<void>
}

/** The folder's rights are the trust boundary: without them there is no server. */
export async function listenOn(service: SocketService): Promise<SocketServer> {
  const { path, group } = service
  await makeSocketFolder(dirname(path), group)
  await checkSocketFolder(dirname(path))
  await clearSocketPath(path)
  const peers = new Set<Peer>()
  const server = createServer({ allowHalfOpen: true }, socket => accept(socket, peers, service))
  await listening(server, path)
  // The folder keeps others away in the meantime.
  await chmod(path, 0o660)
  if (group !== undefined) await chown(path, process.getuid?.() ?? -1, group)
  return { close: () => close(server, peers) }
}

function accept(socket: Socket, peers: Set<Peer>, { limits, full, serve, fault }: SocketService): void {
  if (peers.size >= limits.connections || halfOpen(peers) >= limits.halfOpen) {
    turnAway(socket, full)
    return
  }
  const peer = peerOver(socket, limits)
  peers.add(peer)
  socket.once('close', () => peers.delete(peer))
  serve(peer).then(
    () => peer.close(),
    error => {
      socket.destroy()
      fault(error)
    },
  )
}

const halfOpen = (peers: ReadonlySet<Peer>) => [...peers].filter(peer => !peer.hasSpoken()).length

/** One line fits into the kernel's buffer; it is not waited for. */
function turnAway(socket: Socket, full: JsonMessage): void {
  socket.on('error', () => undefined)
  socket.write(encodeMessage(full))
  socket.destroySoon()
}

async function listening(server: Server, path: string): Promise<void> {
  try {
    server.listen(path)
    await once(server, 'listening')
  } catch (cause) {
    throw new LockstepError('BOOK_SOCKET', `${path} cannot be listened on: ${(cause as Error).message}`, { cause })
  }
}

async function close(server: Server, peers: ReadonlySet<Peer>): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  for (const peer of peers) peer.close()
  await closed
}
