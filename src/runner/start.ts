import { LockstepError } from '../errors/error.ts'
import { get, set } from '../management/requests.ts'
import { type OperBaseTime, operBaseTimes, startMargin } from '../sync/base-times.ts'
import { trafficLasts } from '../tools/isochron.ts'
import { later, type Nanoseconds, ns, type TaiInstant, tai } from '../units/quantity.ts'
import { type ClockSample, nowOf, whenAt } from './clock-sample.ts'
import type { Ends, OpenPair } from './ends.ts'
import { isMonitored } from './pair.ts'
import { allOf } from './patience.ts'

/** When a sender's first frame is due, and when its last, on its own clock and on the controller's (performance.now). */
export interface StartedPair {
  readonly open: OpenPair
  readonly oper: TaiInstant
  /** What is SET: the daemon adds the shift itself. */
  readonly baseTime: TaiInstant
  /** TAI minus the controller's monotonic clock, as seen from this sender. */
  readonly clock: ClockSample
  readonly firstWakeupAt: number
  readonly lastFrameAt: number
}

/**
 * Base times for a common start, in the order of the base times as the user gave them. Monitored senders are in step, so one
 * of them tells the time for all; one that is not monitored is asked for its own. None starts earlier than `least` from now.
 */
export async function planStart({ pairs }: Ends, least: Nanoseconds = ns(0n)): Promise<StartedPair[]> {
  const samples = await sampleClocks(pairs)
  const usual = startMargin(longestRoundTrip(pairs))
  const margin = usual > least ? usual : least
  const clockOf = (open: OpenPair) => samples.get(open) as ClockSample // every pair has been sampled
  const at = performance.now()
  const senders = pairs.map(open => ({ ...scheduleOf(open.pair), now: nowOf(clockOf(open), at) }))
  const times = operBaseTimes({ now: senders[0]?.now ?? tai(0n), margin, senders })
  return pairs.map((open, i) => startOf(open, times[i] as OperBaseTime, clockOf(open)))
}

function startOf(open: OpenPair, { oper, set: baseTime }: OperBaseTime, clock: ClockSample): StartedPair {
  const { test } = open.pair
  return {
    open,
    oper,
    baseTime,
    clock,
    firstWakeupAt: whenAt(clock, oper) - Number(test.advanceTime) / 1e6,
    lastFrameAt: whenAt(clock, later(oper, trafficLasts(test))),
  }
}

/** Starts all senders at once. Says which of them did not take the base time that they were given. */
export async function startSenders(planned: readonly StartedPair[]): Promise<string[]> {
  const moved = await allOf(
    planned.map(async ({ open: { sender, pair }, oper, baseTime }) => {
      const [, , actual] = await sender.all([
        set('baseTime', baseTime),
        set('testState', 'running'),
        get('operBaseTime'),
      ])
      return actual === oper ? [] : [`sender ${pair.name} moved its base time from ${oper} to ${actual}`]
    }),
  )
  return moved.flat()
}

function longestRoundTrip(pairs: readonly OpenPair[]): Nanoseconds {
  const trips = pairs.flatMap(({ sender }) => sender.longestRoundTrip ?? [])
  return trips.reduce((longest, trip) => (trip > longest ? trip : longest), ns(0n))
}

const scheduleOf = ({ name, test }: OpenPair['pair']) => ({
  name,
  base: test.baseTime,
  shift: test.shiftTime,
  cycle: test.cycleTime,
})

/** One clock sample for all monitored senders (the last one's), one each for the others. */
async function sampleClocks(pairs: readonly OpenPair[]): Promise<Map<OpenPair, ClockSample>> {
  const monitored = pairs.filter(({ pair }) => isMonitored(pair, 'sender'))
  const reference = monitored.at(-1)
  const common = reference === undefined ? undefined : await sampleClock(reference)
  return new Map(
    await allOf(
      pairs.map(
        async open =>
          [open, common !== undefined && monitored.includes(open) ? common : await sampleClock(open)] as const,
      ),
    ),
  )
}

async function sampleClock({ sender, pair }: OpenPair): Promise<ClockSample> {
  const askedAt = performance.now()
  const said = await sender.get('currentClockTai')
  if (said <= 0n) throw new LockstepError('SYNC_BASE_TIME', `the clock of sender ${pair.name} says ${said} ns`)
  return { tai: said, askedAt }
}
