import { LockstepError } from '../errors/error.ts'
import { type Nanoseconds, ns, type TaiInstant, tai } from '../units/quantity.ts'

// The packet log of isochron 0.9 (log version 4), big endian: a header of 96 bytes, then the sender's records,
// then the receiver's. Record i (from 0) of either log belongs to seqid i + 1.

/** Bytes of one record of the sender's and of the receiver's log. */
export const recordSize = { sender: 48, receiver: 32 } as const
/** A log's size is a u32: no more packets fit. */
export const maxPackets = Math.floor(0xffff_ffff / recordSize.sender)

export interface DatFile {
  readonly header: DatHeader
  /** Raw records of 48 bytes. */
  readonly sender: Uint8Array
  /** Raw records of 32 bytes. */
  readonly receiver: Uint8Array
}

export interface DatHeader {
  /** Packets of the test; also the last one that a report looks at. */
  readonly packetCount: number
  /** Octets. */
  readonly frameSize: number
  readonly flags: DatFlags
  /** As the user gave it, not the operational one. */
  readonly baseTime: TaiInstant
  /** The derived value (cycle minus window) when the user gave none. */
  readonly advanceTime: Nanoseconds
  readonly shiftTime: Nanoseconds
  readonly cycleTime: Nanoseconds
  readonly windowSize: Nanoseconds
}

const flagBits = { syncOmitted: 1, txTimestamps: 2, taprio: 4, txtime: 8, deadline: 16 } as const
export type DatFlag = keyof typeof flagBits
export type DatFlags = Readonly<Record<DatFlag, boolean>>

const magic = Buffer.from('ISOCHRON')
const logVersion = 4
const headerSize = 96
const at = {
  version: 8,
  packetCount: 12,
  frameSize: 16,
  flags: 18,
  baseTime: 24,
  advanceTime: 32,
  shiftTime: 40,
  cycleTime: 48,
  windowSize: 56,
  senderStart: 64,
  receiverStart: 72,
  senderSize: 80,
  receiverSize: 84,
} as const

/** Reads a packet log; its two logs are views of `bytes`. `name` is for messages. */
export function decodeDat(bytes: Uint8Array, name: string): DatFile {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (!file.subarray(0, magic.length).equals(magic))
    throw new LockstepError('DAT_MAGIC', `${name} does not begin with ${magic}, so it is no packet log`)
  if (file.length < headerSize)
    throw new LockstepError('DAT_TRUNCATED', `the header of ${name} is ${headerSize} bytes, got ${file.length}`)
  const version = file.readUInt32BE(at.version)
  if (version !== logVersion)
    throw new LockstepError('DAT_VERSION', `${name} has log version ${version}, known is ${logVersion}`)
  return { header: headerOf(file), sender: logOf(file, name, 'sender'), receiver: logOf(file, name, 'receiver') }
}

/** The bytes of a packet log that `isochron report` reads: `filledUp` and behind one another. */
export const encodeDat = (file: DatFile): Buffer => Buffer.concat(datParts(file))

/** The same as pieces that follow one another: a large log is written without a copy of it. */
export function datParts(file: DatFile): readonly Uint8Array[] {
  const { header, sender, receiver } = filledUp(file)
  const head = Buffer.alloc(headerSize)
  writeHeader(head, header, sender.byteLength, receiver.byteLength)
  return [head, sender, receiver]
}

/**
 * `isochron report` aborts on an empty log, reads past the end of a short one and prints nothing when the sender's is short: both
 * logs are filled up with zeros to `packetCount` records, which it takes for packets not sent and not received.
 */
export function filledUp({ header, sender, receiver }: DatFile): DatFile {
  const { packetCount } = header
  if (!Number.isInteger(packetCount) || packetCount < 1)
    throw new LockstepError('DAT_EMPTY', `a packet log holds at least one packet, got ${packetCount}`)
  if (packetCount > maxPackets)
    throw new LockstepError('DAT_LAYOUT', `a packet log holds at most ${maxPackets} packets, got ${packetCount}`)
  const filled = (end: 'sender' | 'receiver', log: Uint8Array) => {
    const size = sizeOnDisk(end, log, packetCount)
    return log.byteLength === size ? log : Buffer.concat([log], size)
  }
  return { header, sender: filled('sender', sender), receiver: filled('receiver', receiver) }
}

