import { LockstepError } from '../errors/error.ts'
import type { Gate } from '../playbook/play.ts'
import { gateHint } from '../sync/hints.ts'
import { isGood, type JudgedReading, type SyncDemand } from '../sync/judge.ts'
import { orAborted, pause } from '../transport/deadline.ts'
import { formatDuration } from '../units/duration.ts'
import { toMs } from '../units/quantity.ts'
import type { RunContext } from './context.ts'
import type { Ends } from './ends.ts'
import { askRound, roundReasons } from './sync-round.ts'

/** Holds the traffic until `good` rounds in a row were good for at least `hold`; fails with SYNC_GATE at its deadline. */
export async function passGate(
  ends: Ends,
  demands: readonly SyncDemand[],
  gate: Gate,
  attempt: number,
  context: RunContext,
): Promise<void> {
  const { emit, signal } = context
  const startedAt = performance.now()
  const limits = Object.fromEntries(
    demands.flatMap(({ host, limit }) => (limit === undefined || limit === gate.offset ? [] : [[host, limit]])),
  )
  let good = 0
  let goodSince = startedAt
  for (let round = 1; ; round++) {
    const askedAt = performance.now()
    const judged = await orAborted(askRound(ends.clocks, demands, { phase: 'gate', attempt }, context), signal)
    if (good === 0) goodSince = askedAt
    good = isGood(judged) ? good + 1 : 0
    emit({
      kind: 'gate_round',
      round,
      good,
      needed: gate.good,
      limit: gate.offset,
      ...(Object.keys(limits).length === 0 ? {} : { limits }),
      timeoutMs: toMs(gate.timeout),
      hosts: judged,
    })
    if (good >= gate.good && performance.now() - goodSince >= toMs(gate.hold)) {
      emit({ kind: 'gate_passed', rounds: round, tookMs: Math.round(performance.now() - startedAt) })
      return
    }
    if (performance.now() - startedAt >= toMs(gate.timeout)) throw gateClosed(judged, gate)
    await pause(toMs(gate.every) - (performance.now() - askedAt), signal)
  }
}

function gateClosed(judged: readonly JudgedReading[], gate: Gate): LockstepError {
  const who = roundReasons(judged).join('; ')
  const missing = who === '' ? `the clocks were good, but not for ${gate.good} rounds in a row` : who
  return new LockstepError('SYNC_GATE', `the gate did not open within ${formatDuration(gate.timeout)}: ${missing}`, {
    hint: gateHint(judged),
  })
}
