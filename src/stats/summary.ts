import { fixed3, toSingle } from './c-format.ts'
import type { DatFile } from './dat-file.ts'
import type { Measured } from './figures.ts'
import { countDeadlineMisses, type MetricName, metrics, columnOf as valuesOf } from './metrics.ts'
import { type Moments, meanInOrder, momentsOf } from './moments.ts'
import { type PacketRange, recordsOf, type Survey, survey } from './packets.ts'
import { logsOf } from './records.ts'

export interface Summary {
  /** What `isochron report --summary` 0.9 prints for the file, byte for byte. */
  readonly text: string
  /** A packet that the sender's log does not hold: the reference stops there without a word, and so do we. */
  readonly stoppedAt: number | undefined
}

/** `measured` is of the whole file, when that has been done: it saves a second look at every packet. */
export function summaryOf(file: DatFile, range: PacketRange = {}, measured?: Measured): Summary {
  const { from, to } = recordsOf(file, range)
  const isWhole = from === 0 && to === file.header.packetCount
  // Behind a hole the reference has looked at none.
  const known = isWhole && measured?.packets.firstHole === undefined ? measured : undefined
  const packets = known?.packets ?? survey(file, from, to, true)
  const lines = packets.complete.length === 0 ? nothing : metricLines(file, packets, known?.figures)
  return { text: `${[...lossLines(file, packets), ...lines].join('\n')}\n`, stoppedAt: packets.firstHole }
}

const nothing = ['Could not calculate statistics, no packets were received']

/** The shares are of all records of the sender, also when a part of them was asked for. */
function lossLines(file: DatFile, { notStamped, notReceived }: Survey): string[] {
  const all = logsOf(file).sender.records
  const line = (what: string, count: number) =>
    count > 0 ? [`Packets not ${what}: ${count} (${shareOf(count, all)}%)`] : []
  return [...line('completely TX timestamped', notStamped), ...line('received', notReceived)]
}

/** In percent and in single precision, as the reference computes it. */
const shareOf = (count: number, all: number) =>
  fixed3(Math.fround(Math.fround(100 * Math.fround(count)) / Math.fround(all)))

function metricLines(file: DatFile, { complete }: Survey, known: Measured['figures'] | undefined): string[] {
  const { taprio, txtime, syncOmitted } = file.header.flags
  const scheduled = taprio || txtime
  const room = new Float64Array(complete.length)
  const columnOf = (name: MetricName) => valuesOf(file, metrics[name], complete, room)
  const moments = (name: MetricName): Moments => {
    const figure = known?.get(name)
    return figure?.kind === 'time' ? figure.moments : (momentsOf(columnOf(name)) as Moments) // not empty
  }
  // The reference adds these up while it walks, the metrics afterwards and backwards.
  const clockMean = (name: MetricName) => meanInOrder(columnOf(name))
  const line = (name: MetricName, m = moments(name)) =>
    `${metrics[name].label}: min ${m.min} max ${m.max} mean ${fixed3(m.mean)} stddev ${fixed3(m.stddev)}, ` +
    `min at seqid ${seqid(complete, m.minAt)}, max at seqid ${seqid(complete, m.maxAt)}`
  const pathDelay = moments('path-delay')
  const late = moments('late')
  const senderLatency = moments('sender-latency')
  const wakeupLatency = moments('wakeup-latency')
  const driverLatency = moments('driver-latency')
  return [
    ...(syncOmitted ? [] : clockLines(clockMean('sender-phc'), clockMean('receiver-phc'), clockMean('path-delay'))),
    'Summary:',
    line('path-delay', pathDelay),
    line('wakeup-to-hw-tx'),
    late.mean > 0 ? line('late', late) : line('early'),
    line(scheduled ? 'mac-latency' : 'latency-budget'),
    line('sender-latency', senderLatency),
    line('wakeup-latency', wakeupLatency),
    line('driver-latency', driverLatency),
    line('arrival-latency'),
    `Sending one packet takes on average ${shareOfCycle(file, senderLatency)}`,
    `Waking up takes on average ${shareOfCycle(file, wakeupLatency)}`,
    `Driver takes on average ${shareOfCycle(file, driverLatency, ' to send a packet')}`,
    ...(scheduled ? [] : [deadlineLine(file, complete)]),
  ]
}

const seqid = (records: Uint32Array, index: number) => (records[index] ?? 0) + 1

/** Clocks that differ by more than a second were never synchronised; compared in whole nanoseconds. */
function clockLines(senderPhc: number, receiverPhc: number, pathDelay: number): string[] {
  const line = (who: string, what: string, mean: number) =>
    Math.abs(Math.trunc(mean)) > 1e9
      ? [`${who} not synchronized (mean ${what} ${fixed3(mean)} ns larger than 1 second)`]
      : []
  return [
    ...line('Sender PHC', 'PHC to system time diff', senderPhc),
    ...line('Receiver PHC', 'PHC to system time diff', receiverPhc),
    ...line('Sender and receiver', 'path delay', pathDelay),
  ]
}

/** In percent: the mean in double precision, the extremes in single precision, as the reference computes them. */
function shareOfCycle(file: DatFile, { mean, min, max }: Moments, what = ''): string {
  const cycle = file.header.cycleTime
  const share = (value: bigint) => fixed3(Math.fround(Math.fround(100 * toSingle(value)) / toSingle(cycle)))
  return `${fixed3((100 * mean) / Number(cycle))}% of the cycle time${what} (min ${share(min)}% max ${share(max)}%)`
}

function deadlineLine(file: DatFile, complete: Uint32Array): string {
  const misses = countDeadlineMisses(file, complete)
  return `HW TX deadline misses: ${misses} (${shareOf(misses, complete.length)}%)`
}
