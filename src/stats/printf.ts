import { LockstepError } from '../errors/error.ts'
import type { DatFile } from './dat-file.ts'
import { type Piece, parsePacketFormat, print, type Variable } from './packet-format.ts'
import { type PacketRange, recordsOf } from './packets.ts'
import { isPresent, type Logs, logsOf, timeFields } from './records.ts'

/** isochron's buffer holds no more of one packet. */
const maxBytesPerPacket = 4094
/** The longest number that a code prints. */
const maxDigits = 21
const chunkLength = 65_536

/**
 * What `isochron report --printf-format FORMAT --printf-args ARGS` 0.9 prints, in chunks: one text per packet, also for
 * packets not stamped or not received (the receiver's times are 0). No newline is added. Ends at a packet that the
 * sender's log does not hold.
 */
export function* printPackets(file: DatFile, format: string, args: string, range: PacketRange = {}): Generator<string> {
  const pieces = parsePacketFormat(format, args)
  const { from, to } = recordsOf(file, range)
  const logs = logsOf(file)
  const line = lineOf(pieces, file, logs)
  let chunk = ''
  try {
    for (let i = from; i < to && isPresent(logs.sender, i); i++) {
      chunk += line(i)
      if (chunk.length < chunkLength) continue
      yield chunk
      chunk = ''
    }
  } finally {
    // Also when a packet is refused: those before it are printed.
    if (chunk !== '') yield chunk
  }
}

function lineOf(pieces: readonly Piece[], file: DatFile, logs: Logs): (index: number) => string {
  const parts = pieces.map(piece => {
    if (typeof piece === 'string') return () => piece
    const value = readerOf(piece.variable, file, logs)
    return (index: number) => print(piece.code, value(index))
  })
  const fits = pieces.reduce(
    (sum, piece) => sum + (typeof piece === 'string' ? Buffer.byteLength(piece) : maxDigits),
    0,
  )
  return index => {
    const text = parts.map(part => part(index)).join('')
    if (fits <= maxBytesPerPacket || Buffer.byteLength(text) <= maxBytesPerPacket) return text
    const message = `one packet prints at most ${maxBytesPerPacket} bytes, packet ${index + 1} takes more`
    throw new LockstepError('USAGE_VALUE', message, { hint: 'shorten the format' })
  }
}

function readerOf(variable: Variable, { header }: DatFile, logs: Logs): (index: number) => bigint {
  if (variable.kind === 'seqid') return index => BigInt(index + 1)
  if (variable.kind === 'header') return () => header[variable.key]
  const { end, offset } = timeFields[variable.field]
  const { view, stride } = logs[end]
  return index => (isPresent(logs[end], index) ? view.getBigInt64(index * stride + offset) : 0n)
}
