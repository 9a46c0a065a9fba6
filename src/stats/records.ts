import { type DatFile, recordSize } from './dat-file.ts'

/**
 * The time fields of the two logs and where they lie in a record: signed ns. `scheduled`, `wakeup` and `arrival` are
 * CLOCK_TAI of the host, `txHardware` and `rxHardware` its PHC; the others are kernel stamps plus the UTC offset.
 */
export const timeFields = {
  scheduled: { end: 'sender', offset: 8 },
  wakeup: { end: 'sender', offset: 16 },
  /** 0: no stamp, as for the two below. */
  txHardware: { end: 'sender', offset: 24 },
  txSoftware: { end: 'sender', offset: 32 },
  txSched: { end: 'sender', offset: 40 },
  arrival: { end: 'receiver', offset: 8 },
  rxHardware: { end: 'receiver', offset: 16 },
  rxSoftware: { end: 'receiver', offset: 24 },
} as const
export type TimeField = keyof typeof timeFields

/** The two logs as columns: `view` and how far apart its records are. */
export interface Log {
  readonly view: DataView
  readonly stride: number
  readonly records: number
}
export type Logs = Readonly<Record<'sender' | 'receiver', Log>>

export const logsOf = ({ sender, receiver }: DatFile): Logs => ({
  sender: logOf(sender, recordSize.sender),
  receiver: logOf(receiver, recordSize.receiver),
})

const logOf = (bytes: Uint8Array, stride: number): Log => ({
  view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  stride,
  records: Math.floor(bytes.byteLength / stride),
})

/** Whether record `index` holds the packet it stands for; a hole (not sent, not received) holds sequence number 0. */
export const isPresent = ({ view, stride, records }: Log, index: number): boolean =>
  index < records && view.getUint32(index * stride) === index + 1

/** Whether the kernel gave all three transmit stamps of record `index` of a sender's log. */
export function isStamped({ view, stride }: Log, index: number): boolean {
  const record = index * stride
  return (
    (view.getUint32(record + 24) | view.getUint32(record + 28)) !== 0 &&
    (view.getUint32(record + 32) | view.getUint32(record + 36)) !== 0 &&
    (view.getUint32(record + 40) | view.getUint32(record + 44)) !== 0
  )
}

/** Whether the time at one place of a log is later than that at another. */
export function isLater(view: DataView, at: number, than: number): boolean {
  const high = view.getInt32(at) - view.getInt32(than)
  return high > 0 || (high === 0 && view.getUint32(at + 4) > view.getUint32(than + 4))
}
