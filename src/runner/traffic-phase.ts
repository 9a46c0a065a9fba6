import type { SyncDemand } from '../sync/judge.ts'
import type { AttemptOptions } from './attempt.ts'
import { AttemptVoid } from './attempt-void.ts'
import { armReceivers, type Ends } from './ends.ts'
import { allOf } from './patience.ts'
import { planStart, type StartedPair, startSenders } from './start.ts'
import { watchTraffic } from './traffic.ts'

/**
 * Arms the receivers, starts the senders together and watches until the last frame has arrived. `note` gets the schedule
 * before the first sender is told to start: from then on there may be senders to stop, also when the start of another fails.
 */
export async function runTraffic(
  ends: Ends,
  demands: readonly SyncDemand[],
  note: (started: readonly StartedPair[]) => void,
  options: AttemptOptions,
): Promise<void> {
  const { attempt, of, context, troubles, carrierChanges } = options
  const [before] = await allOf([carrierChanges(), armReceivers(ends).then(() => undefined)])
  context.emit({ kind: 'attempt_started', attempt, of })
  const started = await planStart(ends)
  if (started[0] !== undefined) context.noteClock(started[0].clock)
  note(started)
  const moved = await startSenders(started)
  context.emit({ kind: 'traffic_started', attempt, lastsMs: lastsMs(started), flows: started.map(scheduleOf) })
  if (moved.length > 0) throw new AttemptVoid(moved)
  await watchTraffic({ ends, started, demands, attempt, troubles, context })
  refuseFlaps(before ?? new Map(), await carrierChanges())
  context.emit({ kind: 'traffic_ended', attempt })
}

const lastsMs = (started: readonly StartedPair[]): number =>
  Math.round(Math.max(...started.map(({ lastFrameAt }) => lastFrameAt)) - performance.now())

const scheduleOf = ({ open: { pair }, oper }: StartedPair) => ({
  flow: pair.name,
  operBaseTime: oper,
  frames: pair.test.numFrames,
  cycleTime: pair.test.cycleTime,
})

function refuseFlaps(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): void {
  const flapped = [...before].filter(([host, count]) => after.get(host) !== undefined && after.get(host) !== count)
  if (flapped.length > 0) throw new AttemptVoid(flapped.map(([host]) => `the link of ${host} went down and came back`))
}
