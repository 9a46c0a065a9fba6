import { type PeerMessage, pieceOctets } from '../book/peer-messages.ts'
import { hereOf, type Offer } from '../book/peer-offer.ts'
import type { CopyStore } from './peer-intake.ts'

/** The files of an offer in pieces, and their end; false when `say` gave up in between. */
export async function giveFiles(
  offer: Offer,
  store: CopyStore,
  say: (message: PeerMessage) => Promise<boolean>,
  failed: (error: Error) => void,
): Promise<boolean> {
  const { of } = offer
  for (const { name } of hereOf(offer))
    try {
      for await (const data of piecesOf(store.read(of, name)))
        if (!(await say({ op: 'piece', of, name, data: data.toString('base64') }))) return false
    } catch (error) {
      // The other end sees that it is not whole.
      failed(error as Error)
    }
  return say({ op: 'copied', of })
}

async function* piecesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of chunks)
    for (let at = 0; at < chunk.length; at += pieceOctets) yield chunk.subarray(at, at + pieceOctets)
}
