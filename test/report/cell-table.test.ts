import * as assert from 'uvu/assert'
import { cellTableCsv, cellTableJson, cellTableText } from '../../src/report/cell-table.ts'
import type { CellTable, TableEntry } from '../../src/stats/cell-table.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('report/cell-table')

const single = (value: number): TableEntry => ({
  count: 1,
  mean: value,
  median: value,
  min: value,
  max: value,
  interval: undefined,
})
const columns = [
  { flow: 'a', figure: 'lost', kind: 'count', unit: '' },
  { flow: 'a', figure: 'path-delay.mean', kind: 'time', unit: 'ns' },
  { flow: 'b', figure: 'received', kind: 'rate', unit: 'bit/s' },
]
const table: CellTable = {
  columns,
  rows: [
    {
      configuration: 'parallel=1',
      cells: 3,
      valid: 3,
      entries: [
        single(0),
        { ...single(2157.07), count: 3, interval: { low: 2049.2165, high: 2264.9235, level: 0.95 } },
        single(9e8),
      ],
    },
    { configuration: 'parallel=8,say="hi"', cells: 3, valid: 2, entries: [single(12), single(9300), undefined] },
  ],
  changes: [
    {
      column: { flow: 'a', figure: 'path-delay.mean', kind: 'time', unit: 'ns' },
      lowest: { configuration: 'parallel=1', median: 2157.07 },
      highest: { configuration: 'parallel=8', median: 9300 },
      share: 3.311,
      clear: true,
    },
    {
      column: { flow: 'a', figure: 'lost', kind: 'count', unit: '' },
      lowest: { configuration: 'parallel=1', median: 0 },
      highest: { configuration: 'parallel=8', median: 12 },
      share: Infinity,
      clear: false,
    },
  ],
}
const format = (_: string, value: number) => `${value / 1e6}Mbit/s`

test('cells go down, figures across, and what changed most stands below', () => {
  assert.is(
    cellTableText(table, { format }),
    `                               a                a          b
cell                 valid  lost  path-delay.mean   received
parallel=1             3/3     0      2.157us ±5%  900Mbit/s
parallel=8,say="hi"    2/3    12            9.3us          -

changed most
  path-delay.mean of a: 2.157us at parallel=1, 9.3us at parallel=8 (4.31 times)
  lost of a: 0 at parallel=1, 12 at parallel=8, which single repetitions contradict
`,
  )
})

test('a table too wide for the terminal is cut into several', () => {
  const lines = cellTableText(table, { format, width: 50, changes: 0 }).split('\n')
  assert.ok(
    lines.every(({ length }) => length <= 50),
    lines.join('\n'),
  )
  assert.equal(
    lines.filter(line => line.startsWith('cell')),
    ['cell                 valid  lost  path-delay.mean', 'cell                 valid   received'],
  )
})

test('without a single figure the table says so', () => {
  assert.is(cellTableText({ columns: [], rows: [], changes: [] }), 'no cell gave a figure\n')
})

test('CSV has bare values, their unit, and quotes where they are needed', () => {
  assert.equal(cellTableCsv(table).split('\r\n').slice(0, 5), [
    'configuration,flow,figure,unit,count,mean,median,min,max,low95,high95',
    'parallel=1,a,lost,,1,0,0,0,0,,',
    'parallel=1,a,path-delay.mean,ns,3,2157.07,2157.07,2157.07,2157.07,2049.2165,2264.9235',
    'parallel=1,b,received,bit/s,1,900000000,900000000,900000000,900000000,,',
    '"parallel=8,say=""hi""",a,lost,,1,12,12,12,12,,',
  ])
})

test('JSON is the table', () => {
  const read = JSON.parse(cellTableJson(table)) as CellTable
  assert.equal(read.rows[0]?.entries[1]?.interval, table.rows[0]?.entries[1]?.interval)
  assert.is(read.changes[1]?.share, null, 'JSON knows nothing infinite')
  assert.equal(read.columns, columns)
})

test.run()
