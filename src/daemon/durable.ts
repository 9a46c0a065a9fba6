import { constants } from 'node:fs'
import { open, rename, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'

/** A name in a folder is on disk only when the folder is. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** Writes a file whole or not at all: what is at `path` is the old one until all of the new one is on disk. */
export async function replaceFile(path: string, chunks: Iterable<string>, mode = 0o600): Promise<void> {
  const draft = `${path}.new`
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants
  const file = await open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode)
  try {
    for (const chunk of gathered(chunks)) await file.appendFile(chunk)
    await file.sync()
    await rename(draft, path)
  } catch (error) {
    await unlink(draft)
    throw error
  } finally {
    await file.close()
  }
  await syncFolder(dirname(path))
}

const gatheredLength = 1 << 18

/** Few writes, and between them the rest of the daemon has its turn. */
function* gathered(chunks: Iterable<string>): Generator<string> {
  let text = ''
  for (const chunk of chunks) {
    text += chunk
    if (text.length < gatheredLength) continue
    yield text
    text = ''
  }
  yield text
}
