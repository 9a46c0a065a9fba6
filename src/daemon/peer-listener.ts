import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { LockstepError } from '../errors/error.ts'
import type { Log } from './log.ts'
import { type PeerLimits, peerOver } from './peer.ts'
import { greetMember, type PeerLink, type Room } from './peer-link.ts'

export interface ListenerLimits extends PeerLimits {
  /** For a connection to show the key, all in all. */
  readonly greetMs: number
  /** Connections that have not shown the key; the oldest makes room for the next. */
  readonly strangers: number
}

export interface ListenerOptions {
  /** The address that peers reach us by; undefined: all of them. */
  readonly host: string | undefined
  readonly limits: ListenerLimits
  readonly log: Log
  roomOf(gid: string): Room | 'held' | 'none'
  /** A member that has shown the key. */
  take(link: PeerLink): void
}

export interface PeerListener {
  /** Listens on the port for as long as anybody has opened it: groups that follow each other may have the same one. */
  open(port: number): Promise<Opened>
}

export interface Opened {
  readonly port: number
  close(): Promise<void>
}

export function peerListener(options: ListenerOptions): PeerListener {
  const servers = new Map<number, { readonly server: Promise<Server>; users: number }>()
  const strangers = new Set<Socket>()
  const open = async (port: number): Promise<Opened> => {
    const entry = servers.get(port) ?? { server: listen(port, options, strangers), users: 0 }
    entry.users += 1
    if (port !== 0) servers.set(port, entry)
    const close = onlyOnce(async () => {
      entry.users -= 1
      if (entry.users > 0) return
      servers.delete(port)
      const server = await entry.server
      // Links that are up go on: they belong to their groups.
      server.close()
    })
    try {
      const server = await entry.server
      return { port: (server.address() as { port: number }).port, close }
    } catch (error) {
      servers.delete(port)
      throw error
    }
  }
  return { open }
}

async function listen(port: number, options: ListenerOptions, strangers: Set<Socket>): Promise<Server> {
  const server = createServer({ noDelay: true }, socket => void receive(socket, options, strangers))
  try {
    server.listen({ port, ...(options.host === undefined ? {} : { host: options.host }) })
    await once(server, 'listening')
    return server
  } catch (cause) {
    const { message } = cause as Error
    throw new LockstepError('BOOK_PEER', `peers cannot be listened to on port ${port}: ${message}`, { cause })
  }
}

async function receive(socket: Socket, { limits, log, roomOf, take }: ListenerOptions, strangers: Set<Socket>) {
  const address = socket.remoteAddress
  const [oldest] = strangers
  if (strangers.size >= limits.strangers)
    oldest?.destroy(new LockstepError('BOOK_PEER', 'another stranger needs the room'))
  strangers.add(socket)
  const late = setTimeout(
    () => socket.destroy(new LockstepError('WIRE_DEADLINE', `no key was shown within ${limits.greetMs} ms`)),
    limits.greetMs,
  )
  const peer = peerOver(socket, limits)
  try {
    const link = await greetMember(peer, randomBytes(32).toString('hex'), roomOf)
    if (link === undefined) peer.close()
    else take(link)
  } catch (error) {
    socket.destroy()
    log.failure('stranger dropped', error, { address })
  } finally {
    clearTimeout(late)
    strangers.delete(socket)
  }
}

function onlyOnce(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined
  return () => {
    done ??= work()
    return done
  }
}
