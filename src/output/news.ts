import type { HostRound } from '../runner/events.ts'
import { badHosts } from './wording.ts'

/** The round that was last spoken of. */
export interface Said {
  readonly atMs: number
  /** The names of the hosts that were not good. */
  readonly bad: string
}

/** Rounds come ten a second: lines are at least this far apart. */
const restMs = 2_000
/** A set of bad hosts that stays as it is is mentioned again after this long, so that a log shows life. */
const reminderMs = 30_000

export const badNames = (hosts: readonly HostRound[]) =>
  badHosts(hosts)
    .map(({ reading }) => reading.host)
    .sort()
    .join(' ')

/** Whether a round is worth a line: the first one, a changed set of bad hosts, a reminder. */
export function isNews(said: Said | undefined, bad: string, atMs: number): boolean {
  if (said === undefined) return true
  const restedMs = atMs - said.atMs
  return bad === said.bad ? bad !== '' && restedMs >= reminderMs : restedMs >= restMs
}
