import type { EventOf } from '../runner/events.ts'
import { screenFigures } from './figures.ts'
import { clean, count, formatSpan } from './format.ts'
import { begunPhases, noticeLines } from './frame.ts'
import { type Line, lineWidth, type Span, span, table } from './line.ts'
import { allCounts, stepCounts } from './step-wording.ts'
import type { Symbols } from './symbols.ts'
import type { View } from './view.ts'
import { captureInWords, outcome } from './wording.ts'

/** What stays on the terminal when the run is over: as long as it needs, the verdict near the bottom. */
export function summary(view: View, columns: number, nowMs: number, symbols: Symbols): Line[] {
  const parts = [
    begunPhases(view, nowMs, symbols),
    noticeLines(view, symbols),
    stepSummary(view),
    cellSummary(view),
    view.cell === undefined ? flowLines(view, columns) : [],
    (view.cell === undefined ? view.captures : []).map(capture => [span(clean(captureInWords(capture)))]),
    view.cell === undefined ? expectationLines(view, symbols) : [],
    view.ended === undefined ? [] : endLines(view.ended, view),
  ]
  return parts.filter(part => part.length > 0).flatMap((part, i) => (i === 0 ? part : [[], ...part]))
}

function stepSummary({ stepsEnded }: View): Line[] {
  if (stepsEnded.length === 0) return []
  return [[span(count(stepsEnded.length, 'step')), span(`  ${stepCounts(allCounts(stepsEnded))}`, 'dim')]]
}

/** `45 cells  40 pass, 3 fail, 2 invalid`: their figures are in the table below. */
function cellSummary({ cell, cells }: View): Line[] {
  if (cell === undefined) return []
  const all = Object.entries(cells).filter(([, each]) => each > 0)
  const total = all.reduce((sum, [, each]) => sum + each, 0)
  const words = all.map(([verdict, each]) => `${each} ${verdict === 'none' ? 'without a verdict' : verdict}`)
  return [[span(count(total, 'cell')), span(`  ${words.join(', ')}`, 'dim')]]
}

/** The figures of all flows: a table if one fits, otherwise a line per flow. Flows without figures say what came in. */
function flowLines({ figures, collected }: View, columns: number): Line[] {
  const judged = new Set(figures.map(({ flow }) => flow))
  const bare = [...collected.values()].filter(({ flow }) => !judged.has(flow))
  return [
    ...figureLines(figures, columns),
    ...bare.map(({ flow, sent, received }) => [
      span(clean(`${flow}: ${received} of ${count(sent, 'frame')} received`)),
    ]),
  ]
}

function figureLines(flows: readonly EventOf<'flow_figures'>[], columns: number): Line[] {
  if (flows.length === 0) return []
  const cells = flows.map(({ flow, figures, kinds }) => ({ flow, figures: screenFigures(figures, kinds) }))
  const names = [...new Set(cells.flatMap(({ figures }) => [...figures.keys()]))]
  const grid = [
    ['flow', ...names],
    ...cells.map(({ flow, figures }) => [flow, ...names.map(name => figures.get(name) ?? '')]),
  ]
  // The longer side goes down the screen.
  const candidates = flows.length >= names.length ? [grid, transposed(grid)] : [transposed(grid), grid]
  const fitting = candidates.map(figureTable).find(lines => lines.every(line => lineWidth(line) < columns))
  if (fitting !== undefined && names.length > 0) return fitting
  return cells.map(({ flow, figures }) => [
    span(`${clean(flow)}: `, 'bold'),
    span(clean([...figures].map(([name, cell]) => `${name} ${cell}`).join('; '))),
  ])
}

const transposed = (grid: readonly (readonly string[])[]) =>
  (grid[0] ?? []).map((_, column) => grid.map(row => row[column] ?? ''))

const figureTable = (grid: readonly (readonly string[])[]): Line[] =>
  table(
    grid.map((row, y) => row.map((text, x): Span => span(clean(text), x === 0 || y === 0 ? 'bold' : undefined))),
    (grid[0] ?? []).map((_, x) => (x === 0 ? 'left' : 'right')),
  )

/** Values of this many flows stand beside an expectation; of more, only those that missed it. */
const shownValues = 4

/** One line per expectation, however many flows it was applied to. */
function expectationLines({ judged }: View, symbols: Symbols): Line[] {
  const texts = [...new Set(judged.map(({ expectation }) => expectation))]
  return texts.map(text => {
    const all = judged.filter(({ expectation }) => expectation === text)
    const missed = all.filter(({ outcome }) => outcome !== 'met')
    const sign = missed.length === 0 ? span(symbols.done, 'green') : span(symbols.failed, 'red')
    const values = (all.length <= shownValues ? all : missed).map(
      ({ flow, value, outcome }) => `${flow}: ${outcome === 'not measured' ? outcome : value}`,
    )
    const total =
      all.length <= shownValues ? '' : `${all.length - missed.length} of ${count(all.length, 'flow')} met it`
    const beside = [total, ...values].filter(each => each !== '').join(', ')
    return [sign, span(` ${clean(text)}`), span(`  ${clean(beside)}`, missed.length === 0 ? 'dim' : 'red')]
  })
}

function endLines(ended: EventOf<'run_ended'>, view: View): Line[] {
  const { word, style } = outcome(ended)
  return [
    [span(word, style), span(`  ${clean(view.name)}`, 'bold'), span(`  ${formatSpan(ended.tookMs)}`, 'dim')],
    ...ended.reasons.map(reason => [span(`  ${clean(reason)}`)]),
    ...view.reports.map(file => [span(`report ${clean(file)}`)]),
    ...(ended.folder === undefined ? [] : [[span(`folder ${clean(ended.folder)}`)]]),
  ]
}
