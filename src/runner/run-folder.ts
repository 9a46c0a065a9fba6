import {
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { LockstepError } from '../errors/error.ts'
import { toJson } from '../units/json.ts'
import type { MaskedStream, Masker } from './masker.ts'

/** What a file is to hold; pieces follow one another. */
export type Content = string | Uint8Array | readonly Uint8Array[]

/**
 * Where a run keeps everything needed to repeat it, or to doubt it. Files are written whole; streams grow by whole lines.
 * Nothing here throws when the disk is full or the folder is gone: `failed` tells, once, and later writes are tried again.
 */
export interface RunFolder {
  readonly path: string
  /** Aborted with USAGE_FILE when something could not be written. */
  readonly failed: AbortSignal
  /** Appends one line of JSON; bigints become decimal strings. */
  line(file: string, value: unknown): void
  /** Appends what a process printed. */
  append(file: string, chunk: Uint8Array): void
  /** Writes a file whole or not at all, and so that it survives a power cut. */
  write(file: string, content: Content): void
  writeJson(file: string, value: unknown): void
  /** The same while other things go on, as large files and many take their time; fulfilled when it is done. */
  writeBeside(file: string, content: Content): Promise<void>
  writeJsonBeside(file: string, value: unknown): Promise<void>
  /** Writes what is held back of what was appended: its end might have been the beginning of a secret. */
  flush(): void
}

/** Makes `<base>/<time>-<name>/`; a second run in the same second gets a number behind. */
export function createRunFolder({ base, name, started }: { base: string; name: string; started: Date }): RunFolder {
  const stamp = started
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '')
  const slug =
    name
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-|-$/g, '')
      .slice(0, 60) || 'run'
  return openRunFolder(makeFresh(base, `${stamp}-${slug}`))
}

function makeFresh(base: string, name: string): string {
  try {
    mkdirSync(base, { recursive: true })
    for (let number = 1; ; number++) {
      const path = join(base, number === 1 ? name : `${name}-${number}`)
      try {
        mkdirSync(path)
        return path
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      }
    }
  } catch (cause) {
    throw new LockstepError('USAGE_FILE', `cannot make a run folder in ${base}: ${(cause as Error).message}`, {
      hint: 'name another folder with --runs',
      cause,
    })
  }
}

/** A folder that is there, or is made with the first file in it. */
export function openRunFolder(path: string): RunFolder {
  const failed = new AbortController()
  const unwritten = (full: string, cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).syscall === undefined) throw cause
    failed.abort(unwritable(full, cause as Error))
  }
  const into = (file: string, write: (full: string) => void) => {
    const full = join(path, file)
    try {
      withFolder(full, write)
    } catch (cause) {
      unwritten(full, cause)
    }
  }
  const write = (file: string, content: Content) => into(file, full => writeWhole(full, content))
  const append = (file: string, bytes: Uint8Array) => into(file, full => appendWhole(full, bytes))
  const writeBeside = async (file: string, content: Content) => {
    const full = join(path, file)
    try {
      mkdirSync(dirname(full), { recursive: true })
      await writeWholeBeside(full, content)
    } catch (cause) {
      unwritten(full, cause)
    }
  }
  return {
    path,
    failed: failed.signal,
    line: (file, value) => append(file, Buffer.from(`${toJson(value)}\n`)),
    append,
    write,
    writeJson: (file, value) => write(file, `${toJson(value, 2)}\n`),
    writeBeside,
    writeJsonBeside: (file, value) => writeBeside(file, `${toJson(value, 2)}\n`),
    flush: () => undefined,
  }
}

/** The same folder, without secrets. Packet logs and files of hosts are written as they are. */
export function maskedFolder(folder: RunFolder, { text, value, stream }: Masker): RunFolder {
  const streams = new Map<string, MaskedStream>()
  const streamOf = (file: string) => {
    const known = streams.get(file) ?? stream()
    streams.set(file, known)
    return known
  }
  const append = (file: string, bytes: Uint8Array) => {
    if (bytes.length > 0) folder.append(file, bytes)
  }
  const masked = (content: Content) => (typeof content === 'string' ? text(content) : content)
  return {
    ...folder,
    line: (file, given) => folder.line(file, value(given)),
    append: (file, chunk) => append(file, streamOf(file).push(chunk)),
    write: (file, content) => folder.write(file, masked(content)),
    writeBeside: (file, content) => folder.writeBeside(file, masked(content)),
    writeJson: (file, given) => folder.writeJson(file, value(given)),
    writeJsonBeside: (file, given) => folder.writeJsonBeside(file, value(given)),
    flush: () => {
      for (const [file, open] of streams) append(file, open.end())
    },
  }
}

const unwritable = (file: string, cause: Error) =>
  new LockstepError('USAGE_FILE', `cannot write ${file}: ${cause.message}`, {
    hint: 'a run whose record is not whole proves nothing: make room, or name another folder with --runs',
    cause,
  })

/** Makes the folder of the file when it is missed: most files have it already. */
function withFolder(file: string, write: (file: string) => void): void {
  try {
    write(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    mkdirSync(dirname(file), { recursive: true })
    write(file)
  }
}

/** Appends all of it or nothing, also when the disk is full half-way. */
function appendWhole(file: string, bytes: Uint8Array): void {
  const handle = openSync(file, 'a')
  let written = 0
  try {
    while (written < bytes.length) written += writeSync(handle, bytes, written)
  } catch (error) {
    if (written > 0) ftruncateSync(handle, fstatSync(handle).size - written)
    throw error
  } finally {
    closeSync(handle)
  }
}

/** New name, contents on disk, then the old name: a reader sees the old file or the new one. The folder is synced too. */
export function writeWhole(file: string, content: Content): void {
  const fresh = `${file}.${process.pid}.new`
  const handle = openSync(fresh, 'w')
  try {
    for (const bytes of piecesOf(content)) for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at)
    fsyncSync(handle)
    renameSync(fresh, file)
  } catch (error) {
    rmSync(fresh, { force: true })
    throw error
  } finally {
    closeSync(handle)
  }
  const folder = openSync(dirname(file), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

function piecesOf(content: Content): readonly Uint8Array[] {
  if (typeof content === 'string') return [Buffer.from(content)]
  return content instanceof Uint8Array ? [content] : content
}

/** What `writeWhole` does, without holding anything else up. */
async function writeWholeBeside(file: string, content: Content): Promise<void> {
  const fresh = `${file}.${process.pid}.new`
  try {
    await withHandle(fresh, 'w', async handle => {
      for (const bytes of piecesOf(content)) await handle.writeFile(bytes)
      await handle.sync()
    })
    await rename(fresh, file)
  } catch (error) {
    await rm(fresh, { force: true })
    throw error
  }
  await withHandle(dirname(file), 'r', handle => handle.sync())
}

async function withHandle(path: string, flags: string, use: (handle: FileHandle) => Promise<void>): Promise<void> {
  const handle = await open(path, flags)
  try {
    await use(handle)
  } finally {
    await handle.close()
  }
}
