/**
 * What holds all processes of one test together, those that it started and forgot as well, so that they can be ended and
 * shown to be gone: a control group, or, on a host without them, a session and a mark in the environment.
 */
export interface Enclosure {
  readonly place: Place
  /** Takes in a process that has no children yet. */
  enter(pid: number): Promise<void>
  /** Live processes in it. */
  members(): Promise<readonly number[]>
  /** KILL to all of them. One that is being forked may escape where the kernel cannot do it at once: ask for members again. */
  kill(): Promise<void>
  /** Takes away what was made; only when there are no members. */
  remove(): Promise<void>
}

/** Where it is, as the journal keeps it. */
export type Place = { readonly kind: 'cgroup'; readonly folder: string } | ({ readonly kind: 'session' } & Leader)

/** Who leads the session of a test, under which user; 0 as pid when nobody knows. */
export interface Leader {
  readonly pid: number
  readonly startTicks: number
  readonly user: number
}

export const nobody: Leader = { pid: 0, startTicks: 0, user: -1 }

/** The only variable of a test's environment that is ours: the reservation's id. */
export const markName = 'LOCKSTEP_RESERVATION'

/** Ids become names of folders and of control groups. */
export const isId = (text: string): boolean => /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(text)

/** Several as one: after a crash, parts of a test may be here and there. */
export const unionOf = (first: Enclosure, second: Enclosure): Enclosure => ({
  place: first.place,
  enter: pid => first.enter(pid),
  members: async () => [...new Set([...(await first.members()), ...(await second.members())])],
  kill: async () => {
    await first.kill()
    await second.kill()
  },
  remove: async () => {
    await first.remove()
    await second.remove()
  },
})