function headerOf(file: Buffer): DatHeader {
  const flags = file.readUInt16BE(at.flags)
  const isSet = (flag: DatFlag) => (flags & flagBits[flag]) !== 0
  return {
    packetCount: file.readUInt32BE(at.packetCount),
    frameSize: file.readUInt16BE(at.frameSize),
    flags: {
      syncOmitted: isSet('syncOmitted'),
      txTimestamps: isSet('txTimestamps'),
      taprio: isSet('taprio'),
      txtime: isSet('txtime'),
      deadline: isSet('deadline'),
    },
    baseTime: tai(file.readBigInt64BE(at.baseTime)),
    advanceTime: ns(file.readBigInt64BE(at.advanceTime)),
    shiftTime: ns(file.readBigInt64BE(at.shiftTime)),
    cycleTime: ns(file.readBigInt64BE(at.cycleTime)),
    windowSize: ns(file.readBigInt64BE(at.windowSize)),
  }
}

function logOf(file: Buffer, name: string, end: 'sender' | 'receiver'): Uint8Array {
  const start = file.readBigUInt64BE(end === 'sender' ? at.senderStart : at.receiverStart)
  const size = file.readUInt32BE(end === 'sender' ? at.senderSize : at.receiverSize)
  if (start + BigInt(size) > file.length) {
    const message = `the ${end} log of ${name} ends at byte ${start + BigInt(size)}, the file at ${file.length}`
    throw new LockstepError('DAT_TRUNCATED', message)
  }
  if (start < headerSize)
    throw new LockstepError('DAT_LAYOUT', `the ${end} log of ${name} begins at byte ${start}, inside the header`)
  checkRecords(end, size, `the ${end} log of ${name}`)
  if (size === 0) throw new LockstepError('DAT_EMPTY', `the ${end} log of ${name} has no record`)
  return file.subarray(Number(start), Number(start) + size)
}

function checkRecords(end: 'sender' | 'receiver', size: number, what: string): void {
  if (size % recordSize[end] !== 0)
    throw new LockstepError('DAT_LAYOUT', `${what} has records of ${recordSize[end]} bytes, got ${size} bytes`)
}

function sizeOnDisk(end: 'sender' | 'receiver', log: Uint8Array, packetCount: number): number {
  checkRecords(end, log.byteLength, `a ${end} log`)
  const size = Math.max(log.byteLength, packetCount * recordSize[end])
  if (size > 0xffff_ffff) throw new LockstepError('DAT_LAYOUT', `a ${end} log is below 4 GiB, got ${size} bytes`)
  return size
}

function writeHeader(file: Buffer, header: DatHeader, senderSize: number, receiverSize: number): void {
  const flags = (Object.keys(flagBits) as DatFlag[]).filter(flag => header.flags[flag])
  file.set(magic)
  file.writeUInt32BE(logVersion, at.version)
  file.writeUInt32BE(header.packetCount, at.packetCount)
  file.writeUInt16BE(header.frameSize, at.frameSize)
  file.writeUInt16BE(
    flags.reduce((bits, flag) => bits | flagBits[flag], 0),
    at.flags,
  )
  for (const time of ['baseTime', 'advanceTime', 'shiftTime', 'cycleTime', 'windowSize'] as const)
    file.writeBigInt64BE(header[time], at[time])
  file.writeBigUInt64BE(BigInt(headerSize), at.senderStart)
  file.writeBigUInt64BE(BigInt(headerSize + senderSize), at.receiverStart)
  file.writeUInt32BE(senderSize, at.senderSize)
  file.writeUInt32BE(receiverSize, at.receiverSize)
}
