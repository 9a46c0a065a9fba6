import { LockstepError, problemsOf } from '../errors/error.ts'
import type { Gate } from '../playbook/play.ts'
import { isEndless } from '../tools/isochron.ts'
import { AttemptVoid } from './attempt-void.ts'
import type { Captures } from './captures.ts'
import { type CollectedPair, collectPair, hasLog } from './collect.ts'
import type { RunContext, Troubles } from './context.ts'
import { type Ends, type HostClock, openEnds } from './ends.ts'
import type { Phase } from './events.ts'
import type { CollectedFlow } from './flow-outputs.ts'
import { passGate } from './gate.ts'
import type { OtherFlows } from './other-flows.ts'
import { demandsOf, type Pair } from './pair.ts'
import { anySignal } from './patience.ts'
import type { CaptureResult } from './result.ts'
import { type Salvaged, salvage, stopSenders } from './salvage.ts'
import { type ServoReading, withServo } from './servo-heard.ts'
import type { StartedPair } from './start.ts'
import { runTraffic } from './traffic-phase.ts'

export interface AttemptOptions {
  readonly pairs: readonly Pair[]
  /** Flows whose ends are processes, beside the pairs; undefined: none. */
  readonly others: OtherFlows | undefined
  /** What is recorded beside all flows; undefined: nothing. */
  readonly captures: Captures | undefined
  readonly gate: Gate
  /** What each host's own ptp4l says of its servo, where the gate asks for that. */
  readonly servos: ReadonlyMap<string, () => ServoReading>
  readonly attempt: number
  readonly of: number
  /** Whether the clocks have to be in step before it; a round goes on where the last one was watched. */
  readonly isGated: boolean
  readonly troubles: Troubles
  readonly context: RunContext
  /** Times that the carrier of each host's test interface changed so far, where that can be asked. */
  readonly carrierChanges: () => Promise<ReadonlyMap<string, number>>
  /** The phase in which the management connections are made. */
  readonly opensIn: 'connect' | 'gate'
  readonly inPhase: <T>(phase: Phase, body: () => Promise<T>) => Promise<T>
}

/** What came of an attempt. What could be read was read, whatever became of it. */
export interface AttemptOutcome extends Salvaged {
  readonly outputs: readonly CollectedFlow[]
  readonly captures: readonly CaptureResult[]
  readonly trafficStarted: boolean
  /** Undefined for a valid attempt. */
  readonly trouble: AttemptTrouble | undefined
}

/** `void`: worth another attempt; `fatal`: the run cannot go on. */
export type AttemptTrouble =
  | { readonly kind: 'void'; readonly reasons: readonly string[] }
  | { readonly kind: 'fatal'; readonly error: LockstepError }

/** Connects, waits at the gate, starts the traffic, watches it, reads the logs. The connections are its own. */
export async function runAttempt(options: AttemptOptions): Promise<AttemptOutcome> {
  // What we close ourselves does not die.
  const progress: Progress = { ends: undefined, started: [], begun: false, closing: false }
  try {
    const ends = await throughTraffic(progress, options)
    progress.closing = true
    const found = await options.inPhase('collect', () => collect(ends, options))
    const stuck = await stopSenders(ends.pairs, progress.started)
    return { ...found, stuck, trafficStarted: true }
  } catch (error) {
    progress.closing = true
    const inHurry = options.context.signal.aborted
    const [salvaged, outputs, captures] = await Promise.all([
      salvage(progress.ends?.pairs ?? [], progress.started, { inHurry }),
      options.others?.flows.abandon(inHurry) ?? [],
      inHurry || !progress.begun ? [] : abandonCaptures(options),
    ])
    const trouble = troubleOf(error, progress, options)
    return { ...salvaged, outputs, captures, trafficStarted: progress.begun, trouble }
  } finally {
    progress.closing = true
    await progress.ends?.close()
  }
}

/** Reads what all ends have, and then brings the captures to where they belong: a void attempt has a folder of its own. */
async function collect(ends: Ends, { others, captures, attempt }: AttemptOptions) {
  const [collected, outputs] = await Promise.all([
    Promise.all(ends.pairs.map(collectPair)),
    others?.flows.collect() ?? [],
    captures?.stop(),
  ])
  const reasons = [...collected.flatMap(missingLogs), ...outputs.flatMap(faultsOf)]
  const trouble = reasons.length > 0 ? ({ kind: 'void', reasons } as const) : undefined
  const into = trouble === undefined ? 'captures' : voidFolder(attempt)
  return { collected, outputs, captures: (await captures?.fetch(into)) ?? [], trouble }
}

