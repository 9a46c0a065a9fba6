import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { progressOf, wholeLines } from '../runner/experiment-log.ts'
import type { RunResult } from '../runner/result.ts'
import { figuresFromWords } from '../stats/reading.ts'
import type { FigureKind } from '../units/figure-kind.ts'
import { parseResult } from './parse-result.ts'

/** A flow of a run or of the cells of an experiment, with what is known of its figures. */
export interface RecordedFigures {
  readonly flow: string
  readonly tool: string
  readonly figures: ReadonlyMap<string, { readonly kind: FigureKind; readonly hasStatistics: boolean }>
}

/** The folders of tests in a run folder: its own, or those of the cells that count, by configuration. */
export function testFolders(folder: string): ReadonlyMap<string, readonly string[]> {
  const { outline, cells } = progressOf(eventLines(folder))
  if (outline === undefined) return new Map([['run', [folder]]])
  const all = new Map<string, string[]>()
  for (const [id, { folder: own }] of cells) {
    if (own === undefined || /@w\d+$/.test(id)) continue
    const configuration = id.slice(0, id.lastIndexOf('@'))
    all.set(configuration, [...(all.get(configuration) ?? []), join(folder, own)])
  }
  return all
}

/** Of every flow of every test; of one that was done by several tools, one each. */
export function recordedFigures(folder: string): RecordedFigures[] {
  const found = new Map<string, RecordedFigures>()
  for (const own of [...testFolders(folder).values()].flat())
    for (const { name, tool, figures, kinds } of resultIn(own)?.flows ?? []) {
      const key = `${name}\n${tool}`
      const known = found.get(key)?.figures ?? new Map()
      const read = [...figuresFromWords(figures, kinds)].map(([figure, { kind, hasStatistics }]) => {
        return [figure, { kind: kind as FigureKind, hasStatistics }] as const
      })
      found.set(key, { flow: name, tool, figures: new Map([...known, ...read]) })
    }
  return [...found.values()]
}

/** A result that is lost or broken is told of by whoever judges it. */
function resultIn(folder: string): RunResult | undefined {
  const file = join(folder, 'result.json')
  try {
    return parseResult(readFileSync(file, 'utf8'), file)
  } catch {
    return undefined
  }
}

function eventLines(folder: string): readonly string[] {
  try {
    return wholeLines(readFileSync(join(folder, 'events.ndjson'))).lines
  } catch {
    return []
  }
}
