import { createInterface } from 'node:readline'
import type { Duplex } from 'node:stream'
import { LockstepError } from '../errors/error.ts'
import { type Nanoseconds, ns, type UtcInstant, utc } from '../units/quantity.ts'
import type { HeldBy } from './held-program.ts'

/** When the program was let go; positive error: later than asked. */
export interface Release {
  readonly at: UtcInstant
  readonly error: Nanoseconds
}

type Released = (at: UtcInstant) => Promise<Release>

/** Waits until the other end of `line` holds the program; then gives the way to release it. */
export async function releaseOver(line: Duplex, heldBy: HeldBy): Promise<Released> {
  const said = linesOf(line)
  await expected('ready', await said())
  return async at => {
    // The shell cannot wait until an instant: it gets the word when it is time.
    if (heldBy === 'sh') await systemClockAt(at)
    const given = now()
    line.write(`go ${at}\n`)
    const words = expected('released', await said())
    const failure = await said()
    line.destroy()
    if (failure !== undefined) throw failed(failure)
    const told = /^\d{16,}$/.test(words) ? utc(BigInt(words)) : given
    return { at: told, error: ns(told - at) }
  }
}

function linesOf(line: Duplex): () => Promise<string | undefined> {
  const reader = createInterface(line)
  line.once('close', () => reader.close()) // an abandoned line has no end of its own
  const lines = reader[Symbol.asyncIterator]()
  return async () => {
    const { value, done } = await lines.next()
    return done === true ? undefined : value
  }
}

function expected(word: string, line: string | undefined): string {
  if (line === word || line?.startsWith(`${word} `) === true) return line.slice(word.length + 1)
  throw failed(line)
}

const failed = (line: string | undefined) =>
  new LockstepError(
    'BOOK_PROCESS',
    `the test could not be started: ${line?.replace(/^failed /, '') ?? 'it ended early'}`,
  )

const now = () => utc(BigInt(Date.now()) * 1_000_000n)

/** In short naps, since the clock may be set meanwhile. */
async function systemClockAt(at: UtcInstant): Promise<void> {
  for (let left = leftMs(at); left > 0; left = leftMs(at)) {
    await new Promise(next => setTimeout(next, Math.min(left, 100)))
  }
}

const leftMs = (at: UtcInstant) => Math.ceil(Number(at / 1_000n) / 1_000 - Date.now())
