import type { Gate } from '../playbook/play.ts'
import { isGood, type JudgedReading, type SyncDemand } from '../sync/judge.ts'
import { pause } from '../transport/deadline.ts'
import { toMs } from '../units/quantity.ts'
import { AttemptVoid } from './attempt-void.ts'
import type { RunContext, Trouble, Troubles } from './context.ts'
import type { Ends, OpenPair } from './ends.ts'
import { anySignal } from './patience.ts'
import type { ProcessFlows } from './process-flows.ts'
import type { StartedPair } from './start.ts'
import { askRound, roundReasons } from './sync-round.ts'

/** Senders are asked this often at most while their traffic flows. */
const leastMs = 500
/** A daemon calls a test finished at the latest 2 s after its last timestamp; the rest is for a busy host. */
const finishWithinMs = 7_000
const pollMs = 20

export interface TrafficWatch {
  readonly ends: Ends
  readonly started: readonly StartedPair[]
  /** Flows whose senders are processes, which end when they are done. */
  readonly others: ProcessFlows | undefined
  /** When the last of them is to end (performance.now()); undefined where that is not known. */
  readonly othersEndAt?: number | undefined
  /** What else is to be looked at when all frames have arrived. */
  readonly whenOver?: () => Promise<void>
  readonly demands: readonly SyncDemand[]
  readonly gate: Pick<Gate, 'every' | 'bad'>
  readonly attempt: number
  readonly troubles: Troubles
  readonly context: RunContext
}

/**
 * Waits until every sender has sent its last frame, with an eye on clocks, processes and links, and looks at every host
 * once more when the frames have arrived. Fails with AttemptVoid.
 */
export async function watchTraffic(watch: TrafficWatch): Promise<void> {
  const { ends, started, demands, context } = watch
  const askEveryMs = Math.max(leastMs, toMs(watch.gate.every))
  refuseClosed(ends)
  const over = new AbortController()
  const signal = anySignal(over.signal, context.signal)
  const stopListening = watch.troubles.listen(trouble => {
    suspect(watch, trouble).then(
      reasons => {
        if (reasons.length > 0) over.abort(new AttemptVoid(reasons))
      },
      error => over.abort(error),
    )
  })
  try {
    const end = Math.max(performance.now(), ...started.map(({ lastFrameAt }) => lastFrameAt))
    const others = stillRunning(watch.others?.untilOver(signal))
    const during = new Map([...ends.clocks].filter(([, clock]) => clock.mayAskDuringTraffic))
    const asked = demands.filter(({ host }) => during.has(host))
    const mayEnd = () => !others.isRunning() && end - performance.now() <= askEveryMs
    while (!mayEnd()) {
      const waitedForOthers = others.isRunning()
      await (others.isRunning() ? Promise.race([pause(askEveryMs, signal), others.over]) : pause(askEveryMs, signal))
      // What has just ended is followed by the last look.
      if (waitedForOthers && mayEnd()) break
      // So is what is about to end.
      const leftMs = (watch.othersEndAt ?? 0) - performance.now()
      if (waitedForOthers && started.length === 0 && leftMs > 0 && leftMs < askEveryMs) continue
      await look(watch, asked, signal)
      await refuseFailed(started)
    }
    await others.over
    if (started.length > 0) await untilAllFinished(started, end, signal)
    await bothOf(look(watch, demands, signal), watch.whenOver?.() ?? Promise.resolve())
  } finally {
    stopListening()
    // Whoever still waits for a sender of this attempt waits in vain.
    over.abort(new AttemptVoid(['the attempt is over']))
  }
}

/** Both to their end: what either finds voids the attempt. */
async function bothOf(...looks: readonly [Promise<void>, Promise<void>]): Promise<void> {
  const failures = (await Promise.allSettled(looks)).flatMap(look => (look.status === 'rejected' ? [look.reason] : []))
  const other = failures.find(failure => !(failure instanceof AttemptVoid))
  if (other !== undefined) throw other
  if (failures.length > 0) throw new AttemptVoid(failures.flatMap(({ reasons }: AttemptVoid) => reasons))
}

/** Whether something still goes on, and when that is over; what fails fails whoever waits. */
function stillRunning(running: Promise<void> = Promise.resolve()) {
  let isOver = false
  const over = running.finally(() => {
    isOver = true
  })
  // Nobody may be waiting when it fails; who waits later is told.
  over.catch(() => undefined)
  return { isRunning: () => !isOver, over }
}

