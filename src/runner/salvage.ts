import { get, set } from '../management/requests.ts'
import { toMs } from '../units/quantity.ts'
import { type CollectedPair, collectReceiver, collectSender } from './collect.ts'
import type { OpenPair } from './ends.ts'
import type { StartedPair } from './start.ts'

/** A daemon that is told to stop joins its threads first: up to the next wake-up, then 2 s for late timestamps. */
const joinMs = 2_000
const slackMs = 5_000

/** Stops every sender, whatever it is doing; one that cannot be told any more is left to the end of its process. */
export async function stopSenders(pairs: readonly OpenPair[], started: readonly StartedPair[]): Promise<void> {
  await Promise.all(pairs.map(open => stopSender(open, started)))
}

async function stopSender(open: OpenPair, started: readonly StartedPair[]): Promise<boolean> {
  const known = started.find(each => each.open === open)
  const untilWakeupMs = known === undefined ? 0 : Math.max(0, known.firstWakeupAt - performance.now())
  const deadlineMs = untilWakeupMs + toMs(open.pair.test.cycleTime) + joinMs + slackMs
  const [answer] = await open.sender.batch([set('testState', 'idle', { deadlineMs })])
  return answer.error === undefined
}

/**
 * After a void attempt: what can still be had. The log of a sender that has finished is read before the stop, which frees
 * it; then the senders are stopped; then the receivers' logs are read, for nothing is written to them any more.
 */
export async function salvage(pairs: readonly OpenPair[], started: readonly StartedPair[]): Promise<CollectedPair[]> {
  if (started.length === 0) {
    await stopSenders(pairs, started)
    return []
  }
  return Promise.all(
    pairs.map(async open => {
      const [state] = await open.sender.batch([get('testState')])
      const sender = await collectSender(open, state.value === 'idle')
      await stopSender(open, started)
      return { open, sender, receiver: await collectReceiver(open) }
    }),
  )
}
