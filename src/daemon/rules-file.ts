import { readFile } from 'node:fs/promises'
import { noRules, type Rules } from '../book/limits.ts'
import { LockstepError } from '../errors/error.ts'
import { readLimits } from '../limits/read.ts'

/** The rules of the limits file; where there is none, nobody may anything. Throws when it cannot be used. */
export async function readRules(file: string): Promise<Rules> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return noRules
    throw new LockstepError('USAGE_FILE', `cannot read ${file}: ${(cause as Error).message}`, { cause })
  }
  return readLimits(file, text)
}
