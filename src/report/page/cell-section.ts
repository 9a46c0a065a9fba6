import type { CellResult, CellResults } from '../cell-results.ts'
import { formatCell } from '../cell-table.ts'
import { html, type Markup } from './markup.ts'

/** The cells of an experiment: what the configurations have measured, then every cell with its verdict and its folder. */
export const cellSections = ({ cells, table }: CellResults): Markup => html`
${table.columns.length > 0 ? figureTable(table) : undefined}
<h2>Cells</h2><div class="scroll"><table>
<thead><tr><th scope="col">cell</th><th class="text" scope="col">verdict</th><th class="text" scope="col"></th>
<th class="text" scope="col">folder</th></tr></thead><tbody>${cells.map(cellRow)}</tbody></table></div>`

function figureTable({ columns, rows }: CellResults['table']): Markup {
  return html`<h2>Figures</h2><div class="scroll"><table>
<caption>Medians of the valid cells; behind them their lowest and highest value.</caption>
<thead><tr><th scope="col" rowspan="2">configuration</th><th scope="col" rowspan="2">valid</th>
${columns.map(({ flow }) => html`<th scope="col">${flow}</th>`)}</tr>
<tr>${columns.map(({ figure }) => html`<th scope="col">${figure}</th>`)}</tr></thead>
<tbody>${rows.map(
    ({ configuration, valid, cells, entries }) => html`<tr><th scope="row"><code>${configuration}</code></th>
<td>${valid}/${cells}</td>${columns.map(({ kind }, i) => {
      const entry = entries[i]
      if (entry === undefined) return html`<td>-</td>`
      const [median, min, max] = [entry.median, entry.min, entry.max].map(value => formatCell(kind, value))
      return html`<td>${median}${entry.count > 1 ? html` <span class="soft">${min} … ${max}</span>` : undefined}</td>`
    })}</tr>`,
  )}</tbody></table></div>`
}

const classes = { pass: 'met', fail: 'not-met', invalid: 'not-measured' } as const

function cellRow({ cell, verdict, reasons, folder }: CellResult): Markup {
  const [first, ...rest] = reasons
  const why = first === undefined ? '' : rest.length === 0 ? first : `${first}, and ${rest.length} more`
  return html`<tr><th scope="row"><code>${cell}</code></th>
<td class="text ${verdict === undefined ? 'soft' : classes[verdict]}">${verdict ?? 'none'}</td><td class="text wide">${why}</td>
<td class="text">${folder === undefined ? '' : html`<a href="${hrefOf(`${folder}/report.html`)}">${folder}</a>`}</td></tr>`
}

const hrefOf = (folder: string) => folder.split('/').map(encodeURIComponent).join('/')
