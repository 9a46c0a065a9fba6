import { LockstepError } from '../errors/error.ts'
import type { Capture, Timestamps } from '../playbook/capture.ts'
import type { Play } from '../playbook/play.ts'
import { pause } from '../transport/deadline.ts'
import { chooseTimestamps } from './capture-check.ts'
import { captureLog, captureProcess, captureSpec } from './capture-command.ts'
import { fetchCapture } from './capture-fetch.ts'
import { captureEnding, complaints } from './capture-words.ts'
import type { RunContext } from './context.ts'
import type { HostSession } from './host-session.ts'
import { allOf } from './patience.ts'
import type { Processes } from './processes.ts'
import type { CaptureResult } from './result.ts'
import type { RunFolder } from './run-folder.ts'

/** What tcpdump records beside the flows of a run, on all hosts that capture. What goes wrong with it voids nothing. */
export interface Captures {
  /** Starts those that do not run; fulfilled when they hear packets. */
  ready(): Promise<void>
  /** Ends all of them when they have seen what was sent so far. */
  stop(): Promise<void>
  /** Fetches those that were stopped into a folder of the run folder. */
  fetch(into: string): Promise<readonly CaptureResult[]>
  /** From now on every end is an expected one. */
  expectEnds(): void
}

/** A recording that was started. */
export interface Recording {
  readonly capture: Capture
  readonly session: HostSession
  readonly number: number
  readonly timestamps: Timestamps
  stopped: boolean
  /** Why it has ended by itself. */
  fault: string | undefined
}

/** The kernel hands packets over in blocks, which it closes after the second that tcpdump asks for: libpcap's TPACKET_V3. */
const blockMs = 1_200
const askMs = 10_000

/** Undefined when nothing is to be captured. */
export function capturesOf(
  { captures }: Pick<Play, 'captures'>,
  sessions: ReadonlyMap<string, HostSession>,
  running: Processes,
  context: RunContext & { readonly folder: RunFolder },
): Captures | undefined {
  if (captures.length === 0) return undefined
  const { emit, signal } = context
  const recordings = new Map<string, Recording>()
  let count = 0

  const startOne = async (capture: Capture, number: number) => {
    const session = sessions.get(capture.host)
    if (session === undefined) throw new TypeError(`the play captures on ${capture.host}, which is no host of it`)
    const timestamps = await chooseTimestamps(capture, session.interface, argv => askOf(session, signal)(argv))
    const spec = captureSpec(capture, { folder: session.folder, number, timestamps })
    const recording: Recording = { capture, session, number, timestamps, stopped: false, fault: undefined }
    try {
      await running.start(session, spec)
    } catch (error) {
      throw await inItsWords(error, recording)
    }
    recordings.set(capture.host, recording)
    void noticeEnd(recording)
  }

  const noticeEnd = async (recording: Recording) => {
    const { capture, session, number } = recording
    try {
      await running.untilEnded(session, captureProcess(number), signal)
      if (recording.stopped) return
      const log = await logOf(recording)
      if (recording.stopped) return
      recording.fault = captureEnding(log)
      const said = complaints(log)
      emit({
        kind: 'warning',
        host: capture.host,
        message: `the capture at ${capture.interface} is over before its time: ${recording.fault}`,
        ...(said.length === 0 ? {} : { hint: `it said: ${said.join(' | ')}` }),
      })
    } catch (error) {
      // Whoever ends the run ends this as well, and who has lost the host is told of it.
      if (!signal.aborted && !(error instanceof LockstepError)) throw error
    }
  }

  const logOf = async ({ session, number }: Pick<Recording, 'session' | 'number'>) => {
    const file = captureLog({ folder: session.folder, number, timestamps: undefined })
    return (await askOf(session, signal)(['cat', file])).stdout.toString('utf8')
  }

  const inItsWords = async (error: unknown, { capture, session, number }: Recording): Promise<unknown> => {
    if (!(error instanceof LockstepError) || error.code !== 'STEP_PROCESS') return error
    const said = complaints(await logOf({ session, number })).join(' | ')
    return new LockstepError('STEP_PROCESS', `tcpdump cannot capture at ${capture.interface} of ${capture.host}`, {
      hint: said === '' ? error.hint : `it said: ${said}`,
      cause: error,
    })
  }

  const stopOne = async (recording: Recording) => {
    recording.stopped = true
    try {
      await running.stop(recording.session, captureProcess(recording.number))
    } catch (error) {
      // The host is lost: that its capture cannot be had either is told when it is fetched.
      if (!(error instanceof LockstepError)) throw error
    }
  }

  return {
    ready: async () => {
      const lacking = captures.filter(({ host }) => recordings.get(host)?.fault !== undefined || !recordings.has(host))
      if (lacking.length === 0) return
      count += 1
      await allOf(lacking.map(capture => startOne(capture, count)))
    },
    stop: async () => {
      await pause(blockMs, signal)
      await allOf([...recordings.values()].map(stopOne))
    },
    fetch: async into => {
      const inOrder = captures.flatMap(({ host }) => recordings.get(host) ?? [])
      const found = await allOf(inOrder.map(each => fetchCapture(each, into, context)))
      recordings.clear()
      return found
    },
    expectEnds: () => {
      for (const recording of recordings.values()) recording.stopped = true
    },
  }
}

const askOf = (session: HostSession, signal: AbortSignal) => (argv: readonly string[]) =>
  session.ask(argv, { timeoutMs: askMs, signal })
