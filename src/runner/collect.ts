import { LockstepError, problemsOf } from '../errors/error.ts'
import { isEndless } from '../tools/isochron.ts'
import { packetLog } from '../wire/packet-log.ts'
import { type OpenPair, openClient } from './ends.ts'

/** What was read of one pair; an end whose log could not be had says why. */
export interface CollectedPair {
  readonly open: OpenPair
  readonly sender: CollectedLog
  readonly receiver: CollectedLog
}

export type CollectedLog = { readonly bytes: Buffer; readonly packets: number } | { readonly missing: string }

/** isochron makes room for a log by the count of frames. */
const nothingKept: CollectedLog = { missing: 'no packet log is kept of frames without a count' }

export const hasLog = (log: CollectedLog): log is { readonly bytes: Buffer; readonly packets: number } => 'bytes' in log

/** Reads the logs of both ends; the failure of one end does not cost the other's log. */
export async function collectPair(open: OpenPair): Promise<CollectedPair> {
  const [sender, receiver] = await Promise.all([collectSender(open, true), collectReceiver(open)])
  return { open, sender, receiver }
}

/** Within the session, that is before TEST_STATE = idle: stopping frees the log. */
export async function collectSender({ pair, sender }: OpenPair, finished: boolean): Promise<CollectedLog> {
  if (isEndless(pair.test)) return nothingKept
  if (!finished) return { missing: 'the sender had not finished, and a log that is still being written cannot be read' }
  return readLog('sender', () => sender.get('log'))
}

/**
 * Over a new connection: a receiver that missed a frame holds its log for up to 5 s, but its counters are those of the
 * connection, so on a fresh one it answers at once, and the log is still there. So it is when a connection breaks off in the
 * middle of it: then another one brings the whole.
 */
export async function collectReceiver({ pair, receiver }: OpenPair): Promise<CollectedLog> {
  if (isEndless(pair.test)) return nothingKept
  return readLog('receiver', async () => {
    await receiver.close()
    try {
      return await readAnew(pair)
    } catch (error) {
      if (!(error instanceof LockstepError) || error.code !== 'WIRE_CLOSED') throw error
      // Where that fails as well, what went wrong first says more.
      return await readAnew(pair).catch(() => Promise.reject(error))
    }
  })
}

async function readAnew(pair: OpenPair['pair']): Promise<Buffer> {
  const fresh = await openClient(pair, 'receiver')
  try {
    return await fresh.get('log')
  } finally {
    await fresh.close()
  }
}

async function readLog(end: 'sender' | 'receiver', read: () => Promise<Buffer>): Promise<CollectedLog> {
  try {
    const bytes = await read()
    return { bytes, packets: packetLog(end, bytes).recorded() }
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    return {
      missing: problemsOf(error)
        .map(({ message }) => message)
        .join('; '),
    }
  }
}
