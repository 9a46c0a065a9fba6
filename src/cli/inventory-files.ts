import { accessSync, constants, readdirSync, readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { LockstepError } from '../errors/error.ts'
import type { Files } from '../inventory/files.ts'
import type { PlayFiles } from '../playbook/step-files.ts'

/** The files of an inventory on disk; relative paths start at `cwd`. */
export function filesBelow(cwd: string): Files {
  const absolute = (path: string) => resolve(cwd, path)
  return {
    readText: path => read(absolute(path), path),
    kind: path => kindOf(absolute(path)),
    list: folder => readdirSync(absolute(folder)),
    isExecutable: path => isAllowed(absolute(path), constants.X_OK),
  }
}

/** The files that a playbook names. */
export function playFilesBelow(cwd: string): PlayFiles {
  const { readText, kind } = filesBelow(cwd)
  return { readText, kind, isReadable: path => isAllowed(resolve(cwd, path), constants.R_OK) }
}

function read(absolute: string, path: string): string | undefined {
  const bytes = readBytes(absolute, path)
  if (bytes === undefined) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    const at = { file: path, ...placeOfBadByte(bytes) }
    throw new LockstepError('INVENTORY_ENCODING', 'this is no UTF-8 text', { at, cause, hint: 'save it as UTF-8' })
  }
}

function readBytes(absolute: string, path: string): Buffer | undefined {
  try {
    return readFileSync(absolute)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new LockstepError('INVENTORY_SOURCE', `cannot read '${path}': ${(cause as Error).message}`, { cause })
  }
}

/** The first line that does not read back the same, and the first character in it that stands for a bad byte. */
function placeOfBadByte(bytes: Buffer): { line: number; column: number } {
  let line = 1
  for (let start = 0; start < bytes.length; line++) {
    const end = bytes.indexOf(0x0a, start)
    const slice = bytes.subarray(start, end < 0 ? bytes.length : end + 1)
    const text = slice.toString('utf8')
    if (!Buffer.from(text).equals(slice)) return { line, column: text.indexOf('\uFFFD') + 1 }
    start += slice.length
  }
  return { line, column: 1 }
}

function kindOf(absolute: string): 'file' | 'folder' | undefined {
  const stats = statSync(absolute, { throwIfNoEntry: false })
  if (stats === undefined) return undefined
  return stats.isDirectory() ? 'folder' : 'file'
}

function isAllowed(absolute: string, mode: number): boolean {
  try {
    accessSync(absolute, mode)
    return true
  } catch {
    return false
  }
}
