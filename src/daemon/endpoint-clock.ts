import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Now } from '../book/requests.ts'
import { chronyQuestion, readTracking } from '../sync/chrony-answer.ts'
import { type Micros, micros, moment, ticks } from '../units/micros.ts'

/** The clocks of this endpoint, and how wrong the one that the tests go by may be. */
export interface EndpointClock {
  now(): Now
  error(): ClockError
  stop(): void
}

export interface ClockError {
  /** Undefined: nobody knows. */
  readonly bound: Micros | undefined
  /** `declared`: whoever administers the host says so, nothing measures it. */
  readonly source: 'chrony' | 'declared' | 'none'
}

const askEachMs = 10_000
/** An answer counts as long as this. */
const freshMs = 60_000

/** `declared` stands in where chronyd does not answer. */
export async function endpointClock(declared: Micros | undefined): Promise<EndpointClock> {
  let answer: { readonly bound: Micros; readonly at: number } | undefined
  const ask = async () => {
    const bound = await askChrony()
    if (bound !== undefined) answer = { bound, at: performance.now() }
  }
  await ask()
  const timer = setInterval(ask, askEachMs)
  timer.unref()
  return {
    now,
    error: () => {
      if (answer !== undefined && performance.now() - answer.at < freshMs)
        return { bound: answer.bound, source: 'chrony' }
      return declared === undefined ? { bound: undefined, source: 'none' } : { bound: declared, source: 'declared' }
    },
    stop: () => clearInterval(timer),
  }
}

export const now = (): Now => ({
  utc: moment(Date.now() * 1_000),
  mono: ticks(Number(process.hrtime.bigint() / 1_000n)),
})

const run = promisify(execFile)

/** RFC 5905, section 10: the offset that is left, and the root distance. */
async function askChrony(): Promise<Micros | undefined> {
  const [program, ...words] = chronyQuestion
  try {
    const { stdout } = await run(program, words, { timeout: 3_000, killSignal: 'SIGKILL' })
    const { systemOffset, uncertainty } = readTracking(stdout)
    if (systemOffset === undefined || uncertainty === undefined) return undefined
    const offset = systemOffset < 0n ? -systemOffset : systemOffset
    return micros(Number((offset + uncertainty + 999n) / 1_000n))
  } catch {
    return undefined // not installed, or it does not answer: then it says nothing of the clock
  }
}
