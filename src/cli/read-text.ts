import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { ReadText } from '../errors/render.ts'

/** Reads a file below `cwd` for an error's code frame; a file that went away just gets no frame. */
export const readTextOrNothing =
  (cwd: string): ReadText =>
  file => {
    try {
      return readFileSync(resolve(cwd, file), 'utf8')
    } catch {
      return undefined
    }
  }
