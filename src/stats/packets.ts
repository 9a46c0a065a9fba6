import { LockstepError } from '../errors/error.ts'
import type { DatFile } from './dat-file.ts'
import { isPresent, isStamped, logsOf } from './records.ts'

/** Packets by their sequence number, both ends inclusive, from 1. 0 is the first and the last one of the test. */
export interface PacketRange {
  readonly start?: number
  readonly stop?: number
}

/** What became of the packets of a range. */
export interface Survey {
  /** Records (sequence number minus 1) of the packets that were stamped and received, ascending. */
  readonly complete: Uint32Array
  /** Sent packets without all three transmit stamps. */
  readonly notStamped: number
  /** Sent packets that the receiver does not have; one that is also not stamped counts in both. */
  readonly notReceived: number
  readonly sent: number
  /** Packets neither in the sender's nor in the receiver's log: nobody knows whether they were sent. */
  readonly unknown: number
  /** The first packet of the range that the sender's log does not hold. */
  readonly firstHole: number | undefined
}

/** The range as record numbers, end exclusive. A range outside the sender's log is refused, as isochron does. */
export function recordsOf(file: DatFile, range: PacketRange): { from: number; to: number } {
  const { records } = logsOf(file).sender
  const start = range.start || 1
  const stop = range.stop || file.header.packetCount
  for (const bound of [start, stop]) {
    if (bound < 1 || bound > records)
      throw new LockstepError('DAT_RANGE', `packets go from 1 to ${records} in this log, got ${bound}`)
  }
  return { from: start - 1, to: Math.max(start - 1, stop) }
}

/** Looks at the records `from` to `to`; a hole in the sender's log ends the walk when `untilHole` is set. */
export function survey(file: DatFile, from: number, to: number, untilHole: boolean): Survey {
  const { sender, receiver } = logsOf(file)
  const complete = new Uint32Array(to - from)
  let found = 0
  let notStamped = 0
  let notReceived = 0
  let sent = 0
  let unknown = 0
  let firstHole: number | undefined
  for (let i = from; i < to; i++) {
    const received = isPresent(receiver, i)
    if (!isPresent(sender, i)) {
      firstHole ??= i + 1
      if (untilHole) break
      if (!received) unknown++
      continue
    }
    const stamped = isStamped(sender, i)
    sent++
    if (!stamped) notStamped++
    if (!received) notReceived++
    if (stamped && received) complete[found++] = i
  }
  return { complete: complete.subarray(0, found), notStamped, notReceived, sent, unknown, firstHole }
}
