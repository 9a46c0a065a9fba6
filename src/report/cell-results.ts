import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { LockstepError } from '../errors/error.ts'
import type { Verdict } from '../runner/events.ts'
import { type CellProgress, progressOf, wholeLines } from '../runner/experiment-log.ts'
import type { RunResult } from '../runner/result.ts'
import { type CellTable, cellTable, figuresToShow } from '../stats/cell-table.ts'
import { type FlowReading, figuresFromWords } from '../stats/reading.ts'
import { isIetfFigure } from './ietf-figures.ts'
import { parseResult } from './parse-result.ts'

/** What an experiment has come to, as its folder tells it. */
export interface CellResults {
  /** Every cell that was begun, in the order in which they were. */
  readonly cells: readonly CellResult[]
  /** Of the figures that are shown unasked; warm-ups are left out. */
  readonly table: CellTable
}

export interface CellResult {
  readonly cell: string
  /** Undefined when it came to none. */
  readonly verdict: Verdict | undefined
  readonly reasons: readonly string[]
  /** Relative to the experiment's; undefined where there is no verdict. */
  readonly folder: string | undefined
}

/** Undefined for the folder of a single run. */
export function experimentIn(folder: string): CellResults | undefined {
  const { outline, cells } = progressOf(linesOf(folder))
  if (outline === undefined) return undefined
  const measured = [...cells].filter(([id]) => !isWarmup(id))
  const readings = measured.flatMap(([id, progress]) => readingsOf(folder, id, progress))
  const shown = figuresToShow(readings).filter(({ figure }) => !isIetfFigure(figure))
  const configurations = outline.configurations.map(({ id }) => id)
  return {
    cells: [...cells].map(([cell, { verdict, reasons, folder: own }]) => ({ cell, verdict, reasons, folder: own })),
    table: cellTable(readings, configurations, shown),
  }
}

const isWarmup = (cell: string) => /@w\d+$/.test(cell)

function linesOf(folder: string): readonly string[] {
  try {
    return wholeLines(readFileSync(join(folder, 'events.ndjson'))).lines
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw new LockstepError('USAGE_FILE', `cannot read ${folder}: ${(cause as Error).message}`, { cause })
  }
}

/** Out of its result.json; a cell whose result is gone or broken has no row entries, and hides no other. */
function readingsOf(base: string, cell: string, { folder, verdict, reasons }: CellProgress): FlowReading[] {
  const result = folder === undefined ? undefined : resultIn(join(base, folder))
  if (folder === undefined || result === undefined) return []
  const invalid = verdict === 'invalid' ? (reasons.length > 0 ? reasons : ['it came to no verdict']) : []
  return result.flows.map(({ name, from, to, figures, kinds, file }) => ({
    cell,
    configuration: cell.slice(0, cell.lastIndexOf('@')),
    ...{ flow: name, from, to, invalid },
    file: join(folder, file ?? 'result.json'),
    figures: figuresFromWords(figures, kinds),
  }))
}

function resultIn(folder: string): RunResult | undefined {
  const file = join(folder, 'result.json')
  try {
    return parseResult(readFileSync(file, 'utf8'), file)
  } catch (error) {
    if (error instanceof LockstepError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
