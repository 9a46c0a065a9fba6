import type { DatFile } from './dat-file.ts'
import { isPresent, logsOf, timeFields } from './records.ts'

/** What two ends saw of a numbered stream of packets: all that the metrics of the IETF need. */
export interface PacketTrace {
  /** Packets that were sent, all of them known. */
  readonly sent: number
  /** One-way delay of each, ns: Infinity of a lost one (RFC 7679 calls it undefined), NaN where a time stamp is missing. */
  readonly delays: Float64Array
  /** Numbers of the packets that arrived, from 0, in the order of their arrival; duplicates again. */
  readonly arrivals: Uint32Array
}

/**
 * The trace of an isochron packet log: from wire to wire, by hardware time stamps. A duplicate leaves no trace in it, since
 * a receiver keeps one record for each number. Undefined while the fate of any packet is unknown.
 */
export function traceOf(file: DatFile): PacketTrace | undefined {
  const { sender, receiver } = logsOf(file)
  const count = file.header.packetCount
  const delays = new Float64Array(count)
  const arrived: number[] = []
  for (let i = 0; i < count; i++) {
    const isSent = isPresent(sender, i)
    const isReceived = isPresent(receiver, i)
    if (!isSent && !isReceived) return undefined
    if (isReceived) arrived.push(i)
    const left = isSent ? sender.view.getBigInt64(i * sender.stride + timeFields.txHardware.offset) : 0n
    const came = isReceived ? receiver.view.getBigInt64(i * receiver.stride + timeFields.rxHardware.offset) : 0n
    const isStamped = left !== 0n && came !== 0n
    delays[i] = !isReceived ? Number.POSITIVE_INFINITY : isStamped ? Number(came - left) : Number.NaN
  }
  return { sent: count, delays, arrivals: inOrderOfArrival(file, arrived) }
}

/** By the time on the wire; by that of the program where the wire has none. Equal times keep the order of the numbers. */
function inOrderOfArrival(file: DatFile, arrived: readonly number[]): Uint32Array {
  const { view, stride } = logsOf(file).receiver
  const timeOf = (offset: number) => (i: number) => view.getBigInt64(i * stride + offset)
  const onWire = timeOf(timeFields.rxHardware.offset)
  const time = arrived.every(i => onWire(i) !== 0n) ? onWire : timeOf(timeFields.arrival.offset)
  // Nearly always they are in order already, and sorting a million bigints is slow.
  const isInOrder = arrived.every((i, k) => k === 0 || time(arrived[k - 1] as number) <= time(i)) // k - 1 is in bounds
  if (isInOrder) return Uint32Array.from(arrived)
  return Uint32Array.from(arrived.toSorted((a, b) => (time(a) < time(b) ? -1 : time(a) > time(b) ? 1 : a - b)))
}
