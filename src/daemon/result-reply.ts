import { type Reason, reason } from '../book/reasons.ts'
import { LockstepError } from '../errors/error.ts'
import type { Results } from './results.ts'

/** Octets of a piece: with base64 around them they fit into a line. */
const pieceOctets = 32_768

/** The manifest, or a piece of a file that it has. */
export async function readResult(
  results: Results,
  rid: string,
  file: string | undefined,
  offset: number,
): Promise<Readonly<Record<string, unknown>> | Reason> {
  const manifest = await results.manifest(rid)
  if (manifest === undefined) return reason('NOT_HELD', { results: 'there are none, not yet or not any more' })
  if (file === undefined) return { manifest }
  const listed = manifest.files.find(({ name }) => name === file)
  if (listed === undefined) return reason('BAD_REQUEST', { field: 'file', why: 'is no file of this result' })
  try {
    const piece = await pieceOf(results.read(rid, file), offset)
    return { octets: piece.toString('base64'), size: listed.size }
  } catch (error) {
    if (error instanceof LockstepError) return reason('RESOURCE', { resource: 'results' })
    throw error
  }
}

async function pieceOf(chunks: AsyncIterable<Buffer>, offset: number): Promise<Buffer> {
  const parts: Buffer[] = []
  let [at, missing] = [0, pieceOctets]
  for await (const chunk of chunks) {
    const part = chunk.subarray(Math.max(0, offset - at)).subarray(0, missing)
    if (offset < at + chunk.length) {
      parts.push(part)
      missing -= part.length
    }
    at += chunk.length
    if (missing === 0) break
  }
  return Buffer.concat(parts)
}
