import type { CellVerdict } from '../stats/judge-cells.ts'
import { columns, oneLine } from './columns.ts'

/**
 * What became of every line, in the order in which they were given: how often it was met, and below it each verdict that is
 * not, with the cell and flow that decided, the value and the file it stands in. With `all` also those that are.
 */
export function judgementText(verdicts: readonly CellVerdict[], { all }: { readonly all: boolean }): string {
  const lines = [...new Set(verdicts.map(({ expectation }) => expectation))]
  return lines.map(line => `${lineText(line, verdicts, all).join('\n')}\n`).join('')
}

function lineText(line: string, verdicts: readonly CellVerdict[], all: boolean): string[] {
  const own = verdicts.filter(({ expectation }) => expectation === line)
  const met = own.filter(({ outcome }) => outcome === 'met').length
  const shown = own.filter(({ outcome }) => all || outcome !== 'met')
  const rows = shown.map(({ outcome, cell, flow, figure, limit, value, file }) =>
    [outcome, cell, flow, `${figure} ${limit}`, value, file ?? ''].map(oneLine),
  )
  return [
    `${worst(own)}  ${oneLine(line)}  (met ${met} of ${own.length})`,
    ...columns(rows, new Set([0, 1, 2, 3, 4, 5])).map(row => `  ${row}`),
  ]
}

const worst = (verdicts: readonly CellVerdict[]) =>
  verdicts.some(({ outcome }) => outcome === 'not met')
    ? 'FAIL   '
    : verdicts.some(({ outcome }) => outcome === 'not measured')
      ? 'INVALID'
      : 'PASS   '
