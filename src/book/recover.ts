import { after } from '../units/micros.ts'
import { type Book, entriesOf } from './book.ts'
import type { Resources } from './claims.ts'
import type { Entry } from './entry.ts'
import { type Happened, happen, obstacleTo } from './happen.ts'
import { bookOf } from './load.ts'
import { reason } from './reasons.ts'
import { replay } from './replay.ts'
import type { Now } from './requests.ts'

/** What was found on disk, and where the daemon is now. */
export interface Found {
  /** The lines of both files, without their ends; none when there is no file. A last line without an end is one, too. */
  readonly snapshot: readonly string[]
  readonly journal: readonly string[]
  readonly resources: Resources
  readonly now: Now
  /** Of the host, as it runs now. */
  readonly boot: string
}

/**
 * The book after a restart. The door's duties, in this order: cut the journal to `whole` lines; append a `start` record of the
 * book's epoch with the number `seq` + 1 and one record per change, and sync; write a snapshot behind them, and with that on
 * disk begin an empty journal; only then listen. Then it looks for the processes of `running` (by pid and its start time, and
 * by the reservation's id in their environment), trades the results of `trading` once more, does the effects of `changes`,
 * and sets the timers of all that is live.
 */
export interface Recovered {
  /** Of the next epoch, all changes done. What was held is not in it any more. */
  readonly book: Book
  readonly seq: number
  readonly whole: number
  /** What came to its end while the daemon was down, with the effects that are due. */
  readonly changes: readonly Happened[]
  /**
   * Was active in this same boot of the host. Alive before its deadline: it is watched on, by `overrun` and `overstay`; alive
   * past it: killed now; gone: `fail` with DAEMON_RESTART. Its resources stay taken until its group is known to be gone.
   */
  readonly running: readonly Entry[]
  readonly trading: readonly Entry[]
  /** The rids of the holds that are forgotten: their owners are told NOT_HELD. */
  readonly dropped: readonly string[]
}

export function recover({ snapshot, journal, resources, now, boot }: Found): Recovered {
  const { entries, seq, epoch, boot: lastBoot, whole } = replay(snapshot, journal)
  const all = [...entries.values()]
  const kept = all.filter(({ state }) => state !== 'held')
  let book = bookOf(epoch + 1, resources, kept)
  const changes: Happened[] = []
  for (const entry of kept) {
    const change = changeOf(entry, now, boot === lastBoot)
    // A block whose time is over waits for the processes in it: the door ends them first, and then the block.
    if (change === undefined || obstacleTo(book, entry, change.event) !== undefined) continue
    const step = happen(book, { rid: entry.rid, ...change }, now)
    changes.push(step)
    book = step.book
  }
  const left = entriesOf(book)
  return {
    ...{ book, seq, whole, changes },
    running: left.filter(({ state, block }) => state === 'active' && !block),
    trading: left.filter(({ state }) => state === 'trading'),
    dropped: all.filter(({ state }) => state === 'held').map(({ rid }) => rid),
  }
}

type Change = Pick<Parameters<typeof happen>[1], 'event' | 'change'>

/** What became of an entry while nobody watched; undefined when it goes on. */
function changeOf(entry: Entry, { utc }: Now, sameBoot: boolean): Change | undefined {
  const { state, start, duration, armBy, margins, block } = entry
  const down: Change = { event: 'down', change: { reason: reason('DOWN', { at: utc }) } }
  if (state === 'confirmed') return armBy !== undefined && utc < armBy ? undefined : down
  // A block can begin late; a receiver of a test begins its setup before the start.
  if (state === 'armed' && block) return utc < after(start, duration) ? undefined : down
  if (state === 'armed') return utc < start - margins.setup ? undefined : down
  if (state !== 'active') return undefined
  if (block) return utc < after(start, duration) ? undefined : { event: 'end' }
  return sameBoot ? undefined : { event: 'fail', change: { reason: reason('REBOOT', { at: utc }) } }
}
