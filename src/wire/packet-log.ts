import { LockstepError } from '../errors/error.ts'
import { type TaiInstant, tai } from '../units/quantity.ts'
import type { Field } from './fields.ts'

/** The only version of the log that isochron 0.6 to 0.9 writes. */
const logVersion = 4
const headerSize = 8

/** The payload of LOG: u32 version, u32 length of the records, the records. Its value is the records' own bytes. */
export const logPayload: Field<Buffer> = {
  size: undefined,
  read: bytes => {
    if (bytes.length < headerSize)
      throw new LockstepError('WIRE_PAYLOAD', `log is at least ${headerSize} bytes on the wire, got ${bytes.length}`)
    const [version, length] = [bytes.readUInt32BE(0), bytes.readUInt32BE(4)]
    if (version !== logVersion)
      throw new LockstepError('WIRE_PAYLOAD', `expected log version ${logVersion}, got ${version}`)
    if (length !== bytes.length - headerSize)
      throw new LockstepError('WIRE_PAYLOAD', `log says ${length} bytes of records, got ${bytes.length - headerSize}`)
    return bytes.subarray(headerSize)
  },
  write: records => {
    const header = Buffer.alloc(headerSize)
    header.writeUInt32BE(logVersion, 0)
    header.writeUInt32BE(records.length, 4)
    return Buffer.concat([header, records])
  },
}

export interface SenderRecord {
  /** From 1. */
  readonly seqid: number
  /** When the frame should be on the wire. */
  readonly scheduled: TaiInstant
  /** CLOCK_TAI right after the timer fired. */
  readonly wakeup: TaiInstant
  /** PHC; 0 = none. */
  readonly hardware: TaiInstant
  /** From the driver, moved to TAI by the UTC offset of the daemon; 0 = none. */
  readonly software: TaiInstant
  /** Before the qdisc, moved to TAI likewise; 0 = none. */
  readonly queued: TaiInstant
}

export interface ReceiverRecord {
  readonly seqid: number
  /** CLOCK_TAI when the program ran. */
  readonly arrival: TaiInstant
  /** PHC; 0 = none. */
  readonly hardware: TaiInstant
  /** Moved to TAI by the UTC offset of the receiver, so "none" is that offset and not 0. */
  readonly software: TaiInstant
}

interface RecordTypes {
  readonly sender: SenderRecord
  readonly receiver: ReceiverRecord
}
export type LogEnd = keyof RecordTypes

/** Octets of one record. */
export const recordSizes = { sender: 48, receiver: 32 } as const satisfies Record<LogEnd, number>

/** The packets that one end saw: an array indexed by seqid - 1, with holes. */
export interface PacketLog<End extends LogEnd> {
  readonly end: End
  /** The records as they came, what a .dat file holds. */
  readonly bytes: Buffer
  /** Places for records, holes included. */
  readonly size: number
  /** The record of a seqid; undefined where nothing was recorded. */
  at(seqid: number): RecordTypes[End] | undefined
  /** How many places hold a record. */
  recorded(): number
}

/** A log out of the value of LOG; refuses bytes that are not whole records. */
export function packetLog<End extends LogEnd>(end: End, bytes: Buffer): PacketLog<End> {
  const recordSize = recordSizes[end]
  if (bytes.length % recordSize !== 0)
    throw new LockstepError('WIRE_LOG', `expected whole records of ${recordSize} bytes, got ${bytes.length} bytes`)
  const size = bytes.length / recordSize
  const seqidAt = (index: number) => bytes.readUInt32BE(index * recordSize)
  return {
    end,
    bytes,
    size,
    at: seqid => {
      if (!Number.isInteger(seqid) || seqid < 1 || seqid > size || seqidAt(seqid - 1) === 0) return undefined
      return readers[end](bytes, (seqid - 1) * recordSize)
    },
    recorded: () => {
      let count = 0
      for (let index = 0; index < size; index++) if (seqidAt(index) !== 0) count++
      return count
    },
  }
}

/**
 * Two readings of one log as one: reading drains, so each holds a part. Where both hold a record the later one counts,
 * as it does inside isochron. An empty log adds nothing; logs of different packet counts are refused.
 */
export function mergeLogs<End extends LogEnd>(earlier: PacketLog<End>, later: PacketLog<End>): PacketLog<End> {
  if (earlier.size === 0) return later
  if (later.size === 0) return earlier
  if (earlier.size !== later.size)
    throw new LockstepError('WIRE_LOG', `expected a log of ${earlier.size} records to merge with, got ${later.size}`)
  const recordSize = recordSizes[earlier.end]
  const bytes = Buffer.from(earlier.bytes)
  for (let at = 0; at < bytes.length; at += recordSize)
    if (later.bytes.readUInt32BE(at) !== 0) later.bytes.copy(bytes, at, at, at + recordSize)
  return packetLog(earlier.end, bytes)
}

const readers: { readonly [End in LogEnd]: (bytes: Buffer, at: number) => RecordTypes[End] } = {
  sender: (bytes, at) => ({
    seqid: bytes.readUInt32BE(at),
    scheduled: instant(bytes, at + 8),
    wakeup: instant(bytes, at + 16),
    hardware: instant(bytes, at + 24),
    software: instant(bytes, at + 32),
    queued: instant(bytes, at + 40),
  }),
  receiver: (bytes, at) => ({
    seqid: bytes.readUInt32BE(at),
    arrival: instant(bytes, at + 8),
    hardware: instant(bytes, at + 16),
    software: instant(bytes, at + 24),
  }),
}

const instant = (bytes: Buffer, at: number) => tai(bytes.readBigInt64BE(at))
