import { LockstepError } from '../errors/error.ts'
import type { Gate } from '../playbook/play.ts'
import { type AttemptOutcome, runAttempt } from './attempt.ts'
import { type CollectedPair, hasLog } from './collect.ts'
import type { RunContext, Troubles } from './context.ts'
import type { Phase } from './events.ts'
import type { Pair } from './pair.ts'

export interface Orchestration {
  readonly pairs: readonly Pair[]
  readonly gate: Gate
  /** Attempts that may be started before the run is invalid. */
  readonly attempts: number
  readonly troubles: Troubles
  readonly context: RunContext
  readonly inPhase: <T>(phase: Phase, body: () => Promise<T>) => Promise<T>
  /** The phase in which the first attempt makes its management connections; later ones make them at their gate. */
  readonly opensIn: 'connect' | 'gate'
  readonly carrierChanges: () => Promise<ReadonlyMap<string, number>>
  /** Between attempts: starts again what has died. Fails when it cannot. */
  readonly revive: () => Promise<void>
  /** Keeps what could be read of an attempt that does not count. */
  readonly keepVoid: (attempt: number, collected: readonly CollectedPair[]) => void
  readonly onAttempt: (attempt: AttemptRecord) => void
}

export interface AttemptRecord {
  readonly attempt: number
  readonly valid: boolean
  readonly reasons: readonly string[]
}

/** Tries until an attempt is valid, at most `attempts` times; then fails with SYNC_VOID and the reasons of the last one. */
export async function orchestrate(orchestration: Orchestration): Promise<readonly CollectedPair[]> {
  const { attempts, context, onAttempt, opensIn, keepVoid, revive } = orchestration
  let reasons: readonly string[] = []
  for (let attempt = 1; attempt <= attempts; attempt++) {
    if (attempt > 1) await revive()
    const outcome = await runAttempt({
      ...orchestration,
      opensIn: attempt === 1 ? opensIn : 'gate',
      attempt,
      of: attempts,
    })
    onAttempt({ attempt, valid: outcome.kind === 'valid', reasons: reasonsOf(outcome) })
    if (outcome.kind === 'valid') return outcome.collected
    tellMissing(outcome.collected, context)
    keepVoid(attempt, outcome.collected)
    if (outcome.kind === 'failed') throw outcome.error
    reasons = outcome.reasons
    context.emit({ kind: 'attempt_void', attempt, of: attempts, reasons })
    context.signal.throwIfAborted()
  }
  throw new LockstepError(
    'SYNC_VOID',
    `${attempts === 1 ? 'the only attempt was' : `all ${attempts} attempts were`} void; the last one: ${reasons.join('; ')}`,
    {
      hint: 'sync.ndjson and the process logs in the run folder show what happened; attempts/ holds what was read',
    },
  )
}

function reasonsOf(outcome: AttemptOutcome): readonly string[] {
  if (outcome.kind === 'valid') return []
  return outcome.kind === 'void' ? outcome.reasons : [outcome.error.message]
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
