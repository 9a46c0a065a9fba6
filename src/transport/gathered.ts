import type { Duplex } from 'node:stream'

/**
 * Makes what is written to a stream in one turn leave in one write. ssh2 writes each packet as its length, its text and its tag:
 * on a socket three system calls, and three segments without Nagle's delay. A socket gives its own way of writing up when it
 * connects, so only one that is connected can be given.
 */
export function gathered<Stream extends Duplex>(stream: Stream): Stream {
  const write: (...given: Parameters<Duplex['write']>) => boolean = stream.write.bind(stream)
  let gathers = false
  stream.write = (...given: unknown[]) => {
    if (!gathers) {
      gathers = true
      stream.cork()
      process.nextTick(() => {
        gathers = false
        stream.uncork()
      })
    }
    return write(...(given as Parameters<Duplex['write']>)) // whichever of its forms was called
  }
  return stream
}
