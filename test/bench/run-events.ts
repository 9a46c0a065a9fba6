import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RunEvent } from '../../src/runner/events.ts'

export type Lines = readonly (RunEvent & { readonly at: string })[]

/** What the only run in a folder of runs has told. */
export function eventsIn(runs: string): Lines {
  const [run = ''] = readdirSync(runs)
  const lines = readFileSync(join(runs, run, 'events.ndjson'), 'utf8')
    .trimEnd()
    .split('\n')
  return lines.map(line => JSON.parse(line))
}
