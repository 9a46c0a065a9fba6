import { isGood, type JudgedReading, type SyncDemand } from '../sync/judge.ts'
import type { RunContext, Trouble, Troubles } from './context.ts'
import type { Ends, HostClock, OpenPair } from './ends.ts'
import { askRound } from './gate.ts'
import { sleep } from './patience.ts'
import type { StartedPair } from './start.ts'

/** Senders are asked this often at most while their traffic flows. */
const askEveryMs = 500
/** For frames that are still on the way when the last one was due. */
const graceMs = 100
/** A daemon calls a test finished at the latest 2 s after its last timestamp; the rest is for a busy host. */
const finishWithinMs = 7_000
const pollMs = 20

/** What voids an attempt. Thrown inside it, and caught by whoever runs the attempts. */
export class AttemptVoid extends Error {
  readonly reasons: readonly string[]

  constructor(reasons: readonly string[]) {
    super(reasons.join('; '))
    this.reasons = reasons
  }
}

export interface TrafficWatch {
  readonly ends: Ends
  readonly started: readonly StartedPair[]
  readonly demands: readonly SyncDemand[]
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
  refuseClosed(ends)
  const voided = new AbortController()
  const signal = AbortSignal.any([voided.signal, context.signal])
  const stopListening = watch.troubles.listen(trouble => {
    void suspect(watch, trouble).then(
      reasons => {
        if (reasons.length > 0) voided.abort(new AttemptVoid(reasons))
      },
      reason => voided.abort(reason),
    )
  })
  try {
    const end = Math.max(...started.map(({ lastFrameAt }) => lastFrameAt))
    const during = new Map([...ends.clocks].filter(([, clock]) => clock.mayAskDuringTraffic))
    while (end - performance.now() > askEveryMs) {
      await sleep(askEveryMs, signal)
      await look(
        watch,
        during,
        demands.filter(({ host }) => during.has(host)),
        signal,
      )
      await refuseFailed(started)
    }
    await sleep(end - performance.now(), signal)
    await Promise.all(started.map(each => untilFinished(each, signal)))
    await sleep(graceMs, signal)
    await look(watch, ends.clocks, demands, signal)
  } finally {
    stopListening()
  }
}

/** Who died before anybody listened. */
function refuseClosed({ pairs }: Ends): void {
  const closed = pairs
    .flatMap(({ sender, receiver }) => [sender.closed, receiver.closed])
    .filter(({ aborted }) => aborted)
  if (closed.length > 0) throw new AttemptVoid(closed.map(({ reason }) => (reason as Error).message))
}

/** Asks these clocks; a bad answer is asked again at once, and bad twice voids the attempt. */
async function look(
  { attempt, context }: TrafficWatch,
  clocks: ReadonlyMap<string, HostClock>,
  demands: readonly SyncDemand[],
  signal: AbortSignal,
): Promise<void> {
  const ask = async () => {
    const judged = await askRound(clocks, demands)
    for (const { reading, reasons } of judged)
      context.keepReading({ ...reading, phase: 'traffic', attempt, ok: reasons.length === 0, reasons })
    context.emit({ kind: 'traffic_reading', hosts: judged })
    signal.throwIfAborted()
    return judged
  }
  if (isGood(await ask())) return
  const again = await ask()
  if (!isGood(again)) throw new AttemptVoid(again.flatMap(inWords))
}

const inWords = ({ reading, reasons }: JudgedReading): string[] => reasons.map(reason => `${reading.host}: ${reason}`)

/** A suspicious line of ptp4l or phc2sys is checked against the clocks themselves; everything else speaks for itself. */
async function suspect({ ends, demands, attempt, context }: TrafficWatch, trouble: Trouble): Promise<string[]> {
  if (trouble.kind === 'lost') return [trouble.error.message]
  if (trouble.kind === 'died') return [trouble.what]
  const demand = demands.filter(({ host }) => host === trouble.host)
  const judged = await askRound(ends.clocks, demand)
  for (const { reading, reasons } of judged)
    context.keepReading({ ...reading, phase: 'traffic', attempt, ok: reasons.length === 0, reasons })
  return isGood(judged) ? [] : [`${trouble.host}: ${trouble.reason}`, ...judged.flatMap(inWords)]
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
    await sleep(pollMs, signal)
  }
}
