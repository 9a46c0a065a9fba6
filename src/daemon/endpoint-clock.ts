import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Now } from '../book/requests.ts'
import { kernelStanding } from '../facts/kernel-clock.ts'
import { chronyQuestion, readTracking } from '../sync/chrony-answer.ts'
import { readStanding } from '../sync/kernel-answer.ts'
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
  readonly source: Measured | 'declared' | 'none'
}

/** `kernel`: what ntpd, timesyncd or phc2sys last told it, and 500 ppm of the time since. */
type Measured = 'chrony' | 'kernel'

const askEachMs = 10_000
/** An answer counts as long as this. */
const freshMs = 60_000

/** `declared` stands in where chronyd does not answer, and the kernel where nobody has declared anything. */
export async function endpointClock(declared: Micros | undefined): Promise<EndpointClock> {
  let answer: { readonly bound: Micros; readonly source: Measured; readonly at: number } | undefined
  const look = async () => {
    const found = (await askChrony()) ?? (declared === undefined ? await askKernel() : undefined)
    if (found !== undefined) answer = { ...found, at: performance.now() }
  }
  await look()
  const timer = setInterval(look, askEachMs)
  timer.unref()
  return {
    now,
    error: () => {
      if (answer !== undefined && performance.now() - answer.at < freshMs)
        return { bound: answer.bound, source: answer.source }
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

interface Answer {
  readonly bound: Micros
  readonly source: Measured
}

/** RFC 5905, section 10: the offset that is left, and the root distance. */
const askChrony = (): Promise<Answer | undefined> => ask('chrony', chronyQuestion, readTracking)

/** Of a kernel that somebody keeps in step, and has told so. */
const askKernel = (): Promise<Answer | undefined> =>
  ask('kernel', ['sh', '-c', kernelStanding], said => readStanding(said, 'kernel'))

type Reading = ReturnType<typeof readTracking>

async function ask(
  source: Measured,
  [program = '', ...words]: readonly string[],
  read: (said: string) => Pick<Reading, 'systemOffset' | 'uncertainty'>,
): Promise<Answer | undefined> {
  try {
    const { stdout } = await run(program, words, { timeout: 3_000, killSignal: 'SIGKILL' })
    const { systemOffset, uncertainty } = read(stdout)
    if (systemOffset === undefined || uncertainty === undefined) return undefined
    const offset = systemOffset < 0n ? -systemOffset : systemOffset
    return { bound: micros(Number((offset + uncertainty + 999n) / 1_000n)), source }
  } catch {
    return undefined // not installed, or it does not answer: then it says nothing of the clock
  }
}
