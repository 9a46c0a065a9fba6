import type { CaptureResult, ExpectationResult } from '../../runner/result.ts'
import type { StepResult } from '../../runner/steps/ground.ts'
import { captureHeadings, captureRows, captureWords } from '../capture-table.ts'
import { figureCells, flowTable } from '../flow-table.ts'
import type { RecordedFlow, RunRecord } from '../run-folder.ts'
import { badHost, stepRows } from '../step-table.ts'
import { html, type Markup } from './markup.ts'

export const expectationTable = (expectations: readonly ExpectationResult[]): Markup => html`<div class="scroll"><table>
<thead><tr><th class="text" scope="col">expected</th><th class="text" scope="col">flow</th>
<th scope="col">value</th><th class="text" scope="col">outcome</th></tr></thead>
<tbody>${expectations.map(
  ({ expectation, flow, value, outcome }) => html`<tr><th scope="row"><code>${expectation}</code></th>
<td class="text">${flow}</td><td>${value}</td><td class="text ${outcome.replace(' ', '-')}">${outcome}</td></tr>`,
)}</tbody></table></div>`

export const stepTable = (steps: readonly StepResult[]): Markup => html`<div class="scroll"><table>
<thead><tr><th scope="col">step</th><th class="text" scope="col">phase</th><th class="text" scope="col">name</th>
<th class="text" scope="col">hosts</th><th scope="col">took</th></tr></thead>
<tbody>${stepRows(steps).map(
  ({ step, counts, took, bad }) => html`<tr><th scope="row">${step.step}</th><td class="text">${step.phase}</td>
<td class="text wide">${step.name}${bad.map(
    each => html`<br><span class="${each.outcome === 'failed' ? 'not-met' : 'soft'}">${badHost(each)}</span>`,
  )}</td><td class="text">${counts}</td><td>${took}</td></tr>`,
)}</tbody></table></div>`

/** Columns of names in front; the rest are numbers. */
const nameColumns = 3

export function flowFigures(flows: readonly RecordedFlow[]): Markup {
  const {
    headings: [top = [], below = []],
    rows,
  } = flowTable(flows)
  return html`<div class="scroll"><table>
<caption>Times are those of packets that were stamped and received; a dash was not measured.</caption>
<thead><tr>${top.map((name, i) => headingOf(name, i, below))}</tr>
<tr>${below.map(name => (name === '' ? undefined : html`<th scope="col">${name}</th>`))}</tr></thead>
<tbody>${rows.map(
    ([name = '', ...cells]) =>
      html`<tr><th scope="row">${name}</th>${cells.map(
        (cell, i) => html`<td${i + 1 < nameColumns ? html` class="text"` : undefined}>${cell}</td>`,
      )}</tr>`,
  )}</tbody></table></div>`
}

/** A time spans its two columns; everything else reaches down both rows. */
function headingOf(name: string, column: number, below: readonly string[]): Markup | undefined {
  if (name === '') return undefined
  if (below[column] !== '') return html`<th class="group" scope="colgroup" colspan="2">${name}</th>`
  return html`<th${column < nameColumns ? html` class="text"` : undefined} scope="col" rowspan="2">${name}</th>`
}

/** What tools measured by themselves: a row per figure. */
export function toolFigures(flows: readonly RecordedFlow[]): Markup {
  return html`<div class="scroll"><table><caption>What the programs of each flow say; percentiles by nearest rank.</caption>
<thead><tr><th scope="col">flow</th><th class="text" scope="col">from</th><th class="text" scope="col">to</th>
<th class="text" scope="col">tool</th><th class="text" scope="col">figure</th><th class="text" scope="col"></th></tr></thead>
<tbody>${flows.flatMap(flow => {
    const figures = figureCells(flow)
    return (figures.length === 0 ? [['-', ''] as const] : figures).map(
      ([name, value], i) => html`<tr><th scope="row">${i === 0 ? flow.name : ''}</th>
${[flow.from, flow.to, flow.tool].map(cell => html`<td class="text">${i === 0 ? cell : ''}</td>`)}
<td class="text">${name}</td><td class="text wide">${value}</td></tr>`,
    )
  })}</tbody></table></div>`
}

/** Every figure of a flow with all its statistics, ns. */
export function allFigures({ figures }: RecordedFlow): Markup {
  const rows = Object.entries(figures).map(
    ([name, value]) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`,
  )
  return html`<div class="scroll"><table><caption>Times in nanoseconds, percentiles by nearest rank.</caption>
<tbody>${rows}</tbody></table></div>`
}

/** The file first: it is what one looks for. */
export const captureTable = (captures: readonly CaptureResult[]): Markup => html`<div class="scroll"><table>
<caption>What tcpdump recorded. Octets are those of the file; dropped packets found the kernel’s buffer full.</caption>
<thead><tr><th scope="col">file</th>${captureHeadings.map(
  (name, i) =>
    html`<th${captureWords.has(i) ? html` class="text"` : undefined} scope="col">${i === 0 ? 'host' : name}</th>`,
)}<th class="text" scope="col"></th></tr></thead>
<tbody>${captureRows(captures).map(
  ({ file, cells, note }) =>
    html`<tr><th scope="row">${file === undefined ? '-' : html`<code>${file}</code>`}</th>${cells.map(
      (cell, i) => html`<td${captureWords.has(i) ? html` class="text"` : undefined}>${cell}</td>`,
    )}<td class="text wide">${note}</td></tr>`,
)}</tbody></table></div>`

export const hostTable = ({ story }: RunRecord): Markup => html`<div class="scroll"><table>
<tbody>${[...story.hosts].map(
  ([host, summary]) => html`<tr><th scope="row">${host}</th><td class="text wide">${summary}</td></tr>`,
)}</tbody></table></div>`
