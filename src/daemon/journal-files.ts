import { constants } from 'node:fs'
import { type FileHandle, open, readdir, readFile, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { LockstepError } from '../errors/error.ts'
import { syncFolder } from './durable.ts'

/**
 * A book's files: `snapshot-N` holds all that was before `journal-N`, and each journal goes on where the one before ends.
 * So a snapshot is written while the journal goes on, and a crash at any moment leaves one that is whole, with all the
 * journals behind it.
 */
export const snapshotFile = (folder: string, number: number): string => join(folder, `snapshot-${number}`)
export const journalFile = (folder: string, number: number): string => join(folder, `journal-${number}`)

export interface Contents {
  /** Lines without their ends: of the snapshot, and of the journals behind it. Both are empty in a new book. */
  readonly snapshot: readonly string[]
  readonly lines: readonly string[]
  /** Octets of a torn last line, which are cut off now. */
  readonly torn: number
  /** The last journal: the one to go on with. */
  readonly number: number
}

/** Reads all that counts; cuts off a last line that was torn when the power went. */
export async function readBook(folder: string): Promise<Contents> {
  const { snapshots, journals } = await numbersIn(folder)
  const first = Math.max(1, ...snapshots)
  const known = journals.filter(number => number >= first).sort((a, b) => a - b)
  const last = known.at(-1) ?? first
  // None at all behind a snapshot is what a crash leaves when the snapshot had to mend a journal.
  for (let number = first; number < last; number++)
    if (!known.includes(number)) throw broken(journalFile(folder, number), 'is missing')
  const snapshot = snapshots.length === 0 ? [] : await linesOf(snapshotFile(folder, first))
  const lines: string[] = []
  for (const number of known.slice(0, -1)) append(lines, await linesOf(journalFile(folder, number)))
  const end = known.length === 0 ? { lines: [], torn: 0 } : await lastLines(journalFile(folder, last))
  append(lines, end.lines)
  return { snapshot, lines, torn: end.torn, number: last }
}

/** Opens a journal to append to; a new one is in the folder for good. */
export async function openJournalFile(folder: string, number: number): Promise<FileHandle> {
  const { O_WRONLY, O_CREAT, O_APPEND, O_NOFOLLOW } = constants
  const file = await open(journalFile(folder, number), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0o600)
  try {
    await syncFolder(folder)
    return file
  } catch (error) {
    await file.close()
    throw error
  }
}

/** Takes away what `snapshot-NUMBER` stands for. Oldest first: what a crash leaves is still without a gap. */
export async function removeBefore(folder: string, number: number): Promise<void> {
  const { snapshots, journals } = await numbersIn(folder)
  const old = (numbers: readonly number[]) => numbers.filter(each => each < number).sort((a, b) => a - b)
  for (const each of old(journals)) await unlink(journalFile(folder, each))
  for (const each of old(snapshots)) await unlink(snapshotFile(folder, each))
}

async function numbersIn(folder: string) {
  const names = await readdir(folder)
  const numbers = (pattern: RegExp) => names.flatMap(name => pattern.exec(name)?.[1] ?? []).map(Number)
  return { snapshots: numbers(/^snapshot-(\d+)$/), journals: numbers(/^journal-(\d+)$/) }
}

/** Of a file that was on disk as a whole before the next one was begun. */
async function linesOf(path: string): Promise<readonly string[]> {
  const text = await readFile(path, 'utf8')
  if (text !== '' && !text.endsWith('\n')) throw broken(path, 'ends in the middle of a line')
  return split(text)
}

async function lastLines(path: string): Promise<{ readonly lines: readonly string[]; readonly torn: number }> {
  const bytes = await readFile(path)
  const whole = bytes.lastIndexOf(0x0a) + 1
  if (whole < bytes.length) await cut(path, whole)
  return { lines: split(bytes.toString('utf8', 0, whole)), torn: bytes.length - whole }
}

async function cut(path: string, length: number): Promise<void> {
  const file = await open(path, constants.O_WRONLY | constants.O_NOFOLLOW)
  try {
    await file.truncate(length)
    await file.sync()
  } finally {
    await file.close()
  }
}

const split = (text: string) => text.split('\n').slice(0, -1)

/** Spreading a hundred thousand lines into a call would be too many arguments. */
function append(lines: string[], more: readonly string[]): void {
  for (const line of more) lines.push(line)
}

const broken = (path: string, what: string) => new LockstepError('BOOK_JOURNAL', `${path} ${what}`)
