import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import type { OfferedFile } from '../book/peer-messages.ts'
import { hereOf, type Offer } from '../book/peer-offer.ts'
import { LockstepError } from '../errors/error.ts'

/** Where copies are kept, and where what is given comes from; `of` is the endpoint whose result it is. */
export interface CopyStore {
  /** A file that is there only when `chunks` did not throw. */
  put(of: string, name: string, chunks: AsyncIterable<Buffer>): Promise<void>
  read(of: string, name: string): AsyncIterable<Buffer>
}

/** One member's files on their way here. */
export interface Intake {
  /** In the order of the offer; throws for a file that is not in it. */
  take(name: string, data: Buffer): Promise<void>
  /** The last file is over. */
  end(): Promise<void>
  /** The link is gone: what is half here is thrown away. */
  abort(): Promise<void>
}

/** Adds to `kept` what is here whole and as its digest says; what is in it already is let pass. */
export function intakeOf(offer: Offer, store: CopyStore, kept: Set<string>, failed: (error: Error) => void): Intake {
  const waiting = [...hereOf(offer)]
  let current: { readonly file: OfferedFile; readonly sink: Sink | undefined } | undefined
  const begin = (file: OfferedFile) => {
    const sink = kept.has(file.name) ? undefined : sinkTo(chunks => store.put(offer.of, file.name, chunks), file)
    current = { file, sink }
  }
  const finish = async () => {
    if (current === undefined) return
    const { file, sink } = current
    current = undefined
    const error = await sink?.end()
    if (error === undefined) kept.add(file.name)
    else failed(error)
  }
  return {
    take: async (name, data) => {
      while (current?.file.name !== name) {
        await finish()
        const file = waiting.shift()
        if (file === undefined) throw new LockstepError('BOOK_PEER', `a peer sends ${name}, which it has not offered`)
        begin(file)
      }
      await current.sink?.take(data)
    },
    end: async () => {
      await finish()
      // Empty files have no pieces; others of which none came do not fit their digest.
      for (const file of waiting.splice(0)) {
        begin(file)
        await finish()
      }
    },
    abort: async () => {
      waiting.length = 0
      const { sink } = current ?? {}
      current = undefined
      await sink?.abort()
    },
  }
}

interface Sink {
  take(data: Buffer): Promise<void>
  /** Why it was not kept. */
  end(): Promise<Error | undefined>
  abort(): Promise<void>
}

function sinkTo(put: (chunks: AsyncIterable<Buffer>) => Promise<void>, file: OfferedFile): Sink {
  const through = new PassThrough()
  through.on('error', () => undefined) // whoever reads it is told
  const stored = put(checked(through, file)).then(
    () => undefined,
    (error: Error) => {
      through.destroy()
      return error
    },
  )
  return {
    take: async data => {
      if (through.destroyed || through.write(data)) return
      await Promise.race([once(through, 'drain'), stored]).catch(() => undefined)
    },
    end: () => {
      through.end()
      return stored
    },
    abort: async () => {
      through.destroy(new LockstepError('WIRE_CLOSED', 'the link broke off'))
      await stored
    },
  }
}

/** The octets as they come; throws in the end when they are not those of the manifest. */
async function* checked(chunks: AsyncIterable<Buffer>, { name, size, sha256 }: OfferedFile): AsyncGenerator<Buffer> {
  const hash = createHash('sha256')
  let octets = 0
  for await (const chunk of chunks) {
    octets += chunk.length
    if (octets > size) throw new LockstepError('BOOK_PEER', `${name} of a peer has more than its ${size} octets`)
    hash.update(chunk)
    yield chunk
  }
  if (octets !== size) throw new LockstepError('BOOK_PEER', `${name} of a peer has ${octets} of its ${size} octets`)
  if (hash.digest('hex') !== sha256)
    throw new LockstepError('BOOK_PEER', `${name} of a peer is not what its digest says`)
}
