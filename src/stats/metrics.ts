import type { DatFile } from './dat-file.ts'
import { isLater, logsOf, type TimeField, timeFields } from './records.ts'

/** A metric of a packet: one of its times minus another, ns. `planned` adds the advance time to the difference. */
export interface Metric {
  readonly label: string
  readonly of: TimeField
  readonly minus: TimeField
  readonly planned?: true
}

/** The metrics of `isochron report`, by the name of our figure; labels are those of its output. */
export const metrics = {
  'path-delay': { label: 'Path delay', of: 'rxHardware', minus: 'txHardware' },
  'wakeup-to-hw-tx': { label: 'Wakeup to HW TX timestamp', of: 'txHardware', minus: 'wakeup' },
  late: {
    label: 'Packets arrived later than scheduled. TX time to HW RX timestamp',
    of: 'rxHardware',
    minus: 'scheduled',
  },
  early: {
    label: 'Packets arrived earlier than scheduled. HW RX timestamp to TX time',
    of: 'scheduled',
    minus: 'rxHardware',
  },
  'mac-latency': { label: 'MAC latency', of: 'txHardware', minus: 'scheduled' },
  'latency-budget': { label: 'Application latency budget', of: 'scheduled', minus: 'txHardware' },
  'sender-latency': { label: 'Sender latency', of: 'txSoftware', minus: 'wakeup' },
  // The sender should wake up at the scheduled time minus the advance time.
  'wakeup-latency': { label: 'Wakeup latency', of: 'wakeup', minus: 'scheduled', planned: true },
  'driver-latency': { label: 'Driver latency', of: 'txSoftware', minus: 'txSched' },
  'arrival-latency': { label: 'Arrival latency', of: 'arrival', minus: 'rxHardware' },
  /** PHC minus system clock of the sender and of the receiver, with the stack's latency on top. */
  'sender-phc': { label: 'Sender PHC', of: 'txHardware', minus: 'txSoftware' },
  'receiver-phc': { label: 'Receiver PHC', of: 'rxHardware', minus: 'rxSoftware' },
} as const satisfies Record<string, Metric>
export type MetricName = keyof typeof metrics

/** Whole ns. Doubles where every value is exact in one: they are ten times as fast. */
export type Column = Float64Array | BigInt64Array

/** Half of what a double counts exactly: the sum of two of them still is. */
const exact = 2 ** 52

/**
 * The values of a metric for the records `of`, in their order. Wraps at 64 bits, as the reference does. They stand in `room`, of as
 * many places as there are records, unless they are too large for it.
 */
export const columnOf = (
  file: DatFile,
  metric: Metric,
  records: Uint32Array,
  room: Float64Array = new Float64Array(records.length),
): Column => nearColumn(file, metric, records, room) ?? wideColumn(file, metric, records)

/** Undefined when a value is too large: times of clocks that were never set are decades apart. */
function nearColumn(
  file: DatFile,
  metric: Metric,
  records: Uint32Array,
  values: Float64Array,
): Float64Array | undefined {
  const { of, minus, plus } = fieldsOf(file, metric)
  const added = Number(plus)
  if (Math.abs(added) > exact) return undefined
  const { view, stride, offset } = of
  const { view: from, stride: step, offset: place } = minus
  for (let k = 0; k < records.length; k++) {
    const i = records[k] as number // k is in bounds
    const a = i * stride + offset
    const b = i * step + place
    const high = view.getInt32(a) - from.getInt32(b)
    const difference = high * 2 ** 32 + (view.getUint32(a + 4) - from.getUint32(b + 4))
    if (difference > exact || difference < -exact) return undefined
    values[k] = difference + added
  }
  return values
}

function wideColumn(file: DatFile, metric: Metric, records: Uint32Array): BigInt64Array {
  const { of, minus, plus } = fieldsOf(file, metric)
  const values = new BigInt64Array(records.length)
  for (let k = 0; k < records.length; k++) {
    const i = records[k] as number // k is in bounds
    const value = of.view.getBigInt64(i * of.stride + of.offset)
    values[k] = BigInt.asIntN(64, value - minus.view.getBigInt64(i * minus.stride + minus.offset) + plus)
  }
  return values
}

function fieldsOf(file: DatFile, { of, minus, planned }: Metric) {
  const logs = logsOf(file)
  const place = (field: TimeField) => ({ ...logs[timeFields[field].end], offset: timeFields[field].offset })
  const plus: bigint = planned ? file.header.advanceTime : 0n
  return { of: place(of), minus: place(minus), plus }
}

/** How many of the records were on the wire after their scheduled time. */
export function countDeadlineMisses(file: DatFile, records: Uint32Array): number {
  const { view, stride } = logsOf(file).sender
  const { scheduled, txHardware } = timeFields
  let misses = 0
  for (const i of records) {
    const record = i * stride
    if (isLater(view, record + txHardware.offset, record + scheduled.offset)) misses++
  }
  return misses
}
