import type { Verdict } from './events.ts'

/** What happens to an experiment, line by line in the events of its run folder. The events of a cell are in the cell's own. */
export type ExperimentHappening =
  | ({ readonly kind: 'experiment_started' } & ExperimentOutline)
  | { readonly kind: 'experiment_resumed'; readonly remaining: number }
  | ({ readonly kind: 'cell_started' } & CellRun)
  | ({
      readonly kind: 'cell_ended'
      /** Missing when there was nothing to judge: a host could not be used, or the user interrupted. */
      readonly verdict?: Verdict
      readonly reasons: readonly string[]
      readonly tookMs: number
    } & CellRun)

/** A cell that is run, for the first time or again. */
export interface CellRun {
  readonly cell: string
  /** How often it was begun, from 1. */
  readonly run: number
  /** Its place among the cells of this command, from 1, and how many they are. */
  readonly number: number
  readonly of: number
  /** Relative to the run folder of the experiment. */
  readonly folder: string
}

/** What an experiment is made of: with it and the playbook every cell and their order come out again. */
export interface ExperimentOutline {
  readonly seed?: number
  readonly warmup: number
  readonly configurations: readonly { readonly id: string; readonly digest: string }[]
}

/** Where an experiment stands, as far as its events go. */
export interface Progress {
  /** Undefined when the experiment was cut off before it had begun. */
  readonly outline: ExperimentOutline | undefined
  readonly cells: ReadonlyMap<string, CellProgress>
}

/** Of an experiment that has not begun. */
export const noProgress: Progress = { outline: undefined, cells: new Map() }

export interface CellProgress {
  /** How often it was begun. */
  readonly runs: number
  /** Of the last run that came to one; undefined while none did. */
  readonly verdict: Verdict | undefined
  /** Why that verdict is not pass. */
  readonly reasons: readonly string[]
  /** The folder of that run: whatever else a run of the cell left behind does not count. */
  readonly folder: string | undefined
}

/**
 * The whole lines of a log that a crash may have cut off anywhere, and how many of its bytes they take. Whoever goes on
 * writing cuts the file to that length first, else the next line would stick to half of one.
 */
export function wholeLines(log: Uint8Array): { readonly lines: readonly string[]; readonly bytes: number } {
  const bytes = log.lastIndexOf(0x0a) + 1
  const lines = new TextDecoder().decode(log.subarray(0, bytes)).split('\n')
  return { lines: lines.filter(line => line !== ''), bytes }
}

/** Reads the events of an experiment; lines of other kinds and such that are no JSON tell nothing. */
export function progressOf(lines: readonly string[]): Progress {
  let outline: ExperimentOutline | undefined
  const cells = new Map<string, CellProgress>()
  for (const happening of lines.flatMap(line => readHappening(line))) {
    if (happening.kind === 'experiment_started') outline ??= happening
    if (happening.kind !== 'cell_started' && happening.kind !== 'cell_ended') continue
    const { cell, run, folder } = happening
    const known = cells.get(cell) ?? { runs: 0, verdict: undefined, reasons: [], folder: undefined }
    const ended = happening.kind === 'cell_ended' && happening.verdict !== undefined
    const news = ended ? { verdict: happening.verdict, reasons: happening.reasons ?? [], folder } : {}
    cells.set(cell, { ...known, ...news, runs: run })
  }
  return { outline, cells }
}

function readHappening(line: string): [ExperimentHappening] | [] {
  try {
    const value: unknown = JSON.parse(line)
    const isOne = value !== null && typeof value === 'object' && 'kind' in value && isWhole(value as Fields)
    return isOne ? [value as ExperimentHappening] : []
  } catch {
    return []
  }
}

type Fields = Readonly<Record<string, unknown>>

function isWhole({ kind, cell, run, folder, configurations }: Fields): boolean {
  if (kind === 'experiment_started') return Array.isArray(configurations)
  if (kind !== 'cell_started' && kind !== 'cell_ended') return true
  return typeof cell === 'string' && typeof run === 'number' && typeof folder === 'string'
}

/** What `--retry` runs again: cells without a valid result, or such that did not meet what was expected. */
export type Retry = 'invalid' | 'failed'

/**
 * The cells that are still to be run, in their order. A cell that came to a verdict is done; one that was begun, interrupted
 * or had no usable host is not.
 */
export function remainingCells<Cell extends { readonly id: string }>(
  cells: readonly Cell[],
  progress: Progress,
  retry: ReadonlySet<Retry> = new Set(),
): Cell[] {
  return cells.filter(({ id }) => {
    const verdict = progress.cells.get(id)?.verdict
    if (verdict === 'invalid') return retry.has('invalid')
    return verdict === undefined || (verdict === 'fail' && retry.has('failed'))
  })
}

/** `run` and folder for the next run of a cell: the first has the cell's own name, so that no run writes into another's. */
export function nextRun(cell: string, progress: Progress): { readonly run: number; readonly folder: string } {
  const run = (progress.cells.get(cell)?.runs ?? 0) + 1
  return { run, folder: run === 1 ? `cells/${cell}` : `cells/${cell}.${run}` }
}
