import type { SyncDemand } from '../sync/judge.ts'
import { framesDue } from '../tools/isochron.ts'
import { ms } from '../units/quantity.ts'
import type { AttemptOptions } from './attempt.ts'
import { AttemptVoid } from './attempt-void.ts'
import { askSystemClocks, commonStart, startLeadMs } from './common-start.ts'
import { armReceivers, type Ends } from './ends.ts'
import type { OtherFlows } from './other-flows.ts'
import { allOf } from './patience.ts'
import type { CommonStart } from './process-flows.ts'
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
  const { attempt, of, context, troubles, carrierChanges, others, gate } = options
  context.emit({ kind: 'attempt_started', attempt, of })
  const [before] = await allOf([
    carrierChanges(),
    armReceivers(ends).then(() => undefined),
    ...(others === undefined ? [] : [others.flows.hold().then(() => undefined)]),
  ])
  // When the launchers are there: the busier the hosts, the longer the way to them.
  const clocks = others && (await askSystemClocks(others.senders, others.areInStep, context.signal))
  const leadMs = clocks && startLeadMs(clocks, others.senders.length, others.flows.waitThemselves())
  const started = await planStart(ends, leadMs === undefined ? undefined : ms(leadMs))
  if (started[0] !== undefined) context.noteClock(started[0].clock)
  note(started)
  const due = clocks && commonStart(clocks, started, leadMs ?? 0)
  const [moved = []] = await allOf<string[]>([
    startSenders(started),
    ...(due === undefined || others === undefined ? [] : [others.flows.release(due).then(() => [])]),
  ])
  context.emit({
    kind: 'traffic_started',
    attempt,
    lastsMs: Math.max(started.length === 0 ? 0 : lastsMs(started), due === undefined ? 0 : othersLastMs(others, due)),
    flows: started.map(scheduleOf),
    ...(due === undefined ? {} : { processes: others?.flows.schedule() ?? [] }),
  })
  if (moved.length > 0) throw new AttemptVoid(moved)
  await watchTraffic({
    ...{ ends, started, others: others?.flows, demands, gate, attempt, troubles, context },
    othersEndAt: due === undefined || others === undefined ? undefined : performance.now() + othersLastMs(others, due),
    whenOver: async () => refuseFlaps(before ?? new Map(), await carrierChanges()),
  })
  context.emit({ kind: 'traffic_ended', attempt })
}

const lastsMs = (started: readonly StartedPair[]): number =>
  Math.round(Math.max(...started.map(({ lastFrameAt }) => lastFrameAt)) - performance.now())

const othersLastMs = (others: OtherFlows | undefined, { atMs }: CommonStart): number => {
  const lasting = (others?.flows.schedule() ?? []).map(({ lastsMs: each = 0 }) => each)
  return Math.round(atMs - performance.now() + Math.max(0, ...lasting))
}

const scheduleOf = ({ open: { pair }, oper }: StartedPair) => ({
  flow: pair.name,
  operBaseTime: oper,
  frames: framesDue(pair.test),
  cycleTime: pair.test.cycleTime,
})

function refuseFlaps(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): void {
  const flapped = [...before].filter(([host, count]) => after.get(host) !== undefined && after.get(host) !== count)
  if (flapped.length > 0) throw new AttemptVoid(flapped.map(([host]) => `the link of ${host} went down and came back`))
}
