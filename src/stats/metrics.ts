import type { DatFile } from './dat-file.ts'
import { logsOf, type TimeField, timeFields } from './records.ts'

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

/** The values of a metric for the records `of`, in their order. Wraps at 64 bits, as the reference does. */
export function columnOf(file: DatFile, metric: Metric, records: Uint32Array): BigInt64Array {
  const logs = logsOf(file)
  const [of, minus] = [timeFields[metric.of], timeFields[metric.minus]]
  const [ofLog, minusLog] = [logs[of.end], logs[minus.end]]
  const plus: bigint = metric.planned ? file.header.advanceTime : 0n
  const values = new BigInt64Array(records.length)
  for (let k = 0; k < records.length; k++) {
    const i = records[k] as number // k is in bounds
    const value = ofLog.view.getBigInt64(i * ofLog.stride + of.offset)
    values[k] = BigInt.asIntN(64, value - minusLog.view.getBigInt64(i * minusLog.stride + minus.offset) + plus)
  }
  return values
}

/** How many of the records were on the wire after their scheduled time. */
export function countDeadlineMisses(file: DatFile, records: Uint32Array): number {
  const { view, stride } = logsOf(file).sender
  const { scheduled, txHardware } = timeFields
  let misses = 0
  for (const i of records)
    if (view.getBigInt64(i * stride + txHardware.offset) > view.getBigInt64(i * stride + scheduled.offset)) misses++
  return misses
}
