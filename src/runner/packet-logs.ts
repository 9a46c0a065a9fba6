import { type DatFile, encodeDat, filledUp } from '../stats/dat-file.ts'
import { isEndless } from '../tools/isochron.ts'
import { type CollectedPair, hasLog } from './collect.ts'
import type { Pair } from './pair.ts'

/** Where in a run folder the packet log of a flow is. */
export const logFile = (flow: string): string => `flows/${flow}.dat`

/** What the `.dat` of a pair holds; undefined when there is no log of the sender, without which no report can be made. */
export function datOf({ open: { pair }, sender, receiver }: CollectedPair): DatFile | undefined {
  if (!hasLog(sender) || isEndless(pair.test)) return undefined
  return filledUp({
    header: headerOf(pair),
    sender: sender.bytes,
    receiver: hasLog(receiver) ? receiver.bytes : new Uint8Array(),
  })
}

function headerOf({ test }: Pair): DatFile['header'] {
  return {
    packetCount: Number(test.numFrames),
    frameSize: test.frameSize,
    flags: {
      syncOmitted: test.omitSync,
      txTimestamps: test.timestamps,
      taprio: test.taprio,
      txtime: test.txtime,
      deadline: test.deadline,
    },
    baseTime: test.baseTime,
    advanceTime: test.advanceTime,
    shiftTime: test.shiftTime,
    cycleTime: test.cycleTime,
    windowSize: test.windowSize,
  }
}

/** What there is of a pair, as files: one `.dat` when both ends were read, the raw records of the one end otherwise. */
export function filesOf(collected: CollectedPair): { readonly name: string; readonly bytes: Uint8Array }[] {
  const { open, sender, receiver } = collected
  const dat = datOf(collected)
  if (dat !== undefined && hasLog(receiver)) return [{ name: `${open.pair.name}.dat`, bytes: encodeDat(dat) }]
  return [
    ...(hasLog(sender) ? [{ name: `${open.pair.name}.sender-log`, bytes: sender.bytes }] : []),
    ...(hasLog(receiver) ? [{ name: `${open.pair.name}.receiver-log`, bytes: receiver.bytes }] : []),
  ]
}
