import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { LockstepError } from '../errors/error.ts'
import { pullFile } from '../transport/files.ts'
import type { Octets } from '../units/quantity.ts'
import { formatSize } from '../units/size.ts'
import { captureFile, captureLog } from './capture-command.ts'
import { settleCapture } from './capture-file.ts'
import { captureFault, readCounts } from './capture-words.ts'
import type { Recording } from './captures.ts'
import type { RunContext } from './context.ts'
import type { CaptureResult } from './result.ts'
import type { RunFolder } from './run-folder.ts'
import { compareSums } from './steps/pull.ts'

type FetchContext = RunContext & { readonly folder: RunFolder }

const askMs = 60_000
/** For each octet of the bound: a link of 1 MB/s is slow, and still worth waiting for. */
const fetchMs = (size: Octets) => askMs + Math.ceil(Number(size) / 1000)

/** Brings a recording that has ended into the run folder, says what became of it, and warns of what is not in it. */
export async function fetchCapture(recording: Recording, into: string, context: FetchContext): Promise<CaptureResult> {
  const { capture, timestamps } = recording
  const { host, interface: device, filter } = capture
  const head = { host, interface: device, ...(filter === undefined ? {} : { filter }), timestamps }
  let result: CaptureResult
  try {
    result = { ...head, ...(await fetched(recording, into, context)) }
  } catch (error) {
    if (context.signal.aborted || !(error instanceof LockstepError)) throw error
    result = { ...head, packets: 0, fault: error.message }
    context.emit({ kind: 'warning', host, message: `the capture could not be fetched: ${error.message}` })
  }
  context.emit({ kind: 'capture_collected', ...result })
  for (const warning of warningsOf(result, capture.size)) context.emit({ kind: 'warning', host, ...warning })
  return result
}

async function fetched({ capture, session, number, fault }: Recording, into: string, context: FetchContext) {
  const { connection, folder: remote } = session
  const { signal, folder } = context
  const site = { folder: remote, number, timestamps: undefined }
  const ask = (argv: readonly string[]) => session.ask(argv, { timeoutMs: fetchMs(capture.size), signal })
  const log = (await ask(['cat', captureLog(site)])).stdout.toString('utf8')
  const file = `${into}/${capture.host}.pcap`
  folder.write(`${into}/${capture.host}.log`, log)
  const to = join(folder.path, file)
  await inFolder(to, async () => {
    mkdirSync(join(folder.path, into), { recursive: true })
    await pullFile(connection, captureFile(site), to, { timeoutMs: fetchMs(capture.size), signal })
  })
  await compareSums(captureFile(site), to, ask)
  // The next attempt has a file of its own, and the host only so much room.
  await ask(['rm', '-f', '--', captureFile(site)])
  const { packets, size, octets, precision } = await inFolder(to, () => settleCapture(to))
  const { captured, dropped, droppedByInterface } = readCounts(log)
  const why = fault ?? captureFault(log)
  return {
    file,
    packets,
    octets,
    ...(precision === undefined ? {} : { precision }),
    ...(captured === undefined ? {} : { captured }),
    ...(dropped === undefined ? {} : { dropped }),
    ...(droppedByInterface === undefined ? {} : { droppedByInterface }),
    ...(size >= capture.size && captured !== packets ? { full: true as const } : {}),
    ...(why === undefined ? {} : { fault: why }),
  }
}

/** What this machine's disk says is no bug of ours. */
async function inFolder<T>(file: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body()
  } catch (cause) {
    if (cause instanceof LockstepError || (cause as NodeJS.ErrnoException).syscall === undefined) throw cause
    throw new LockstepError('USAGE_FILE', `cannot write ${file}: ${(cause as Error).message}`, { cause })
  }
}

function warningsOf({ interface: device, dropped = 0, droppedByInterface = 0, full }: CaptureResult, bound: Octets) {
  const lost = (count: number, by: string) =>
    count === 0
      ? []
      : [
          {
            message: `the capture at ${device} lacks ${count === 1 ? 'a packet' : `${count} packets`} that the ${by} dropped`,
            hint: 'a filter and a smaller snaplen leave it less to do',
          },
        ]
  const cut = {
    message: `the capture at ${device} has reached its bound of ${formatSize(bound)}: later packets are not in it`,
    hint: 'raise its size, or keep less with a filter or a smaller snaplen',
  }
  return [...lost(dropped, 'kernel'), ...lost(droppedByInterface, 'interface'), ...(full ? [cut] : [])]
}
