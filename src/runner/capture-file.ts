import { open } from 'node:fs/promises'

/** What a file of tcpdump holds. */
export interface CaptureContent {
  /** Whole packets: one that was cut off is taken out. */
  readonly packets: number
  /** Octets that came, before that. */
  readonly size: number
  /** Those that are left. */
  readonly octets: number
  readonly precision: 'ns' | 'us' | undefined
}

const headerSize = 24
const recordSize = 16
const atOnce = 1 << 20

/** First four octets of a file of little-endian and of big-endian hosts: draft-ietf-opsawg-pcap, section 4. */
const magics: Readonly<Record<string, { readonly precision: 'ns' | 'us'; readonly littleEndian: boolean }>> = {
  '4d3cb2a1': { precision: 'ns', littleEndian: true },
  d4c3b2a1: { precision: 'us', littleEndian: true },
  a1b23c4d: { precision: 'ns', littleEndian: false },
  a1b2c3d4: { precision: 'us', littleEndian: false },
}

/** Counts the packets of a file, and cuts off one that is not whole: other programs would complain of it. */
export async function settleCapture(path: string): Promise<CaptureContent> {
  const file = await open(path, 'r+')
  try {
    const { size } = await file.stat()
    const read = async (buffer: Buffer, at: number) => (await file.read(buffer, 0, buffer.length, at)).bytesRead
    const { packets, end, precision } = await countPackets(size, read)
    if (end < size) await file.truncate(end)
    return { packets, size, octets: end, precision }
  } finally {
    await file.close()
  }
}

type Read = (buffer: Buffer, at: number) => Promise<number>

/** `end`: behind the last whole packet. */
async function countPackets(size: number, read: Read) {
  const head = Buffer.alloc(headerSize)
  const kind = (await read(head, 0)) < headerSize ? undefined : magics[head.toString('hex', 0, 4)]
  if (kind === undefined) return { packets: 0, end: size, precision: undefined }
  const buffer = Buffer.alloc(atOnce)
  let [packets, end, from, filled] = [0, headerSize, 0, 0]
  while (end + recordSize <= size) {
    if (end < from || end + recordSize > from + filled) {
      from = end
      filled = await read(buffer, from)
    }
    const at = end - from + 8 // behind seconds and their fraction: the octets that were kept
    const length = kind.littleEndian ? buffer.readUInt32LE(at) : buffer.readUInt32BE(at)
    if (end + recordSize + length > size) break
    packets += 1
    end += recordSize + length
  }
  return { packets, end, precision: kind.precision }
}
