import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { LockstepError } from '../errors/error.ts'
import type { ReadText } from '../errors/render.ts'

/** Reads a file below `cwd` for an error's code frame; a file that went away just gets no frame. */
export const readTextOrNothing =
  (cwd: string): ReadText =>
  file => {
    try {
      const path = resolve(cwd, file)
      // A pipe has been read already.
      return statSync(path).isFile() ? readFileSync(path, 'utf8') : undefined
    } catch {
      return undefined
    }
  }

/** Reads a file that the command line names; USAGE_FILE says why it cannot. */
export function readUtf8(file: string, cwd: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(resolve(cwd, file)))
  } catch (cause) {
    const reason = cause instanceof TypeError ? 'it is not UTF-8' : reasons[(cause as NodeJS.ErrnoException).code ?? '']
    throw new LockstepError('USAGE_FILE', `cannot read ${file}: ${reason ?? (cause as Error).message}`, { cause })
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
}
