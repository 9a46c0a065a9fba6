import type { DatFile } from './dat-file.ts'
import { isLater, isPresent, logsOf, timeFields } from './records.ts'

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
  const arrived = new Uint32Array(count)
  const [left, came] = [timeFields.txHardware.offset, timeFields.rxHardware.offset]
  let found = 0
  for (let i = 0; i < count; i++) {
    const isSent = isPresent(sender, i)
    const isReceived = isPresent(receiver, i)
    if (!isSent && !isReceived) return undefined
    if (isReceived) arrived[found++] = i
    const [sentAt, cameAt] = [i * sender.stride + left, i * receiver.stride + came]
    const isStamped = isSent && isReceived && isTime(sender.view, sentAt) && isTime(receiver.view, cameAt)
    delays[i] = !isReceived
      ? Number.POSITIVE_INFINITY
      : isStamped
        ? difference(receiver.view, cameAt, sender.view, sentAt)
        : Number.NaN
  }
  return { sent: count, delays, arrivals: inOrderOfArrival(file, arrived.subarray(0, found)) }
}

/** 0 stands for a stamp that is missing. */
const isTime = (view: DataView, at: number) => (view.getUint32(at) | view.getUint32(at + 4)) !== 0

/** As near as a double can be, which is exact up to 104 days. */
const difference = (view: DataView, at: number, minus: DataView, minusAt: number): number =>
  (view.getInt32(at) - minus.getInt32(minusAt)) * 2 ** 32 + (view.getUint32(at + 4) - minus.getUint32(minusAt + 4))

/** By the time on the wire; by that of the program where the wire has none. Equal times keep the order of the numbers. */
function inOrderOfArrival(file: DatFile, arrived: Uint32Array): Uint32Array {
  const { view, stride } = logsOf(file).receiver
  const { rxHardware, arrival } = timeFields
  const { offset } = haveTimes(view, stride, rxHardware.offset, arrived) ? rxHardware : arrival
  // Nearly always they are in order already, and sorting a million times is slow.
  if (areInOrder(view, stride, offset, arrived)) return arrived
  const isAfter = (i: number, than: number) => isLater(view, i * stride + offset, than * stride + offset)
  return arrived.toSorted((a, b) => (isAfter(b, a) ? -1 : isAfter(a, b) ? 1 : a - b))
}

function haveTimes(view: DataView, stride: number, offset: number, packets: Uint32Array): boolean {
  for (const i of packets) if (!isTime(view, i * stride + offset)) return false
  return true
}

function areInOrder(view: DataView, stride: number, offset: number, packets: Uint32Array): boolean {
  let before = packets[0] ?? 0
  for (const i of packets) {
    if (isLater(view, before * stride + offset, i * stride + offset)) return false
    before = i
  }
  return true
}
