import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open, readdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { LockstepError } from '../errors/error.ts'

/** A file of a result as its manifest has it. */
export interface ResultFile {
  readonly name: string
  /** Octets. */
  readonly size: number
  /** Hex. */
  readonly sha256: string
}

export const manifestName = 'manifest.json'

/** One component of a path, never hidden, never an option of whoever lists it. */
export const isResultName = (name: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name)

const chunkOctets = 1 << 16

/** Writes a file that is not there yet; one that is larger than `most`, or breaks off, is taken away again. */
export async function writeNew(path: string, chunks: AsyncIterable<Buffer>, most: number): Promise<void> {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants
  const file = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
  try {
    let size = 0
    for await (const chunk of chunks) {
      size += chunk.length
      if (size > most) throw refused(path, `has more than ${most} octets`)
      await file.appendFile(chunk)
    }
    await file.sync()
  } catch (error) {
    await unlink(path)
    throw error
  } finally {
    await file.close()
  }
}

/**
 * The octets of a plain file that somebody else may have made: no link is followed, a pipe does not make us wait, and a second
 * name of a file that is not theirs to read is refused.
 */
export async function* readPlain(path: string): AsyncGenerator<Buffer> {
  const file = await openPlain(path)
  try {
    yield* chunksOf(file)
  } finally {
    await file.close()
  }
}

/** Size and digest of every file in a folder but the manifest, in the order of their names. */
export async function describeFiles(folder: string): Promise<readonly ResultFile[]> {
  const names = (await readdir(folder)).filter(name => name !== manifestName).sort()
  const files: ResultFile[] = []
  for (const name of names) files.push(await describe(folder, name))
  return files
}

async function describe(folder: string, name: string): Promise<ResultFile> {
  if (!isResultName(name)) throw refused(join(folder, name), 'has a name that is not ours')
  const hash = createHash('sha256')
  let size = 0
  for await (const chunk of readPlain(join(folder, name))) {
    hash.update(chunk)
    size += chunk.length
  }
  return { name, size, sha256: hash.digest('hex') }
}

async function openPlain(path: string): Promise<FileHandle> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const status = await file.stat()
    if (!status.isFile()) throw refused(path, 'is no plain file')
    if (status.nlink !== 1) throw refused(path, 'has other names')
    return file
  } catch (error) {
    await file.close()
    throw error
  }
}

async function* chunksOf(file: FileHandle): AsyncGenerator<Buffer> {
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(chunkOctets), 0, chunkOctets, null)
    if (bytesRead === 0) return
    yield buffer.subarray(0, bytesRead)
  }
}

export const refused = (path: string, why: string) => new LockstepError('BOOK_RESULT', `${path} ${why}`)
