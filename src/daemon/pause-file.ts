import { readFile, rm } from 'node:fs/promises'
import { LockstepError } from '../errors/error.ts'
import { isMisfit, mapping, optional, text, whole, word } from '../wire/shape.ts'
import { replaceFile } from './durable.ts'

/** That no new reservations are taken, by whom, and until when: us since 1970 UTC, undefined: until somebody says so. */
export interface Pause {
  readonly code: 'PAUSED' | 'DRAINING'
  readonly by: string
  readonly until: number | undefined
}

const shape = mapping({
  code: word('PAUSED', 'DRAINING'),
  by: text(/^.{1,200}$/, 'name'),
  until: optional(whole(0, Number.MAX_SAFE_INTEGER)),
})

/** A pause outlives lockstepd: whoever is at work on the host need not say it again after a restart. */
export interface PauseFile {
  /** As it was left; undefined: not paused. */
  read(): Promise<Pause | undefined>
  keep(pause: Pause | undefined): Promise<void>
}

export const pauseFile = (path: string): PauseFile => ({
  read: async () => {
    let said: string
    try {
      said = await readFile(path, 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
    const pause = shape(parsed(said), path)
    if (isMisfit(pause)) throw new LockstepError('BOOK_DISK', `${path} is no pause: ${pause.field} ${pause.why}`)
    return { ...pause.value, until: pause.value.until }
  },
  keep: pause => (pause === undefined ? rm(path, { force: true }) : replaceFile(path, [JSON.stringify(pause)])),
})

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
