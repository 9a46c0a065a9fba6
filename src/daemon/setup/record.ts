import { mkdir, readFile, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { replaceFile } from '../durable.ts'

/** What `lockstepd setup` has made on this host, and so may take away again. */
export interface SetupRecord {
  readonly users: readonly string[]
  readonly sshd?: string
  readonly unit?: string
  /** Its digest when it was written: a file that somebody has changed stays. */
  readonly limits?: { readonly path: string; readonly sha256: string }
}

export const nothingMade: SetupRecord = { users: [] }

/** Undefined: there is none. */
export async function readRecord(path: string): Promise<SetupRecord | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as SetupRecord // written below, whole
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

export async function writeRecord(path: string, record: SetupRecord): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await replaceFile(path, [JSON.stringify(record)])
}

export const removeRecord = (path: string): Promise<void> => rm(path, { force: true })
