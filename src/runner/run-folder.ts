import { appendFileSync, closeSync, fsyncSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { LockstepError } from '../errors/error.ts'
import { toJson } from '../units/json.ts'

/** Where a run keeps everything needed to repeat it, or to doubt it. Files are written whole; streams grow by whole lines. */
export interface RunFolder {
  readonly path: string
  /** Appends one line of JSON; bigints become decimal strings. */
  line(file: string, value: unknown): void
  /** Appends what a process printed. */
  append(file: string, chunk: Uint8Array): void
  /** Writes a file whole or not at all, and so that it survives a power cut. */
  write(file: string, content: string | Uint8Array): void
  writeJson(file: string, value: unknown): void
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

function openRunFolder(path: string): RunFolder {
  const place = (file: string) => {
    const full = join(path, file)
    mkdirSync(dirname(full), { recursive: true })
    return full
  }
  const write = (file: string, content: string | Uint8Array) => writeWhole(place(file), content)
  return {
    path,
    line: (file, value) => appendFileSync(place(file), `${toJson(value)}\n`),
    append: (file, chunk) => appendFileSync(place(file), chunk),
    write,
    writeJson: (file, value) => write(file, `${toJson(value, 2)}\n`),
  }
}

/** New name, contents on disk, then the old name: a reader sees the old file or the new one. The folder is synced too. */
export function writeWhole(file: string, content: string | Uint8Array): void {
  const fresh = `${file}.${process.pid}.new`
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  const handle = openSync(fresh, 'w')
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  renameSync(fresh, file)
  const folder = openSync(dirname(file), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
