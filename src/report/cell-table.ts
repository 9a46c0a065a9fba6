import type { CellTable, TableChange, TableColumn, TableEntry } from '../stats/cell-table.ts'
import { type FigureKind, figureKinds, formatFigure } from '../units/figure-kind.ts'
import { formatTime } from '../units/format-time.ts'
import { columns as inColumns, oneLine } from './columns.ts'

export interface TableWords {
  /** Columns of the terminal; default: as wide as it gets. */
  readonly width?: number
  /** How values of a kind are printed that is neither a time nor a count. */
  readonly format?: (kind: string, value: number) => string
  /** How many of the changes are said; default 5. */
  readonly changes?: number
}

/**
 * The table for people: medians, with how far the 95 % interval of the mean reaches, then what changed most. A table that is
 * too wide for the terminal is cut into several, each with the names of the cells.
 */
export function cellTableText(table: CellTable, { width = Infinity, format, changes = 5 }: TableWords = {}): string {
  if (table.rows.length === 0 || table.columns.length === 0) return 'no cell gave a figure\n'
  const print = printerOf(format)
  const fixed = [
    ['', 'cell', ...table.rows.map(({ configuration }) => oneLine(configuration))],
    ['', 'valid', ...table.rows.map(({ valid, cells }) => `${valid}/${cells}`)],
  ]
  const measured = table.columns.map((column, index) => [
    oneLine(column.flow),
    oneLine(column.figure),
    ...table.rows.map(({ entries }) => entryText(entries[index], column, print)),
  ])
  const blocks = fitting(fixed, measured, width).map(block => inColumns(transposed(block)).join('\n'))
  const said = table.changes.slice(0, changes).map(change => changeText(change, print))
  return `${[...blocks, ...(said.length === 0 ? [] : [['changed most', ...said].join('\n')])].join('\n\n')}\n`
}

/** One line per configuration, flow and figure, values bare and in the unit named (RFC 4180). */
export function cellTableCsv({ columns, rows }: CellTable): string {
  const heading = [
    'configuration',
    'flow',
    'figure',
    'unit',
    'count',
    'mean',
    'median',
    'min',
    'max',
    'low95',
    'high95',
  ]
  const lines = rows.flatMap(({ configuration, entries }) =>
    columns.flatMap(({ flow, figure, unit }, index) => {
      const entry = entries[index]
      if (entry === undefined) return []
      const { count, mean, median, min, max, interval } = entry
      return [
        [configuration, flow, figure, unit, count, mean, median, min, max, interval?.low ?? '', interval?.high ?? ''],
      ]
    }),
  )
  return [heading, ...lines].map(line => `${line.map(csvField).join(',')}\r\n`).join('')
}

/** The table as it is; what is infinite or not there is null. */
export const cellTableJson = (table: CellTable): string => `${JSON.stringify(table, null, 2)}\n`

/** A value of any kind with its unit. */
export const formatCell = (kind: string, value: number): string =>
  kind in figureKinds ? formatFigure(kind as FigureKind, value) : String(value)

type Print = (column: TableColumn, value: number) => string

const printerOf =
  (format: TableWords['format']): Print =>
  ({ kind }, value) => {
    if (kind === 'time') return formatTime(value, 3)
    if (kind === 'count' || format === undefined) return String(Number(value.toPrecision(6)))
    return format(kind, value)
  }

function entryText(entry: TableEntry | undefined, column: TableColumn, print: Print): string {
  if (entry === undefined) return '-'
  const { median, mean, interval } = entry
  const reach = interval === undefined ? 0 : (interval.high - interval.low) / 2
  if (reach === 0 || mean === 0) return print(column, median)
  return `${print(column, median)} ±${Number(((reach / Math.abs(mean)) * 100).toPrecision(2))}%`
}

/** `path-delay.p99 of a: 2.1us at parallel=1, 9.3us at parallel=8 (4.43 times)` */
function changeText({ column, lowest, highest, share, clear }: TableChange, print: Print): string {
  const at = ({ configuration, median }: TableChange['lowest']) =>
    `${print(column, median)} at ${oneLine(configuration)}`
  const times = Number.isFinite(share) && lowest.median > 0 ? ` (${Number((1 + share).toPrecision(3))} times)` : ''
  const doubt = clear ? '' : ', which single repetitions contradict'
  return `  ${oneLine(column.figure)} of ${oneLine(column.flow)}: ${at(lowest)}, ${at(highest)}${times}${doubt}`
}

/** As many of the measured columns beside the fixed ones as fit, then the next; one at least. */
function fitting(fixed: string[][], measured: string[][], width: number): string[][][] {
  const widthOf = (column: readonly string[]) => 2 + Math.max(...column.map(({ length }) => length))
  const begin = fixed.reduce((sum, column) => sum + widthOf(column), 0)
  const blocks: string[][][] = []
  let used = 0
  for (const column of measured) {
    used += widthOf(column)
    if (blocks.length === 0 || used - 2 > width) {
      blocks.push([...fixed])
      used = begin + widthOf(column)
    }
    blocks.at(-1)?.push(column)
  }
  return blocks
}

const transposed = (table: readonly (readonly string[])[]): string[][] =>
  (table[0] ?? []).map((_, y) => table.map(column => column[y] ?? ''))

const csvField = (value: string | number): string => {
  const text = String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
