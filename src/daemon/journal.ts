import type { FileHandle } from 'node:fs/promises'
import { LockstepError } from '../errors/error.ts'
import { replaceFile } from './durable.ts'
import { type GroupCommit, groupCommit } from './group-commit.ts'
import { type Contents, openJournalFile, readBook, removeBefore, snapshotFile } from './journal-files.ts'

/** The journal of a locked folder; it knows lines, what they mean is the book's. */
export interface Journal {
  /** In the order of the calls; on disk when `synced` says so. */
  append(line: string): void
  /** Resolves when every line appended so far is on disk; rejects with BOOK_JOURNAL when that cannot be said. */
  synced(): Promise<void>
  /**
   * Puts a snapshot in the place of all lines appended so far; those appended while it is written go behind it. Its lines
   * are asked for at the moment that it stands for, which is now, or the end of a snapshot that is being written; they have to
   * stay as they are then. It mends a journal that could not be
   * written: what was lost is in it.
   */
  snapshot(lines: () => Iterable<string>): Promise<void>
  close(): Promise<void>
}

/** One file of the journal. */
interface Part {
  readonly number: number
  readonly file: Promise<FileHandle>
  readonly commit: GroupCommit
}

export async function openJournal(folder: string): Promise<Contents & { readonly journal: Journal }> {
  const contents = await readBook(folder)
  let part = partOver(contents.number, openJournalFile(folder, contents.number))
  await part.file
  let changing: Promise<void> | undefined
  const change = async (lines: () => Iterable<string>): Promise<void> => {
    const old = part
    const number = old.number + 1
    const written = replaceFile(snapshotFile(folder, number), withEnds(lines()))
    // From here on lines go into the new part.
    part = partOver(number, openBehind(old, written, folder))
    try {
      await written
      await removeBefore(folder, number)
    } finally {
      await closeWhenSynced(old)
    }
  }
  const journal: Journal = {
    append: line => part.commit.append(oneLine(line)),
    synced: () => told(part.commit.synced()),
    snapshot: lines => {
      // At once, unless another one is being written: what is appended next belongs behind it.
      const done = changing === undefined ? change(lines) : changing.then(() => change(lines))
      const over = done
        .catch(() => undefined)
        .then(() => {
          if (changing === over) changing = undefined
        })
      changing = over
      return told(done)
    },
    close: async () => {
      await changing
      try {
        await told(part.commit.synced())
      } finally {
        const file = await part.file.catch(() => undefined)
        await file?.close()
      }
    },
  }
  return { ...contents, journal }
}

function partOver(number: number, file: Promise<FileHandle>): Part {
  file.catch(() => undefined) // whoever writes is told
  const commit = groupCommit(async text => {
    const opened = await file
    if (text !== '') await opened.appendFile(text)
    await opened.datasync()
  })
  return { number, file, commit }
}

/**
 * There is no next part before the one before is whole on disk: a reader would find a gap. Where that cannot be, the snapshot
 * has to be there first.
 */
async function openBehind(old: Part, snapshot: Promise<void>, folder: string): Promise<FileHandle> {
  try {
    await old.commit.synced()
  } catch {
    await snapshot
  }
  return openJournalFile(folder, old.number + 1)
}

async function closeWhenSynced({ commit, file }: Part): Promise<void> {
  await commit.synced().catch(() => undefined)
  const opened = await file.catch(() => undefined)
  await opened?.close()
}

function* withEnds(lines: Iterable<string>): Generator<string> {
  for (const line of lines) yield oneLine(line)
}

function oneLine(line: string): string {
  if (line === '' || line.includes('\n')) throw new RangeError('a line of the journal is one line')
  return `${line}\n`
}

async function told(work: Promise<void>): Promise<void> {
  try {
    await work
  } catch (cause) {
    const { message } = cause as Error
    throw new LockstepError('BOOK_JOURNAL', `the journal cannot be written: ${message}`, { cause })
  }
}
