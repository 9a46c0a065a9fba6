import { type JudgedReading, judgeRound, requiredOf, type SyncDemand } from '../sync/judge.ts'
import type { KeptReading, RunContext } from './context.ts'
import type { HostClock } from './ends.ts'

/**
 * Asks these hosts at once, judges the answers together and keeps them. Of a host whose clocks nobody demands anything
 * only the link is asked: the other questions need a ptp4l that answers, and set the kernel's TAI offset.
 */
export async function askRound(
  clocks: ReadonlyMap<string, HostClock>,
  demands: readonly SyncDemand[],
  moment: Pick<KeptReading, 'phase' | 'attempt'>,
  { keepReading }: Pick<RunContext, 'keepReading'>,
): Promise<JudgedReading[]> {
  const asked = demands.flatMap(demand => {
    const clock = clocks.get(demand.host)
    const requires = requiredOf(demand)
    return clock === undefined || requires.length === 0 ? [] : [clock.read(requires)]
  })
  const judged = judgeRound(await Promise.all(asked), demands)
  for (const { reading, reasons } of judged) keepReading({ ...reading, ...moment, ok: reasons.length === 0, reasons })
  return judged
}

/** What is wrong, host by host; empty for a good round. */
export const roundReasons = (round: readonly JudgedReading[]): string[] =>
  round.flatMap(({ reading, reasons }) => reasons.map(reason => `${reading.host}: ${reason}`))
