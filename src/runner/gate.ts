import { LockstepError } from '../errors/error.ts'
import { readSync } from '../management/sync-queries.ts'
import type { Gate } from '../playbook/play.ts'
import { gateHint } from '../sync/hints.ts'
import { isGood, type JudgedReading, judgeRound, type SyncDemand } from '../sync/judge.ts'
import { formatDuration } from '../units/duration.ts'
import { toMs } from '../units/quantity.ts'
import type { RunContext } from './context.ts'
import type { Ends, HostClock } from './ends.ts'
import { orAborted, sleep } from './patience.ts'

/** Holds the traffic until `good` rounds in a row were good for at least `hold`; fails with SYNC_GATE at its deadline. */
export async function passGate(
  ends: Ends,
  demands: readonly SyncDemand[],
  gate: Gate,
  attempt: number,
  { emit, keepReading, signal }: RunContext,
): Promise<void> {
  const startedAt = performance.now()
  let good = 0
  let goodSince = startedAt
  for (let round = 1; ; round++) {
    const askedAt = performance.now()
    const judged = await orAborted(askRound(ends.clocks, demands), signal)
    for (const { reading, reasons } of judged)
      keepReading({ ...reading, phase: 'gate', attempt, ok: reasons.length === 0, reasons })
    if (good === 0) goodSince = askedAt
    good = isGood(judged) ? good + 1 : 0
    emit({
      kind: 'gate_round',
      round,
      good,
      needed: gate.good,
      limit: gate.offset,
      timeoutMs: toMs(gate.timeout),
      hosts: judged,
    })
    if (good >= gate.good && performance.now() - goodSince >= toMs(gate.hold)) {
      emit({ kind: 'gate_passed', rounds: round, tookMs: Math.round(performance.now() - startedAt) })
      return
    }
    if (performance.now() - startedAt >= toMs(gate.timeout)) throw gateClosed(judged, gate)
    await sleep(toMs(gate.every) - (performance.now() - askedAt), signal)
  }
}

/** Asks these hosts at once and judges the answers together. */
export async function askRound(
  clocks: ReadonlyMap<string, HostClock>,
  demands: readonly SyncDemand[],
): Promise<JudgedReading[]> {
  const asked = demands.flatMap(({ host }) => {
    const clock = clocks.get(host)
    return clock === undefined ? [] : [readSync(clock.client, host)]
  })
  return judgeRound(await Promise.all(asked), demands)
}

function gateClosed(judged: readonly JudgedReading[], gate: Gate): LockstepError {
  const late = judged.filter(({ reasons }) => reasons.length > 0)
  const who = late.map(({ reading, reasons }) => `${reading.host}: ${reasons.join(', ')}`).join('; ')
  const missing = who === '' ? `the clocks were good, but not for ${gate.good} rounds in a row` : who
  return new LockstepError('SYNC_GATE', `the gate did not open within ${formatDuration(gate.timeout)}: ${missing}`, {
    hint: gateHint(judged),
  })
}
