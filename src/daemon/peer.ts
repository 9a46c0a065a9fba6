import type { Duplex } from 'node:stream'
import { LockstepError } from '../errors/error.ts'
import { encodeMessage, type JsonMessage, jsonLines } from '../wire/json-lines.ts'

/** What a connection may take. */
export interface PeerLimits {
  /** Octets of one line, either way. */
  readonly maxLine: number
  /** Until the first message: a connection that says nothing is closed. */
  readonly helloMs: number
  /** Between two messages afterwards. */
  readonly silenceMs: number
  /** For what we write to be taken. */
  readonly writeMs: number
}

/** One connection that speaks JSON lines. */
export interface Peer {
  /** In order, until the other end is done; throws at a line that is no message, and when a deadline is over. */
  readonly messages: AsyncIterable<JsonMessage>
  /** Resolves when the other end has room for it; rejects when it takes none in time. */
  send(message: JsonMessage): Promise<void>
  /** When what was sent is on its way, or cannot be. */
  close(): void
  /** Whether a first message has come. */
  hasSpoken(): boolean
}

export function peerOver(stream: Duplex, limits: PeerLimits): Peer {
  const reader = jsonLines(limits.maxLine)
  let spoken = false
  const fail = (message: string) => stream.destroy(new LockstepError('WIRE_DEADLINE', message))
  stream.on('error', () => undefined) // whoever reads or writes is told
  let timer = setTimeout(() => fail(`nothing was said within ${limits.helloMs} ms`), limits.helloMs)
  stream.once('close', () => clearTimeout(timer))
  const awaitNext = () => {
    if (stream.destroyed) return
    timer = setTimeout(() => fail(`nothing was said for ${limits.silenceMs} ms`), limits.silenceMs)
  }

  /** Nothing is read before it is asked for: what we are slow at is no silence of the other end. */
  async function* read(): AsyncGenerator<JsonMessage> {
    try {
      for await (const chunk of stream)
        for (const message of reader.push(chunk as Buffer)) {
          clearTimeout(timer)
          spoken = true
          yield message
          awaitNext()
        }
      reader.end()
    } finally {
      clearTimeout(timer)
    }
  }

  const send = (message: JsonMessage) =>
    new Promise<void>((resolve, reject) => {
      const line = encodeMessage(message, limits.maxLine)
      const late = setTimeout(() => {
        const error = new LockstepError('WIRE_DEADLINE', `what was said was not taken within ${limits.writeMs} ms`)
        stream.destroy(error)
        reject(error)
      }, limits.writeMs)
      stream.write(line, error => {
        clearTimeout(late)
        if (error) reject(new LockstepError('WIRE_CLOSED', `the other end is gone: ${error.message}`, { cause: error }))
        else resolve()
      })
    })

  const close = () => {
    // What is gone tells nobody any more that it is, and the timer would wait for that.
    if (stream.destroyed) return
    const late = setTimeout(() => stream.destroy(), limits.writeMs)
    stream.once('close', () => clearTimeout(late))
    stream.end(() => stream.destroy())
  }

  return { messages: read(), send, close, hasSpoken: () => spoken }
}
