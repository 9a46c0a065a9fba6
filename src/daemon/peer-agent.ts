import { isLead, type Verdict } from '../book/peer-group.ts'
import { type Reason, reason } from '../book/reasons.ts'
import { type DoorGroup, type LiveGroup, type LiveOptions, liveGroup } from './live-group.ts'
import type { PeerLink, Room } from './peer-link.ts'
import { type ListenerLimits, peerListener } from './peer-listener.ts'

export interface AgentOptions extends Omit<LiveOptions, 'listener'> {
  /** The address that peers reach us by; undefined: all of them. */
  readonly host: string | undefined
  /** Of a group that is not live: whether the book holds it, so that it may still be confirmed. */
  isHeld(gid: string): boolean
}

/** What passes between the members of groups. */
export interface PeerAgent {
  /** Whether all are there, agree, and their clocks are right: by A at the latest. */
  check(group: DoorGroup): Promise<Verdict>
  /** It is over here: the others are told, now or when they come, and then the links are closed. */
  tell(gid: string, why: Reason): void
  /** The group's links, made anew when a restart has lost them. */
  live(group: DoorGroup): Promise<LiveGroup>
  /** Nothing is wanted of the group any more. */
  leave(gid: string): Promise<void>
  close(): Promise<void>
}

export const usualPeerLimits: ListenerLimits = {
  ...{ maxLine: 262_144, helloMs: 3_000, silenceMs: 15_000, writeMs: 10_000 },
  ...{ greetMs: 3_000, strangers: 32 },
}

/** How long those who come late are told why a group is over. */
const lingerMs = 10_000

export function peerAgent(options: AgentOptions): PeerAgent {
  const groups = new Map<string, LiveGroup>()
  const lingering = new Map<string, NodeJS.Timeout>()
  const roomOf = (gid: string): Room | 'held' | 'none' => {
    const live = groups.get(gid)
    if (live !== undefined && isLead(live.group)) return roomIn(live.group)
    return options.isHeld(gid) ? 'held' : 'none'
  }
  const take = (link: PeerLink) => void (groups.get(link.gid)?.take(link) ?? link.close())
  const listener = peerListener({ ...options, roomOf, take })

  const live = async (group: DoorGroup) => {
    const { gid } = group.agreement
    const found = groups.get(gid) ?? liveGroup(group, { ...options, listener })
    groups.set(gid, found)
    await found.open()
    return found
  }
  const leave = async (gid: string) => {
    clearTimeout(lingering.get(gid))
    lingering.delete(gid)
    const found = groups.get(gid)
    groups.delete(gid)
    await found?.close()
  }
  const linger = (gid: string) => {
    clearTimeout(lingering.get(gid))
    lingering.set(gid, setTimeout(() => void leave(gid), lingerMs).unref())
  }
  return {
    check: async group => {
      const { gid } = group.agreement
      const found = await live(group).catch(() => undefined)
      const port = group.links[group.self]?.port
      const verdict =
        found === undefined ? reason('RESOURCE', { resource: 'ports:peer', port: port ?? 0 }) : await found.check()
      if (verdict !== 'go') linger(gid)
      return verdict
    },
    tell: (gid, why) => {
      groups.get(gid)?.tell(why)
      linger(gid)
    },
    live,
    leave,
    close: async () => {
      await Promise.all([...groups.keys()].map(leave))
    },
  }
}

const roomIn = ({ key, self, agreement }: DoorGroup): Room => ({
  ...{ key, self },
  isMember: name => name !== self && Object.hasOwn(agreement.members, name),
})
