import { readClockLine } from '../sync/log-lines.ts'
import type { SyncReading } from '../sync/reading.ts'
import type { Requirement } from '../sync/requirement.ts'
import { type Nanoseconds, ns } from '../units/quantity.ts'
import type { HostClock } from './ends.ts'
import type { HostSession } from './host-session.ts'

/** ptp4l speaks once a second; the rest is for a busy host. */
const freshMs = 3_000

export type ServoReading = Pick<SyncReading, 'frequency' | 'frequencyChange' | 'pathDelay' | 'pathDelayChange'>

/** Follows the lines of our own ptp4l: what it says now of frequency and path delay, and how both differ from its line before. */
export function hearServo(session: HostSession): () => ServoReading {
  let last: Told | undefined
  let before: Told | undefined
  session.onLine((process, text) => {
    const line = process === 'ptp4l' ? readClockLine(text) : undefined
    // Out of step it begins anew: what it said before is no measure for what it says afterwards.
    if (line?.kind === 'port state') last = before = undefined
    if (line?.kind !== 'offset' || line.frequency === undefined || line.pathDelay === undefined) return
    before = last
    last = { frequency: line.frequency, pathDelay: line.pathDelay, atMs: performance.now() }
  })
  return () => {
    if (last === undefined || performance.now() - last.atMs > freshMs) return {}
    const { frequency, pathDelay } = last
    if (before === undefined) return { frequency, pathDelay }
    const changes = {
      frequencyChange: frequency - before.frequency,
      pathDelayChange: ns(pathDelay - before.pathDelay),
    }
    return { frequency, pathDelay, ...changes }
  }
}

interface Told {
  readonly frequency: number
  readonly pathDelay: Nanoseconds
  readonly atMs: number
}

/** A clock whose readings have what was heard of its servo too. */
export const withServo = (clock: HostClock, heard: () => ServoReading): HostClock => ({
  ...clock,
  read: async requires => {
    const reading = await clock.read(requires)
    return requires.some(tellsServo) ? { ...reading, ...heard() } : reading
  },
})

const tellsServo = (requirement: Requirement) => requirement === 'frequency' || requirement === 'path-delay'
