import type { Io } from './io.ts'

/** Writes texts as fast as the reader takes them. A reader that left early (`lockstep … | head`) ends the writing. */
export async function writeAll(stream: Io['stdout'], texts: Iterable<string>): Promise<void> {
  for (const text of texts) {
    if (stream.destroyed) return
    if (!stream.write(text)) await takenOrClosed(stream)
  }
}

function takenOrClosed(stream: Io['stdout']): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      for (const event of ['drain', 'close', 'error']) stream.off(event, done)
      resolve()
    }
    for (const event of ['drain', 'close', 'error']) stream.on(event, done)
  })
}
