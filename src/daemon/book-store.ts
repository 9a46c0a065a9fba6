import { type Book, entriesOf, forget, put } from '../book/book.ts'
import type { Resources } from '../book/claims.ts'
import type { Entry } from '../book/entry.ts'
import { encodeLine, type Happening, type Stamp, snapshotLines } from '../book/journal.ts'
import { bookOf } from '../book/load.ts'
import { type Recovered, recover } from '../book/recover.ts'
import type { Now } from '../book/requests.ts'
import type { State } from '../book/states.ts'
import { openJournal } from './journal.ts'
import { bootId } from './proc.ts'

/** The book that counts, and its journal: whoever takes a new book has written its record in the same breath. */
export interface BookStore {
  readonly book: Book
  /** The journal cannot be written at the moment. */
  readonly broken: boolean
  take(book: Book, entry: Entry, from: State | null): void
  /** The same state with more known of it. */
  note(entry: Entry): void
  forget(rid: string): void
  /** Other resources; bookings stay as they are. */
  declare(resources: Resources): void
  /** When all that was taken is on disk; rejects with BOOK_JOURNAL. */
  durable(): Promise<void>
  close(): Promise<void>
}

const recordsPerSnapshot = 1_000
const mendEachMs = 1_000

/** Opens the book of a locked folder, in its next epoch, with that on disk. */
export async function openBook(
  folder: string,
  { resources, now, fault }: { readonly resources: Resources; now(): Now; fault(error: Error): void },
): Promise<{ readonly store: BookStore; readonly recovered: Recovered }> {
  const { snapshot, lines, journal } = await openJournal(folder)
  const boot = bootId()
  const recovered = recover({ snapshot, journal: lines, resources, now: now(), boot })
  let [book, seq, behind, broken] = [recovered.book, recovered.seq, 0, false]
  const stamp = (): Stamp => ({ seq, epoch: book.epoch, boot, ...now() })
  const write = (happening: Happening) => {
    seq += 1
    behind += 1
    journal.append(encodeLine({ ...stamp(), ...happening }))
    if (behind >= recordsPerSnapshot && !broken) shorten().catch(report)
  }
  const shorten = async () => {
    behind = 0
    const [at, entries] = [stamp(), entriesOf(book)]
    await journal.snapshot(() => snapshotLines(at, entries))
  }
  const report = (error: unknown) => {
    if (broken) return
    broken = true
    fault(error as Error)
  }
  const mending = setInterval(() => {
    if (!broken) return
    // What was lost is in the snapshot.
    shorten().then(
      () => {
        broken = false
      },
      () => undefined,
    )
  }, mendEachMs)
  mending.unref()
  // The new epoch and all changes are on disk, or the files are as they were.
  seq += 1
  await shorten()
  const store: BookStore = {
    get book() {
      return book
    },
    get broken() {
      return broken
    },
    take: (next, entry, from) => {
      book = next
      write({ kind: 'change', rid: entry.rid, from, to: entry.state, data: entry })
    },
    note: entry => {
      store.take(put(book, entry), entry, entry.state)
    },
    forget: rid => {
      book = forget(book, rid)
      write({ kind: 'forget', rid })
    },
    declare: next => {
      book = bookOf(book.epoch, next, entriesOf(book))
    },
    durable: async () => {
      try {
        await journal.synced()
      } catch (error) {
        report(error)
        throw error
      }
    },
    close: async () => {
      clearInterval(mending)
      await journal.close()
    },
  }
  return { store, recovered }
}
