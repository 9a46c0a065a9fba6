import { type Enclosure, type Leader, markName, nobody } from './enclosure.ts'
import { environmentOf, listProcesses, readProcess, signalProcess, userOf } from './proc.ts'

/**
 * A test on a host without control groups: the processes that have its mark in their environment, and those of its session
 * that have none. A process that both leaves the session and is started with another environment escapes; no tool of ours
 * does so.
 */
export function markedSession(rid: string, leader: Leader = nobody): Enclosure {
  let known = leader
  const members = () => membersOf(rid, known)
  return {
    get place() {
      return { kind: 'session', ...known } as const
    },
    async enter(pid) {
      const state = readProcess(pid)
      if (state !== undefined) known = { pid, startTicks: state.startTicks, user: userOf(pid) ?? nobody.user }
    },
    members,
    async kill() {
      for (const pid of await members()) signalProcess(pid, 'SIGKILL')
    },
    remove: async () => undefined,
  }
}

async function membersOf(rid: string, leader: Leader): Promise<readonly number[]> {
  const found: number[] = []
  for (const pid of await listProcesses()) {
    const state = readProcess(pid)
    if (state?.alive !== true) continue
    const mark = await environmentOf(pid, markName)
    if (mark === undefined ? isInSession(pid, leader) : mark === rid) found.push(pid)
  }
  return found
}

/** The number of a session is used again when all of it is gone: its user and its age tell it from a later one. */
function isInSession(pid: number, leader: Leader): boolean {
  const state = readProcess(pid)
  if (state === undefined || state.session !== leader.pid || state.startTicks < leader.startTicks) return false
  return userOf(pid) === leader.user
}
