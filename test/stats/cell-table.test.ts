import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { cellTable, figuresToShow } from '../../src/stats/cell-table.ts'
import { countFigure, type TimeFigure, timeFigure } from '../../src/stats/figure.ts'
import { type FlowReading, readFigure } from '../../src/stats/reading.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('stats/cell-table')

const reading = (cell: string, flow: string, lost: number, delay: number, invalid: string[] = []): FlowReading => ({
  cell,
  configuration: cell.slice(0, cell.indexOf('@')),
  flow,
  from: 'A',
  to: 'B',
  file: `cells/${cell}/flows/${flow}.dat`,
  figures: new Map([
    ['lost', readFigure(countFigure(lost))],
    ['path-delay', readFigure(timeFigure(BigInt64Array.of(BigInt(delay))) as TimeFigure)],
  ]),
  invalid,
})
const readings = [
  reading('x=1@1', 'a', 0, 100),
  reading('x=1@2', 'a', 0, 104),
  reading('x=1@3', 'a', 0, 102),
  reading('x=10@1', 'a', 2, 300),
  reading('x=10@2', 'a', 0, 310),
  reading('x=10@3', 'a', 9, 9999, ['sync lost']),
]
const delay = [{ figure: 'path-delay', statistic: 'mean' }]

test('a row per configuration, a column per flow and figure, over the cells that count', () => {
  const { columns, rows } = cellTable(readings, ['x=1', 'x=10', 'x=99'], delay)
  assert.equal(columns, [{ flow: 'a', figure: 'path-delay.mean', kind: 'time', unit: 'ns' }])
  assert.equal(
    rows.map(({ configuration, cells, valid, entries: [entry] }) => [
      configuration,
      `${valid}/${cells}`,
      entry && [entry.count, entry.mean, entry.median, entry.min, entry.max],
    ]),
    [
      ['x=1', '3/3', [3, 102, 102, 100, 104]],
      ['x=10', '2/3', [2, 305, 305, 300, 310]],
      ['x=99', '0/0', undefined],
    ],
  )
  // t(0.975, 2) = 4.303 times 2 / sqrt(3).
  assert.is(rows[0]?.entries[0]?.interval?.low.toFixed(2), '97.03')
})

test('unasked, counts are shown themselves and times by mean and p99', () => {
  assert.equal(figuresToShow(readings), [
    { figure: 'lost', statistic: undefined },
    { figure: 'path-delay', statistic: 'mean' },
    { figure: 'path-delay', statistic: 'p99' },
  ])
})

test('what changed most comes first, and what single repetitions contradict comes last', () => {
  const { changes } = cellTable(readings, ['x=1', 'x=10'])
  assert.equal(
    changes.map(({ column, lowest, highest, share, clear }) => [
      column.figure,
      lowest.configuration,
      highest.configuration,
      Number(share.toFixed(3)),
      clear,
    ]),
    [
      ['path-delay.mean', 'x=1', 'x=10', 1.99, true],
      ['path-delay.p99', 'x=1', 'x=10', 1.99, true],
      ['lost', 'x=1', 'x=10', Infinity, false],
    ],
  )
  assert.equal(cellTable(readings.slice(0, 3), ['x=1']).changes, [], 'one configuration changes nothing')
})

test('the order of the files does not matter', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray(readings, { minLength: readings.length }), others => {
      assert.equal(cellTable(others, ['x=1', 'x=10']), cellTable(readings, ['x=1', 'x=10']))
    }),
  )
})

test.run()