/** Who died before anybody listened. */
function refuseClosed({ pairs }: Ends): void {
  const closed = pairs
    .flatMap(({ sender, receiver }) => [sender.closed, receiver.closed])
    .filter(({ aborted }) => aborted)
  if (closed.length > 0) throw new AttemptVoid(closed.map(({ reason }) => (reason as Error).message))
}

/** Asks these hosts; bad answers are asked again, and so many in a row as the gate says void the attempt. */
async function look(watch: TrafficWatch, demands: readonly SyncDemand[], signal: AbortSignal): Promise<void> {
  // Nobody asked for clocks or links: `sync: none`.
  if (watch.demands.length === 0) return
  const judged = await askUntilGood(watch, watch.gate.bad, async () => {
    const answer = await askDuringTraffic(watch, demands)
    watch.context.emit({ kind: 'traffic_reading', hosts: answer })
    signal.throwIfAborted()
    return answer
  })
  if (!isGood(judged)) throw new AttemptVoid(roundReasons(judged))
}

/** Asks up to so many times, the second time at once and then as far apart as rounds of the gate; the last answers. */
async function askUntilGood(
  { gate, context }: TrafficWatch,
  times: number,
  ask: () => Promise<readonly JudgedReading[]>,
): Promise<readonly JudgedReading[]> {
  for (let asked = 1; ; asked++) {
    const judged = await ask()
    if (isGood(judged) || asked >= times) return judged
    if (asked > 1) await pause(toMs(gate.every), context.signal)
  }
}

const askDuringTraffic = ({ ends, attempt, context }: TrafficWatch, demands: readonly SyncDemand[]) =>
  askRound(ends.clocks, demands, { phase: 'traffic', attempt }, context)

/**
 * A suspicious line of ptp4l or phc2sys is checked against the clock itself. A host that only receives is not asked while
 * frames arrive: there the next line decides.
 */
async function suspect(watch: TrafficWatch, trouble: Trouble): Promise<string[]> {
  if (trouble.kind === 'died') return [trouble.what]
  const { host, reason, inARow } = trouble
  const clock = watch.ends.clocks.get(host)
  const { bad } = watch.gate
  if (clock === undefined || !clock.mayAskDuringTraffic) return inARow >= bad ? [`${host}: ${reason}`] : []
  const own = watch.demands.filter(each => each.host === host)
  // The line itself is the first of the bad answers; it is never the only one.
  const judged = await askUntilGood(watch, Math.max(1, bad - 1), () => askDuringTraffic(watch, own))
  return isGood(judged) ? [] : [`${host}: ${reason}`, ...roundReasons(judged)]
}

async function refuseFailed(started: readonly StartedPair[]): Promise<void> {
  const states = await Promise.all(
    started.map(async ({ open }) => ({ open, state: await open.sender.get('testState') })),
  )
  const failed = states.filter(({ state }) => state === 'failed')
  if (failed.length > 0) throw new AttemptVoid(await Promise.all(failed.map(({ open }) => failureOf(open))))
}

/** A sender that failed says in its error slot which of its threads it was. */
async function failureOf({ pair, sender }: OpenPair): Promise<string> {
  const { text } = await sender.lastError('testState')
  return `sender ${pair.name} says that its test failed${text === '' ? '' : `: ${text}`}`
}

async function untilAllFinished(started: readonly StartedPair[], end: number, signal: AbortSignal): Promise<void> {
  await pause(end - performance.now(), signal)
  await Promise.all(started.map(each => untilFinished(each, signal)))
  await pause(Math.max(...started.map(({ open }) => toMs(open.pair.test.grace))), signal)
}

/** Without timestamps a daemon never calls its test finished: its computed end counts. */
async function untilFinished({ open, lastFrameAt }: StartedPair, signal: AbortSignal): Promise<void> {
  if (!open.pair.test.timestamps) return
  for (;;) {
    const state = await open.sender.get('testState')
    if (state === 'idle') return
    if (state === 'failed') throw new AttemptVoid([await failureOf(open)])
    if (performance.now() > lastFrameAt + finishWithinMs) {
      throw new AttemptVoid([
        `sender ${open.pair.name} still sends ${finishWithinMs / 1000} s after its last frame was due`,
      ])
    }
    await pause(pollMs, signal)
  }
}
