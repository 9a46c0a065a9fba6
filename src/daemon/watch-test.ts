import { deadline, orAborted, pause } from '../transport/deadline.ts'
import type { Enclosure } from './enclosure.ts'
import { type Ended, endTest, type Patience } from './end-test.ts'
import type { Exit } from './test-process.ts'

/** How a test came to its end: by itself, at its deadline, or by whoever stopped it. */
export interface Outcome extends Ended {
  readonly why: 'exit' | 'overrun' | 'stopped'
  /** Of its first process; undefined when that is not our child, or was ended by us. */
  readonly exit: Exit | undefined
}

export interface Watch extends Patience {
  /** From now; by a clock that nobody sets. */
  readonly withinMs: number
  /** Ends it early: its owner has cancelled it. */
  readonly stop: AbortSignal
}

/** An adopted test is no child of ours: that it has ended shows only in its enclosure. */
const lookEachMs = 100

/** Waits for the end of a test and leaves nothing of it. `exited` is undefined for one that an earlier daemon started. */
export async function watchTest(
  enclosure: Enclosure,
  exited: Promise<Exit> | undefined,
  { withinMs, stop, ...patience }: Watch,
): Promise<Outcome> {
  const overrun = new Error('overrun')
  const limit = deadline(withinMs, () => overrun, stop)
  try {
    const exit = await orAborted(exited ?? untilEmpty(enclosure, limit.signal), limit.signal)
    // What it has left in the background belongs to no test any more.
    return { why: 'exit', exit, ...(await endTest(enclosure, patience)) }
  } catch (error) {
    if (!limit.signal.aborted) throw error
    const why = limit.signal.reason === overrun ? 'overrun' : 'stopped'
    return { why, exit: undefined, ...(await endTest(enclosure, patience)) }
  } finally {
    limit.done()
  }
}

async function untilEmpty(enclosure: Enclosure, signal: AbortSignal): Promise<undefined> {
  while ((await enclosure.members()).length > 0) await pause(lookEachMs, signal)
}
