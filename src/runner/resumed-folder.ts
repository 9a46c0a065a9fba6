import { readFileSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { LockstepError } from '../errors/error.ts'
import type { ResolvedConfigurations } from './experiment-changes.ts'
import { type Progress, progressOf, wholeLines } from './experiment-log.ts'

/** What the folder of an experiment says of it. */
export interface Standing {
  readonly progress: Progress
  /** The playbooks of the configurations that came to a verdict. */
  readonly resolved: ResolvedConfigurations
  /** Cuts off the event that was being written when the experiment was killed; needed before the next one is. */
  readonly mend: () => void
}

export function standingOf(folder: string): Standing {
  const file = join(folder, 'events.ndjson')
  const { lines, bytes } = wholeLines(read(file))
  const progress = progressOf(lines)
  return { progress, resolved: resolvedIn(folder, progress), mend: () => truncateSync(file, bytes) }
}

function read(file: string): Uint8Array {
  try {
    return readFileSync(file)
  } catch (cause) {
    throw new LockstepError('USAGE_FILE', `cannot read ${file}: ${(cause as Error).message}`, { cause })
  }
}

/** One cell of each configuration will do: they differ in nothing. */
function resolvedIn(base: string, { cells }: Progress): ResolvedConfigurations {
  const folders = new Map<string, string>()
  for (const [id, { folder }] of cells) if (folder !== undefined) folders.set(id.slice(0, id.lastIndexOf('@')), folder)
  return new Map(
    [...folders].flatMap(([configuration, folder]): [string, unknown][] => {
      const resolved = jsonIn(join(base, folder, 'playbook.json'))
      return resolved === undefined ? [] : [[configuration, resolved]]
    }),
  )
}

/** Lost or broken: that something has changed is seen without it, only not what. */
function jsonIn(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}
