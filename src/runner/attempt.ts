import { LockstepError, problemsOf } from '../errors/error.ts'
import type { Gate } from '../playbook/play.ts'
import type { SyncDemand } from '../sync/judge.ts'
import { type CollectedPair, collectPair } from './collect.ts'
import type { RunContext, Troubles } from './context.ts'
import { armReceivers, type Ends, openEnds } from './ends.ts'
import type { Phase } from './events.ts'
import { passGate } from './gate.ts'
import { demandsOf, type Pair } from './pair.ts'
import { allOf } from './patience.ts'
import { salvage, stopSenders } from './salvage.ts'
import { type StartedPair, startSenders } from './start.ts'
import { AttemptVoid, watchTraffic } from './traffic.ts'

export interface AttemptOptions {
  readonly pairs: readonly Pair[]
  readonly gate: Gate
  readonly attempt: number
  readonly of: number
  readonly troubles: Troubles
  readonly context: RunContext
  /** Times that the carrier of each host's test interface changed so far, where that can be asked. */
  readonly carrierChanges: () => Promise<ReadonlyMap<string, number>>
  readonly inPhase: <T>(phase: Phase, body: () => Promise<T>) => Promise<T>
}

/** `void`: worth another attempt; `failed`: the run cannot go on. What could be read was read in either case. */
export type AttemptOutcome =
  | { readonly kind: 'valid'; readonly collected: readonly CollectedPair[] }
  | { readonly kind: 'void'; readonly reasons: readonly string[]; readonly collected: readonly CollectedPair[] }
  | { readonly kind: 'failed'; readonly error: LockstepError; readonly collected: readonly CollectedPair[] }

/** Connects, waits at the gate, starts the traffic, watches it, reads the logs. The connections are its own. */
export async function runAttempt(options: AttemptOptions): Promise<AttemptOutcome> {
  const { pairs, troubles, inPhase } = options
  // What we close ourselves does not die.
  const quiet = { now: false }
  const ends = await openEnds(pairs, { ...troubles, report: trouble => quiet.now || troubles.report(trouble) })
  const progress: Progress = { started: [] }
  try {
    await throughTraffic(ends, progress, options)
    quiet.now = true
    const collected = await inPhase('collect', () => Promise.all(ends.pairs.map(open => collectPair(open))))
    await stopSenders(ends.pairs, progress.started)
    return { kind: 'valid', collected }
  } catch (error) {
    quiet.now = true
    const collected = await salvage(ends.pairs, progress.started)
    return whatCameOf(error, collected, options.context)
  } finally {
    quiet.now = true
    await ends.close()
  }
}

/** What an attempt has done so far, for whoever has to clean up after it. */
interface Progress {
  started: readonly StartedPair[]
}

function whatCameOf(error: unknown, collected: readonly CollectedPair[], { signal }: RunContext): AttemptOutcome {
  if (error instanceof AttemptVoid) return { kind: 'void', reasons: error.reasons, collected }
  if (!(error instanceof LockstepError)) throw error
  // A management connection that broke or an isochron that refused: another attempt may do better.
  if (!signal.aborted && error.code.startsWith('WIRE_')) {
    return { kind: 'void', reasons: problemsOf(error).map(({ message }) => message), collected }
  }
  return { kind: 'failed', error, collected }
}

async function throughTraffic(ends: Ends, progress: Progress, options: AttemptOptions): Promise<void> {
  const { gate, attempt, inPhase, troubles, context } = options
  const demands = demandsOf(options.pairs, gate.offset)
  await inPhase('gate', () => untilDeath(troubles, () => passGate(ends, demands, gate, attempt, context)))
  await inPhase('traffic', () => traffic(ends, demands, progress, options))
}

/** A process that dies while we wait ends the waiting. */
async function untilDeath(troubles: Troubles, body: () => Promise<void>): Promise<void> {
  let stop = () => {}
  const death = new Promise<never>((_, reject) => {
    stop = troubles.listen(trouble => {
      if (trouble.kind === 'died') reject(new AttemptVoid([trouble.what]))
    })
  })
  try {
    await Promise.race([body(), death])
  } finally {
    stop()
  }
}

async function traffic(
  ends: Ends,
  demands: readonly SyncDemand[],
  progress: Progress,
  options: AttemptOptions,
): Promise<void> {
  const { attempt, of, context, troubles, carrierChanges } = options
  const [before] = await allOf([carrierChanges(), armReceivers(ends).then(() => undefined)])
  context.emit({ kind: 'attempt_started', attempt, of })
  // From here on there may be senders to stop, also when the start of another one fails.
  const { started, moved } = await startSenders(ends)
  progress.started = started
  if (started[0] !== undefined) context.noteClock(started[0].clock)
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
