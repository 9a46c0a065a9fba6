import { LockstepError } from '../errors/error.ts'
import type { Entry } from './entry.ts'
import { decodeLine, type JournalRecord } from './journal.ts'

/** What the files of a book say: every entry as it was last written, and where the writing stopped. */
export interface Replay {
  readonly entries: ReadonlyMap<string, Entry>
  readonly seq: number
  readonly epoch: number
  /** Of the host when the last record was written; undefined when there is none. */
  readonly boot: string | undefined
  /** How many lines of the journal count: one fewer than there are when the last was torn, which is to be cut off. */
  readonly whole: number
}

/**
 * Reads a snapshot and the journal behind it, both split at their line ends; a snapshot of no lines is none. A last line of
 * the journal that was torn when the writing stopped counts as not written: nobody was told of it. Any other fault throws
 * BOOK_JOURNAL, for a book with a hole would let two tests collide.
 */
export function replay(snapshot: readonly string[], journal: readonly string[]): Replay {
  const entries = new Map<string, Entry>()
  const base = baseOf(snapshot, entries)
  let last = base
  let before: Position | undefined
  for (const [index, line] of journal.entries()) {
    const record = decodeLine(line)
    const place = `line ${index + 1} of the journal`
    if (typeof record === 'string' && index === journal.length - 1) return ended(entries, last, index)
    if (typeof record === 'string') throw unreadable(place, record)
    if (!follows(record, before, base)) throw unreadable(place, gapBetween(record, before ?? base))
    before = record
    // What was written before the snapshot is in it.
    if (record.seq <= base.seq) continue
    apply(record, entries, place)
    last = record
  }
  return ended(entries, last, journal.length)
}

function ended(entries: ReadonlyMap<string, Entry>, { seq, epoch, boot }: Position, whole: number): Replay {
  return { entries, seq, epoch, boot: boot === '' ? undefined : boot, whole }
}

type Position = Pick<JournalRecord, 'seq' | 'epoch' | 'boot'>

function baseOf(snapshot: readonly string[], entries: Map<string, Entry>): Position {
  const [head, ...rest] = snapshot.map((line, index) => read(line, `line ${index + 1} of the snapshot`))
  if (head === undefined) return { seq: 0, epoch: 0, boot: '' }
  if (head.kind !== 'snapshot') throw unreadable('line 1 of the snapshot', 'it does not begin a snapshot')
  if (head.count !== rest.length)
    throw unreadable('the snapshot', `it should have ${head.count} entries, and has ${rest.length}`)
  rest.forEach((record, index) => {
    if (record.kind !== 'entry') throw unreadable(`line ${index + 2} of the snapshot`, 'it is no entry')
    entries.set(record.data.rid, record.data)
  })
  return head
}

function read(line: string, place: string): JournalRecord {
  const record = decodeLine(line)
  if (typeof record === 'string') throw unreadable(place, record)
  return record
}

/** The first line of a journal may lie before the end of the snapshot, but not leave a gap behind it. */
function follows(record: JournalRecord, before: Position | undefined, base: Position): boolean {
  if (before === undefined) return record.seq <= base.seq + 1
  return record.seq === before.seq + 1 && record.epoch >= before.epoch
}

const gapBetween = ({ seq, epoch }: JournalRecord, before: Position) =>
  `it is record ${seq} of epoch ${epoch}, after record ${before.seq} of epoch ${before.epoch}`

function apply(record: JournalRecord, entries: Map<string, Entry>, place: string): void {
  if (record.kind === 'start') return
  if (record.kind === 'forget') {
    entries.delete(record.rid)
    return
  }
  if (record.kind !== 'change') throw unreadable(place, 'it belongs into a snapshot')
  const known = entries.get(record.rid)?.state ?? null
  if (known !== record.from)
    throw unreadable(
      place,
      `it says that ${record.rid} was ${record.from ?? 'new'}, the lines before: ${known ?? 'new'}`,
    )
  entries.set(record.rid, record.data)
}

const unreadable = (place: string, why: string) =>
  new LockstepError('BOOK_JOURNAL', `${place} cannot be used: ${why}`, {
    hint: 'look at the disk; moving both files away begins an empty book, and every booking in them is lost',
  })
