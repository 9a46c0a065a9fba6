import type { Micros, Moment, Ticks } from '../units/micros.ts'
import type { Claim, Use } from './claims.ts'
import type { Reason } from './reasons.ts'
import { isFinal, type State } from './states.ts'
import type { Margins, Window } from './window.ts'

/** One reservation in the book of one endpoint. Values only: it is what the journal holds. */
export interface Entry {
  /** Of this endpoint; `gid` is that of the group, which has one entry on each of its members. */
  readonly rid: string
  readonly gid: string
  readonly state: State
  readonly identity: string
  /** The class that the identity was given when it was booked. */
  readonly class: string
  readonly kind: string
  /** A reservation without a process, in which its owner books tests. */
  readonly block: boolean
  /** The rid of the block that it is booked in. */
  readonly within: string | undefined
  readonly start: Moment
  readonly duration: Micros
  readonly margins: Margins
  /** What it takes: from the margins at first; shorter after an early end, longer while it overstays. */
  readonly window: Window
  readonly claims: readonly Claim[]
  readonly uses: readonly Use[]
  /** The ports given to it, by range. */
  readonly ports: Readonly<Record<string, readonly number[]>>
  /** When it lapses unless it is confirmed; only while it is held. */
  readonly lapsesAt: Ticks | undefined
  /** The group's arm deadline, and what the group agreed on, since it was confirmed. */
  readonly armBy: Moment | undefined
  readonly digest: string | undefined
  readonly onDisconnect: 'cancel' | 'continue'
  /** Has been armed: it counts in the quotas of runs and busy time. */
  readonly ran: boolean
  /** Its process was told to end: for its owner, and then it is cancelled when the process is gone; or because its time is over. */
  readonly ending: 'cancel' | 'overrun' | undefined
  /** Alive past the end of its window. */
  readonly overstays: boolean
  /** Why it is aborted, missed or failed. */
  readonly reason: Reason | undefined
  /** The ids of the requests that were granted: asked again they change nothing. */
  readonly requests: readonly string[]
  /** The daemon's epoch when it was made. */
  readonly epoch: number
  /** The door's own: peers, group key, parameters, pid. JSON. */
  readonly details: unknown
}

export const isLive = ({ state }: Entry): boolean => !isFinal(state)

/** Whether quotas still need it. */
export const counts = (entry: Entry): boolean => isLive(entry) || entry.ran
