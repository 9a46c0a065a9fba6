import { join } from 'node:path'
import { captureHeadings, captureRows, captureWords } from './capture-table.ts'
import { cellTableText, formatCell } from './cell-table.ts'
import { columns, oneLine } from './columns.ts'
import { figureCells, flowTable } from './flow-table.ts'
import type { RunRecord } from './run-folder.ts'
import { badHost, stepRows } from './step-table.ts'
import { formatMoment, formatSpan, measuresItself, reasonsOf, verdictOf } from './wording.ts'

/** A run on the screen: the verdict, why, the flows with their figures, the expectations, where the files are. */
export function renderText(record: RunRecord): string {
  const parts = [
    ...[
      headLines(record),
      stepLines(record),
      cellLines(record),
      flowLines(record),
      toolLines(record),
      captureLines(record),
    ],
    ...[expectationLines(record), fileLines(record)],
  ]
  return `${parts
    .filter(lines => lines.length > 0)
    .map(lines => lines.join('\n'))
    .join('\n\n')}\n`
}

function headLines(record: RunRecord): string[] {
  const { result, story, name } = record
  const started = result?.started ?? story.started
  const took = formatSpan(started, result?.ended ?? story.lastSeen)
  const attempts = result?.attempts ?? []
  const facts = [
    started === undefined ? '' : formatMoment(started),
    took === '' ? '' : `took ${took}`,
    result?.clocks === undefined ? '' : 'clocks not watched',
    attempts.length > 1 && attempts.some(({ valid }) => !valid) ? `${attempts.length} attempts` : '',
    result === undefined ? '' : `exit ${result.exitCode}`,
  ]
  return [
    `${verdictOf(record).toUpperCase()}  ${oneLine(name)}`,
    ...reasonsOf(record).map(reason => `  ${oneLine(reason)}`),
    facts.filter(fact => fact !== '').join(', '),
    ...attempts
      .filter(({ valid }) => !valid)
      .map(({ attempt, reasons }) => oneLine(`attempt ${attempt} was void: ${reasons.join('; ')}`)),
  ].filter(line => line !== '')
}

function stepLines({ steps }: RunRecord): string[] {
  if (steps.length === 0) return []
  const rows = stepRows(steps)
  const table = columns(
    rows.map(({ step, counts, took }) => [`step ${step.step}`, step.phase, oneLine(step.name), counts, took]),
    new Set([0, 1, 2, 3]),
  )
  return rows.flatMap(({ bad }, i) => [table[i] ?? '', ...bad.map(each => `  ${oneLine(badHost(each))}`)])
}

/** The table of an experiment, below how its cells ended. */
function cellLines({ experiment }: RunRecord): string[] {
  if (experiment === undefined) return []
  const { cells, table } = experiment
  const bad = cells.filter(({ verdict }) => verdict !== 'pass')
  const rows = bad.map(({ cell, verdict, reasons }) => [cell, verdict ?? 'no verdict', reasons[0] ?? ''].map(oneLine))
  const figures = table.columns.length === 0 ? [] : cellTableText(table, { format: formatCell }).trimEnd().split('\n')
  return [...columns(rows, new Set([0, 1, 2])), ...(rows.length > 0 && figures.length > 0 ? [''] : []), ...figures]
}

/** A line per figure: tools measure different things, which have no columns in common. */
function toolLines({ flows }: RunRecord): string[] {
  const rows = flows.filter(measuresItself).flatMap(flow => {
    const figures = figureCells(flow)
    const head = [flow.name, flow.from, flow.to, flow.tool]
    if (figures.length === 0) return [[...head, '-', ''].map(oneLine)]
    return figures.map((cells, i) => [...(i === 0 ? head : ['', '', '', '']), ...cells].map(oneLine))
  })
  return rows.length === 0
    ? []
    : columns([['flow', 'from', 'to', 'tool', 'figure', ''], ...rows], new Set([0, 1, 2, 3, 4]))
}

function flowLines(record: RunRecord): string[] {
  const flows = record.flows.filter(flow => !measuresItself(flow))
  if (flows.length === 0) return []
  const { headings, rows } = flowTable(flows)
  const clean = [...headings, ...rows].map(row => row.map(oneLine))
  return columns(clean, new Set([0, 1, 2]))
}

function captureLines({ captures }: RunRecord): string[] {
  if (captures.length === 0) return []
  const rows = captureRows(captures).map(({ cells, note }) => [...cells, note].map(oneLine))
  return columns([[...captureHeadings, ''], ...rows], new Set([...captureWords, captureHeadings.length]))
}

function expectationLines({ result, story }: RunRecord): string[] {
  const rows = (result?.expectations ?? story.judged).map(({ outcome, expectation, flow, value }) =>
    [outcome, expectation, `${flow}: ${value}`].map(oneLine),
  )
  return columns(rows, new Set([0, 1, 2]))
}

function fileLines({ path, flows, captures, voidLogs }: RunRecord): string[] {
  const logs = flows.flatMap(({ file }) => (file === undefined ? [] : [join(path, file)]))
  return [
    ...logs.map(file => `packet log  ${file}`),
    ...flows.flatMap(({ outputs = [] }) => outputs.map(file => `output      ${join(path, file)}`)),
    ...captures.flatMap(({ file }) => (file === undefined ? [] : [`capture     ${join(path, file)}`])),
    ...voidLogs.map(file => `void        ${join(path, file)}`),
    `folder      ${path}`,
  ]
}
