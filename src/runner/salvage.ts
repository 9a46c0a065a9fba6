import { get, set } from '../management/requests.ts'
import { toMs } from '../units/quantity.ts'
import { type CollectedPair, collectReceiver, collectSender } from './collect.ts'
import type { OpenPair } from './ends.ts'
import type { StartedPair } from './start.ts'

/** A daemon that is told to stop joins its threads first: up to the next wake-up, then 2 s for late timestamps. */
const joinMs = 2_000
const slackMs = 5_000
/** Nobody waits longer than this for a wake-up that is far away. */
const mostMs = 15_000

/** Stops every sender, whatever it is doing, and names the pairs of those that do not answer in time. */
export async function stopSenders(pairs: readonly OpenPair[], started: readonly StartedPair[]): Promise<string[]> {
  const stopped = await Promise.all(pairs.map(async open => ({ open, done: await stopSender(open, started) })))
  return stopped.filter(({ done }) => !done).map(({ open }) => open.pair.name)
}

async function stopSender(open: OpenPair, started: readonly StartedPair[]): Promise<boolean> {
  const known = started.find(each => each.open === open)
  const untilWakeupMs = known === undefined ? 0 : Math.max(0, known.firstWakeupAt - performance.now())
  const deadlineMs = Math.min(mostMs, untilWakeupMs + toMs(open.pair.test.cycleTime) + joinMs + slackMs)
  const [answer] = await open.sender.batch([set('testState', 'idle', { deadlineMs })])
  return answer.error === undefined
}

export interface Salvaged {
  readonly collected: readonly CollectedPair[]
  /** Pairs whose daemon still waits for its traffic to end, and serves nobody meanwhile. */
  readonly stuck: readonly string[]
}

/**
 * After a void attempt: what can still be had. The log of a sender that has finished is read before the stop, which frees
 * it; then the senders are stopped; then the receivers' logs are read, for nothing is written to them any more.
 * In a hurry (the user waits) nothing is stopped: our daemons end with their processes, others' when we hang up.
 */
export async function salvage(
  pairs: readonly OpenPair[],
  started: readonly StartedPair[],
  { inHurry }: { readonly inHurry: boolean },
): Promise<Salvaged> {
  if (started.length === 0) return { collected: [], stuck: inHurry ? [] : await stopSenders(pairs, started) }
  const stuck: string[] = []
  const collected = await Promise.all(
    pairs.map(async open => {
      const [state] = await open.sender.batch([get('testState')])
      const sender =
        state.error === undefined ? await collectSender(open, state.value === 'idle') : { missing: state.error.message }
      if (!inHurry && !(await stopSender(open, started))) stuck.push(open.pair.name)
      return { open, sender, receiver: await collectReceiver(open) }
    }),
  )
  return { collected, stuck }
}
