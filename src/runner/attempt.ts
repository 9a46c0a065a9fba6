import { LockstepError, problemsOf } from '../errors/error.ts'
import type { Gate } from '../playbook/play.ts'
import type { SyncDemand } from '../sync/judge.ts'
import { type CollectedPair, collectPair, hasLog } from './collect.ts'
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
  /** The phase in which the management connections are made. */
  readonly opensIn: 'connect' | 'gate'
  readonly inPhase: <T>(phase: Phase, body: () => Promise<T>) => Promise<T>
}

/** `void`: worth another attempt; `failed`: the run cannot go on. What could be read was read in either case. */
export type AttemptOutcome =
  | { readonly kind: 'valid'; readonly collected: readonly CollectedPair[] }
  | { readonly kind: 'void'; readonly reasons: readonly string[]; readonly collected: readonly CollectedPair[] }
  | { readonly kind: 'failed'; readonly error: LockstepError; readonly collected: readonly CollectedPair[] }

/** Connects, waits at the gate, starts the traffic, watches it, reads the logs. The connections are its own. */
export async function runAttempt(options: AttemptOptions): Promise<AttemptOutcome> {
  // What we close ourselves does not die.
  const progress: Progress = { ends: undefined, started: [], closing: false }
  try {
    const ends = await throughTraffic(progress, options)
    progress.closing = true
    const collected = await options.inPhase('collect', () => Promise.all(ends.pairs.map(collectPair)))
    await stopSenders(ends.pairs, progress.started)
    const missing = collected.flatMap(missingLogs)
    return missing.length > 0 ? { kind: 'void', reasons: missing, collected } : { kind: 'valid', collected }
  } catch (error) {
    progress.closing = true
    const collected = await salvage(progress.ends?.pairs ?? [], progress.started)
    return whatCameOf(error, collected, progress, options)
  } finally {
    progress.closing = true
    await progress.ends?.close()
  }
}

/** An end that died between the last look and the reading of its log. The logs of the others are kept. */
const missingLogs = ({ open: { pair }, sender, receiver }: CollectedPair): string[] =>
  [
    { end: 'sender' as const, log: sender },
    { end: 'receiver' as const, log: receiver },
  ].flatMap(({ end, log }) =>
    hasLog(log) ? [] : [`the log of ${end} ${pair.name} on ${pair[end].host} could not be read: ${log.missing}`],
  )

/** What an attempt has done so far, for whoever has to clean up after it. */
interface Progress {
  ends: Ends | undefined
  started: readonly StartedPair[]
  closing: boolean
}

function whatCameOf(
  error: unknown,
  collected: readonly CollectedPair[],
  { ends }: Progress,
  { opensIn, context }: AttemptOptions,
): AttemptOutcome {
  if (error instanceof AttemptVoid) return { kind: 'void', reasons: error.reasons, collected }
  if (!(error instanceof LockstepError)) throw error
  // Who could not be reached at all is not reached by trying again.
  const unreachable = ends === undefined && opensIn === 'connect'
  // A management connection that broke or an isochron that refused: another attempt may do better.
  if (error.code.startsWith('WIRE_') && !unreachable && !context.signal.aborted) {
    return { kind: 'void', reasons: problemsOf(error).map(({ message }) => message), collected }
  }
  return { kind: 'failed', error, collected }
}

async function throughTraffic(progress: Progress, options: AttemptOptions): Promise<Ends> {
  const { pairs, gate, attempt, opensIn, inPhase, troubles, context } = options
  const report: Troubles['report'] = trouble => {
    if (!progress.closing) troubles.report(trouble)
  }
  const open = async () => {
    progress.ends = await openEnds(pairs, { ...troubles, report })
    return progress.ends
  }
  const opened = opensIn === 'connect' ? await inPhase('connect', open) : undefined
  const demands = demandsOf(pairs, gate.offset)
  const ends = await inPhase('gate', async () => {
    const all = opened ?? (await open())
    await untilDeath(troubles, () => passGate(all, demands, gate, attempt, context))
    return all
  })
  await inPhase('traffic', () => traffic(ends, demands, progress, options))
  return ends
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