/** What cannot be had of an attempt that does not count is no further trouble. */
async function abandonCaptures({ captures, attempt, context }: AttemptOptions): Promise<readonly CaptureResult[]> {
  try {
    await captures?.stop()
    return (await captures?.fetch(voidFolder(attempt))) ?? []
  } catch (error) {
    if (!context.signal.aborted) throw error
    return []
  }
}

const voidFolder = (attempt: number) => `attempts/${attempt}`

const faultsOf = ({ flow, reading }: CollectedFlow): string[] => reading.faults.map(fault => `${flow.name}: ${fault}`)

/** An end that died between the last look and the reading of its log. The logs of the others are kept. */
const missingLogs = ({ open: { pair }, sender, receiver }: CollectedPair): string[] =>
  [
    { end: 'sender' as const, log: sender },
    { end: 'receiver' as const, log: receiver },
  ].flatMap(({ end, log }) =>
    hasLog(log) || isEndless(pair.test)
      ? []
      : [`the log of ${end} ${pair.name} on ${pair[end].host} could not be read: ${log.missing}`],
  )

/** What an attempt has done so far, for whoever has to clean up after it. */
interface Progress {
  ends: Ends | undefined
  started: readonly StartedPair[]
  /** Whether some sender may have been told to start. */
  begun: boolean
  closing: boolean
}

function troubleOf(error: unknown, { ends }: Progress, { opensIn, context, troubles }: AttemptOptions): AttemptTrouble {
  // The end of a connection is often noticed before the end of the process that explains it.
  const voided = (reasons: readonly string[]) => {
    return { kind: 'void', reasons: [...new Set([...reasons, ...troubles.deaths()])] } as const
  }
  if (error instanceof AttemptVoid) return voided(error.reasons)
  if (!(error instanceof LockstepError)) throw error
  // Who could not be reached at all is not reached by trying again.
  const unreachable = ends === undefined && opensIn === 'connect'
  if (!isPassing(error) || unreachable || context.signal.aborted) return { kind: 'fatal', error }
  return voided(problemsOf(error).map(({ message }) => message))
}

/** A management connection that broke or was refused, an isochron that said no: another attempt may do better. */
const isPassing = ({ code }: LockstepError): boolean => code.startsWith('WIRE_') || code === 'SSH_FORWARD'

async function throughTraffic(progress: Progress, options: AttemptOptions): Promise<Ends> {
  const { pairs, others, captures, gate, servos, attempt, opensIn, inPhase, troubles, context } = options
  const report: Troubles['report'] = trouble => {
    if (!progress.closing) troubles.report(trouble)
  }
  const withServoOf = (host: string, clock: HostClock) => {
    const heard = servos.get(host)
    return heard === undefined ? clock : withServo(clock, heard)
  }
  const open = async () => {
    const ends = await openEnds(pairs, { ...troubles, report })
    // An isochron that answers tells of its host's clocks; the other hosts are asked in another way.
    const clocks = [...(others?.clocks ?? []), ...ends.clocks]
    progress.ends = { ...ends, clocks: new Map(clocks.map(([host, clock]) => [host, withServoOf(host, clock)])) }
    return progress.ends
  }
  const opened = opensIn === 'connect' ? await inPhase('connect', open) : undefined
  const demands = demandsOf(pairs, gate, others?.gated)
  const ends = await inPhase('gate', async () => {
    const all = opened ?? (await open())
    await others?.flows.ready()
    await captures?.ready()
    if (demands.length > 0 && options.isGated)
      await untilDeath(troubles, context, alive => passGate(all, demands, gate, attempt, alive))
    return all
  })
  await inPhase('traffic', () => {
    const note = (started: readonly StartedPair[]) => {
      progress.started = started
      progress.begun = true
    }
    return runTraffic(ends, demands, note, options)
  })
  return ends
}

/** A process that dies while we wait ends the waiting, and whatever was done meanwhile. */
async function untilDeath(
  troubles: Troubles,
  context: RunContext,
  body: (context: RunContext) => Promise<void>,
): Promise<void> {
  const death = new AbortController()
  const stopListening = troubles.listen(trouble => {
    if (trouble.kind === 'died') death.abort(new AttemptVoid([trouble.what]))
  })
  try {
    await body({ ...context, signal: anySignal(context.signal, death.signal) })
  } finally {
    stopListening()
  }
}
