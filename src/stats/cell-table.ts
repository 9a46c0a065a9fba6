import { naturalOrder } from '../units/natural-order.ts'
import { type Interval, meanInterval } from './intervals.ts'
import type { FlowReading, ReadFigure, WantedFigure } from './reading.ts'
import { meanOf, medianOf } from './sample.ts'

/** The results of an experiment: a row per configuration, a column per flow and figure. */
export interface CellTable {
  readonly columns: readonly TableColumn[]
  readonly rows: readonly TableRow[]
  /** Columns by how much they change between the configurations, the most first. */
  readonly changes: readonly TableChange[]
}

export interface TableColumn {
  readonly flow: string
  /** `path-delay.mean` */
  readonly figure: string
  readonly kind: string
  readonly unit: string
}

export interface TableRow {
  readonly configuration: string
  /** Its cells, and those of them that count. */
  readonly cells: number
  readonly valid: number
  /** One per column; undefined where nothing was measured. */
  readonly entries: readonly (TableEntry | undefined)[]
}

/** What the repetitions of a configuration gave, in the unit of the column. */
export interface TableEntry {
  readonly count: number
  readonly mean: number
  readonly median: number
  readonly min: number
  readonly max: number
  /** Of the mean, 95 %; undefined below two values. */
  readonly interval: Interval | undefined
}

export interface TableChange {
  readonly column: TableColumn
  /** The configurations with the lowest and the highest median, and these. */
  readonly lowest: { readonly configuration: string; readonly median: number }
  readonly highest: { readonly configuration: string; readonly median: number }
  /** How much higher, as a share of the lowest: 0.5 is half as much again. Infinite above zero. */
  readonly share: number
  /** Whether every repetition of the one lies below every repetition of the other: more than chance. */
  readonly clear: boolean
}

/** What is shown unasked: a figure of one number itself, of others the mean and the 99th percentile. */
export function figuresToShow(readings: readonly FlowReading[]): WantedFigure[] {
  const shown = new Map<string, readonly WantedFigure[]>()
  for (const { figures } of readings)
    for (const [figure, { hasStatistics }] of figures ?? []) {
      const statistics = hasStatistics ? ['mean', 'p99'] : [undefined]
      shown.set(
        figure,
        statistics.map(statistic => ({ figure, statistic })),
      )
    }
  return [...shown].sort(([a], [b]) => naturalOrder(a, b)).flatMap(([, each]) => each)
}

/** Rows come in the order of `configurations`, flows and figures in that of their names. Cells that do not count are left out. */
export function cellTable(
  readings: readonly FlowReading[],
  configurations: readonly string[],
  shown: readonly WantedFigure[] = figuresToShow(readings),
): CellTable {
  const flows = [...new Set(readings.map(({ flow }) => flow))].sort(naturalOrder)
  const slots = flows.flatMap(flow => shown.flatMap(figure => slotOf(flow, figure, readings)))
  const byConfiguration = new Map<string, FlowReading[]>()
  for (const reading of readings)
    byConfiguration.set(reading.configuration, [...(byConfiguration.get(reading.configuration) ?? []), reading])
  const rows = configurations.map((configuration): TableRow => {
    const own = byConfiguration.get(configuration) ?? []
    const valid = own.filter(({ invalid }) => invalid.length === 0)
    const count = (some: readonly FlowReading[]) => new Set(some.map(({ cell }) => cell)).size
    const entries = slots.map(slot => entryOf(valid.flatMap(reading => valuesFor(reading, slot))))
    return { configuration, cells: count(own), valid: count(valid), entries }
  })
  const columns = slots.map(({ column }) => column)
  return { columns, rows, changes: changesOf(columns, rows) }
}

interface Slot extends WantedFigure {
  readonly column: TableColumn
}

/** Nothing where no cell that counts has the figure. */
function slotOf(flow: string, { figure, statistic }: WantedFigure, readings: readonly FlowReading[]): [Slot] | [] {
  const has = ({ figures }: FlowReading): ReadFigure | undefined => {
    const found = figures?.get(figure)
    return found?.value(statistic) === undefined ? undefined : found
  }
  const reading = readings.find(each => each.flow === flow && each.invalid.length === 0 && has(each) !== undefined)
  const found = reading && has(reading)
  if (found === undefined) return []
  const name = statistic === undefined ? figure : `${figure}.${statistic}`
  return [{ figure, statistic, column: { flow, figure: name, kind: found.kind, unit: found.unit } }]
}

function valuesFor({ flow, figures }: FlowReading, { column, figure, statistic }: Slot): number[] {
  const value = flow === column.flow ? figures?.get(figure)?.value(statistic) : undefined
  return value === undefined ? [] : [Number(value)]
}

function entryOf(values: readonly number[]): TableEntry | undefined {
  const sorted = [...values].sort((a, b) => a - b)
  const [min, max] = [sorted[0], sorted.at(-1)]
  if (min === undefined || max === undefined) return undefined
  // Added up in ascending order: the same digits whatever order the files were read in.
  return {
    count: sorted.length,
    mean: meanOf(sorted),
    median: medianOf(sorted),
    min,
    max,
    interval: meanInterval(sorted),
  }
}

function changesOf(columns: readonly TableColumn[], rows: readonly TableRow[]): TableChange[] {
  const changes = columns.flatMap((column, index): TableChange[] => {
    const entries = rows.flatMap(({ configuration, entries: all }) => {
      const entry = all[index]
      return entry === undefined ? [] : [{ configuration, entry }]
    })
    const ordered = entries.sort((a, b) => a.entry.median - b.entry.median)
    const [low, high] = [ordered[0], ordered.at(-1)]
    if (low === undefined || high === undefined || low.entry.median === high.entry.median) return []
    const end = ({ configuration, entry }: typeof low) => ({ configuration, median: entry.median })
    const share = (high.entry.median - low.entry.median) / Math.abs(low.entry.median)
    return [{ column, lowest: end(low), highest: end(high), share, clear: low.entry.max < high.entry.min }]
  })
  return changes.sort((a, b) => Number(b.clear) - Number(a.clear) || byShare(a.share, b.share))
}

/** Infinite ones are equal; their difference would be no number. */
const byShare = (a: number, b: number) => (a === b ? 0 : b - a)
