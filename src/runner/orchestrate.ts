import { LockstepError } from '../errors/error.ts'
import { type AttemptOptions, type AttemptOutcome, type AttemptTrouble, runAttempt } from './attempt.ts'
import { type CollectedPair, hasLog } from './collect.ts'
import type { RunContext } from './context.ts'
import type { CollectedFlow } from './flow-outputs.ts'

export interface Orchestration extends Omit<AttemptOptions, 'attempt' | 'of' | 'isGated'> {
  /** The number of the first attempt: those of earlier rounds come before it; default 1. */
  readonly first?: number
  /** Whether the first attempt waits at the gate, as those after it do; default yes. */
  readonly isGated?: boolean
  /** Attempts whose traffic may be started before the run is invalid. */
  readonly attempts: number
  /**
   * Between attempts: starts again what has died, and what is `stuck` (names of pairs whose daemon does not answer any
   * more). Fails when it cannot.
   */
  readonly revive: (stuck: readonly string[]) => Promise<void>
  /** Keeps what could be read of an attempt that does not count. */
  readonly keepVoid: (attempt: number, collected: readonly CollectedPair[], outputs: readonly CollectedFlow[]) => void
  readonly onAttempt: (attempt: AttemptRecord) => void
}

/** An attempt whose traffic was started. */
export interface AttemptRecord {
  readonly attempt: number
  readonly valid: boolean
  readonly reasons: readonly string[]
}

/**
 * Tries until an attempt is valid, at most `attempts` times; then fails with SYNC_VOID and the reasons of the last one.
 * What goes wrong before any traffic (a process that died at the gate) costs no attempt, but is not borne more often either.
 */
export async function orchestrate(
  orchestration: Orchestration,
): Promise<Pick<AttemptOutcome, 'collected' | 'outputs' | 'captures'>> {
  const { context, keepVoid, onAttempt, revive, troubles, first = 1, isGated = true } = orchestration
  const last = first + orchestration.attempts - 1
  let opensIn = orchestration.opensIn
  let setbacks = 0
  for (let attempt = first; ; ) {
    const gated = isGated || attempt > first || setbacks > 0
    const outcome = await runAttempt({ ...orchestration, opensIn, attempt, of: last, isGated: gated })
    const { trouble, trafficStarted, collected, outputs, captures, stuck } = outcome
    if (trafficStarted) onAttempt({ attempt, valid: trouble === undefined, reasons: reasonsOf(trouble) })
    if (trouble === undefined) return { collected, outputs, captures }
    tellMissing(collected, context)
    keepVoid(attempt, collected, outputs)
    if (trouble.kind === 'fatal') throw trouble.error
    if (trafficStarted) context.emit({ kind: 'attempt_void', attempt, of: last, reasons: trouble.reasons })
    else context.emit({ kind: 'warning', message: `before any traffic: ${trouble.reasons.join('; ')}` })
    context.signal.throwIfAborted()
    if (trafficStarted) attempt += 1
    else setbacks += 1
    if (attempt > last || setbacks > orchestration.attempts)
      throw givenUp(orchestration.attempts, trafficStarted, trouble.reasons)
    await revive(stuck)
    troubles.forgetDeaths()
    opensIn = 'gate'
  }
}

function givenUp(attempts: number, trafficStarted: boolean, reasons: readonly string[]): LockstepError {
  const last = reasons.join('; ')
  const attempted = attempts === 1 ? 'the only attempt was void' : `all ${attempts} attempts were void; the last one`
  const message = trafficStarted ? `${attempted}: ${last}` : `the traffic could not be started: ${last}`
  return new LockstepError('SYNC_VOID', message, {
    hint: 'sync.ndjson and the process logs in the run folder show what happened; attempts/ holds what was read',
  })
}

function reasonsOf(trouble: AttemptTrouble | undefined): readonly string[] {
  if (trouble === undefined) return []
  return trouble.kind === 'void' ? trouble.reasons : [trouble.error.message]
}

function tellMissing(collected: readonly CollectedPair[], { emit }: RunContext): void {
  for (const { open, sender, receiver } of collected) {
    for (const [end, log] of [
      ['sender', sender],
      ['receiver', receiver],
    ] as const) {
      if (!hasLog(log)) emit({ kind: 'not_collected', flow: open.pair.name, end, reason: log.missing })
    }
  }
}
