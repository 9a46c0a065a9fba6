import type { RunContext } from './context.ts'
import type { RunRecord } from './record.ts'
import type { RunFolder } from './run-folder.ts'

/** What happens on the hosts of an experiment at any time is told where the experiment is at: in its cell, or between two. */
export interface Relay {
  readonly context: RunContext
  readonly logs: RunFolder
  /** From now on the cell is on; undefined: none is. */
  enter(cell: RunRecord | undefined): void
}

/** The words of ptp4l and phc2sys, which go on from cell to cell, are kept together with the experiment. */
const isLasting = (file: string) => /\/(ptp4l|phc2sys)\.log$/.test(file)

export function relayFor(whole: RunRecord, signal: AbortSignal): Relay {
  let now = whole
  const contextNow = () => now.contextOf(signal)
  return {
    context: {
      signal,
      emit: happening => now.emit(happening),
      noteClock: sample => contextNow().noteClock(sample),
      keepReading: reading => now.keepReading(reading),
    },
    logs: {
      ...whole.folder,
      append: (file, chunk) => (isLasting(file) ? whole : now).folder.append(file, chunk),
    },
    enter: cell => {
      now = cell ?? whole
    },
  }
}
