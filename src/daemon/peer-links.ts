import type { PeerMessage } from '../book/peer-messages.ts'
import type { PeerLink } from './peer-link.ts'

/** What a group's links tell. One link is heard in order, and no faster than what it said is dealt with. */
export interface LinkEars {
  up(peer: string): void
  heard(peer: string, message: PeerMessage): Promise<void>
  /** Undefined: the peer has closed it in order. */
  down(peer: string, error: Error | undefined): void
}

/** The links of one group that are up, by the endpoint at their other end. */
export interface GroupLinks {
  /** Until the link is gone. A newer link to the same endpoint takes its place: the old one may be half dead. */
  take(link: PeerLink): Promise<void>
  /** Whether it is on its way: what a broken link loses is said again on the next one. */
  send(to: string, message: PeerMessage): Promise<boolean>
  isUp(peer: string): boolean
  close(): void
}

export function groupLinks(ears: LinkEars): GroupLinks {
  const links = new Map<string, PeerLink>()
  let closed = false
  const take = async (link: PeerLink) => {
    const { peer } = link
    if (closed) return link.close()
    links.get(peer)?.close()
    links.set(peer, link)
    ears.up(peer)
    const error = await hear(link)
    link.close()
    if (links.get(peer) !== link) return
    links.delete(peer)
    ears.down(peer, error)
  }
  const hear = async (link: PeerLink): Promise<Error | undefined> => {
    try {
      for await (const message of link.messages) {
        if (links.get(link.peer) !== link) return undefined
        await ears.heard(link.peer, message)
      }
      return undefined
    } catch (error) {
      return error as Error
    }
  }
  const send = async (to: string, message: PeerMessage) => {
    const link = links.get(to)
    if (link === undefined) return false
    return link.send(message).then(
      () => true,
      () => false, // whoever hears the link is told
    )
  }
  const close = () => {
    closed = true
    for (const link of links.values()) link.close()
  }
  return { take, send, isUp: peer => links.has(peer), close }
}
