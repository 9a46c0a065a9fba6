import type { Enclosure } from './enclosure.ts'
import { signalProcess } from './proc.ts'

export interface Patience {
  /** From TERM to KILL. */
  readonly graceMs: number
  /** From KILL until it counts as stuck. */
  readonly verifyMs: number
}

export interface Ended {
  /** It took KILL. */
  readonly killed: boolean
  /** Processes that are still there, in spite of KILL: the test overstays. Empty: nothing is left, which was verified. */
  readonly left: readonly number[]
}

const lookEachMs = 20

/** TERM, after the grace KILL, until nothing is left or `verifyMs` are over. */
export async function endTest(enclosure: Enclosure, { graceMs, verifyMs }: Patience): Promise<Ended> {
  const told = new Set<number>()
  // One that was being forked at the first look is told at the next.
  const tell = (members: readonly number[]) => {
    for (const pid of members) {
      if (told.has(pid)) continue
      told.add(pid)
      signalProcess(pid, 'SIGTERM')
      signalProcess(pid, 'SIGCONT') // one that is stopped would not hear of it
    }
  }
  if ((await emptyWithin(enclosure, graceMs, tell)).length === 0) return gone(enclosure, false)
  const left = await killUntil(enclosure, verifyMs)
  return left.length === 0 ? gone(enclosure, true) : { killed: true, left }
}

/** Goes on with KILL for one that overstays until it is gone. */
export async function untilGone(enclosure: Enclosure, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const left = await killUntil(enclosure, 1_000)
    if (left.length === 0) return enclosure.remove()
  }
  signal.throwIfAborted()
}

async function gone(enclosure: Enclosure, killed: boolean): Promise<Ended> {
  await enclosure.remove()
  return { killed, left: [] }
}

/** Again and again: what was being forked at the first KILL shows up at the next look. */
async function killUntil(enclosure: Enclosure, withinMs: number): Promise<readonly number[]> {
  const until = performance.now() + withinMs
  for (;;) {
    await enclosure.kill()
    const left = await emptyWithin(enclosure, lookEachMs)
    if (left.length === 0 || performance.now() > until) return left
  }
}

async function emptyWithin(
  enclosure: Enclosure,
  withinMs: number,
  each: (members: readonly number[]) => void = () => undefined,
): Promise<readonly number[]> {
  const until = performance.now() + withinMs
  for (;;) {
    const left = await enclosure.members()
    each(left)
    if (left.length === 0 || performance.now() >= until) return left
    await new Promise(next => setTimeout(next, lookEachMs))
  }
}
