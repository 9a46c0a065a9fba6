import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { type Criterion, type CriterionFault, readCriterion } from '../../src/playbook/criteria.ts'
import { countFigure, type TimeFigure, timeFigure } from '../../src/stats/figure.ts'
import { type JudgeSettings, judgeCells, withValidity } from '../../src/stats/judge-cells.ts'
import { type FlowReading, figuresFromWords, readFigure } from '../../src/stats/reading.ts'
import { figureWords } from '../fixtures/figure-words.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('stats/judge-cells')

const criterion = (text: string): Criterion => {
  const read: Criterion | CriterionFault = readCriterion(text, figureWords)
  if ('message' in read) throw new Error(`${text}: ${read.message}`)
  return read
}
const settings: JudgeSettings = { worse: figure => (figure === 'latency-budget' ? 'lower' : 'higher') }

interface Given {
  readonly cell?: string
  readonly flow?: string
  readonly from?: string
  readonly to?: string
  readonly lost?: number
  /** ns */
  readonly delays?: readonly number[]
  readonly invalid?: readonly string[]
}
function reading({ cell = 'x=1@1', flow = 'a', from = 'A', to = 'C', lost, delays, invalid = [] }: Given): FlowReading {
  const delay = delays && (timeFigure(BigInt64Array.from(delays, BigInt)) as TimeFigure)
  const figures = new Map([
    ...(lost === undefined ? [] : [['lost', readFigure(countFigure(lost))] as const]),
    ...(delay === undefined ? [] : [['path-delay', readFigure(delay)] as const]),
  ])
  const configuration = cell.slice(0, cell.indexOf('@'))
  return { cell, configuration, flow, from, to, file: `cells/${cell}/flows/${flow}.dat`, figures, invalid }
}
const readings = [
  reading({ cell: 'x=1@1', flow: 'a', lost: 0, delays: [900, 1100] }),
  reading({ cell: 'x=1@1', flow: 'b', from: 'B', lost: 3, delays: [2000] }),
  reading({ cell: 'x=2@1', flow: 'a', lost: 1, delays: [5000] }),
  reading({ cell: 'x=2@1', flow: 'b', from: 'B', lost: 0, delays: [3000] }),
]
const judged = (text: string, given: readonly FlowReading[] = readings, more: Partial<JudgeSettings> = {}) =>
  judgeCells([criterion(text)], given, { ...settings, ...more })
const short = (...of: Parameters<typeof judged>) =>
  judged(...of).map(({ cell, flow, outcome, value }) => `${cell} ${flow}: ${outcome}, ${value}`)

test('each flow of each cell has a verdict that names figure, limit, flow, cell and file', () => {
  assert.equal(judged('cell x=2*: path-delay.mean < 4us'), [
    {
      expectation: 'cell x=2*: path-delay.mean < 4us',
      outcome: 'not met',
      cell: 'x=2@1',
      flow: 'a',
      figure: 'path-delay.mean',
      limit: '< 4us',
      value: '5us',
      file: 'cells/x=2@1/flows/a.dat',
    },
    {
      expectation: 'cell x=2*: path-delay.mean < 4us',
      outcome: 'met',
      cell: 'x=2@1',
      flow: 'b',
      figure: 'path-delay.mean',
      limit: '< 4us',
      value: '3us',
      file: 'cells/x=2@1/flows/b.dat',
    },
  ])
})

test('a line is about the cells, flows and hosts that it names', () => {
  const cases: [string, string[]][] = [
    ['b: lost == 0', ['x=1@1 b: not met, 3', 'x=2@1 b: met, 0']],
    ['host B: lost == 0', ['x=1@1 b: not met, 3', 'x=2@1 b: met, 0']],
    ['host C cell x=1: lost == 0', ['x=1@1 a: met, 0', 'x=1@1 b: not met, 3']],
    ['a cell *@1 host A: lost <= 1', ['x=1@1 a: met, 0', 'x=2@1 a: met, 1']],
    ['c: lost == 0', ['* c: not measured, nothing of this name was measured']],
  ]
  for (const [text, verdicts] of cases) assert.equal(short(text), verdicts, text)
})

test('of all the worst decides, of any the best', () => {
  const cases: [string, string][] = [
    ['all lost == 0', 'x=1@1 b: not met, 3'],
    ['all lost < 4', 'x=1@1 b: met, 3'],
    ['any lost == 0', 'x=1@1 a: met, 0'],
    ['any lost > 3', 'x=1@1 b: not met, 3'],
    ['all path-delay.max < 3us', 'x=2@1 a: not met, 5us'],
    ['any path-delay.max < 3us', 'x=1@1 a: met, 1.1us'],
    ['all path-delay.min >= 2us', 'x=1@1 a: not met, 900ns'],
  ]
  for (const [text, verdict] of cases) assert.equal(short(text), [verdict], text)
})

test('what was not measured is never met, unless another one decides', () => {
  const dark: FlowReading = { ...reading({ cell: 'x=3@1' }), figures: undefined }
  const cases: [string, string][] = [
    ['all lost < 9', 'x=3@1 a: not measured, nothing was recorded'],
    ['all lost == 0', 'x=1@1 b: not met, 3'],
    ['any lost == 0', 'x=1@1 a: met, 0'],
    ['any lost > 9', 'x=3@1 a: not measured, nothing was recorded'],
    ['cell x=3: lost == 0', 'x=3@1 a: not measured, nothing was recorded'],
  ]
  for (const [text, verdict] of cases) assert.equal(short(text, [...readings, dark]), [verdict], text)
  assert.equal(short('lost == 0', [reading({ delays: [1] })]), ['x=1@1 a: not measured, this figure was not measured'])
})

test('a condition of valid takes a cell out, and says why', () => {
  const checked = withValidity([criterion('path-delay.max < 4us')], readings, settings)
  assert.equal(short('lost == 0', checked), [
    'x=1@1 a: met, 0',
    'x=1@1 b: not met, 3',
    'x=2@1 a: not measured, the cell does not count: a: valid needs path-delay.max < 4us, got 5us',
    'x=2@1 b: not measured, the cell does not count: a: valid needs path-delay.max < 4us, got 5us',
  ])
})

test('a condition that is about other cells leaves a cell alone', () => {
  const checked = withValidity([criterion('cell x=2: path-delay.max < 4us')], readings, settings)
  assert.equal(
    checked.map(({ cell, invalid }) => `${cell} ${invalid.length}`),
    ['x=1@1 0', 'x=1@1 0', 'x=2@1 1', 'x=2@1 1'],
  )
})

const repeated = (cell: string, means: readonly number[]) =>
  means.map((mean, i) => reading({ cell: `${cell}@${i + 1}`, delays: [mean] }))

test('a change is judged over the repetitions of a cell, against those of another run', () => {
  const baseline = repeated('x=1', [1000, 1010, 990, 1005, 995])
  const line = 'path-delay.mean worse_by < 5 %'
  const verdict = (means: readonly number[]) => judged(line, repeated('x=1', means), { baseline })[0]
  assert.is(verdict([1002, 1012, 992, 1007, 997])?.outcome, 'met')
  assert.is(verdict([1202, 1212, 1192, 1207, 1197])?.outcome, 'not met')
  assert.match(
    verdict([1202, 1212, 1192, 1207, 1197])?.value ?? '',
    /^\+20\.2% \(95% interval \+19\.\d+% to \+2\d(\.\d+)?%, 5 against 5\)$/,
  )
  assert.match(verdict([900, 1200, 1000, 1250, 950])?.value ?? '', /: more repetitions are needed to tell$/)
  assert.is(verdict([900, 1200, 1000, 1250, 950])?.outcome, 'not measured')
  assert.equal([verdict([1002, 1012, 992])?.cell, verdict([1002, 1012, 992])?.file], ['x=1', 'cells/x=1@1/flows/a.dat'])
})

test('a change is the same whatever the order in which either run is read', () => {
  const [before, after] = [repeated('x=1', [1000, 2900, 450, 1500, 800]), repeated('x=1', [42, 3012, 992, 107, 5070])]
  const value = (given: readonly FlowReading[], baseline: readonly FlowReading[]) =>
    short('path-delay.mean worse_by < 5000 %', given, { baseline })
  assert.equal(value(after.toReversed(), before.toReversed()), value(after, before))
})

test('a change is never judged on cells that do not count, too few, or none', () => {
  const baseline = repeated('x=1', [1000, 1000, 1000])
  const line = 'path-delay.mean worse_by < 5 %'
  const cases: [readonly FlowReading[], Partial<JudgeSettings>, string][] = [
    [repeated('x=1', [1, 2]), { baseline }, 'x=1 a: not measured, 2 against 3 results, at least 3 of each are needed'],
    [repeated('x=1', [1, 2]), {}, 'x=1 a: not measured, there is no run to compare with'],
    [repeated('x=2', [1]), { baseline }, 'x=2 a: not measured, the run compared with has no such cell and flow'],
    [
      repeated('x=1', [1, 2, 3]).map((each, i) => (i === 0 ? { ...each, invalid: ['sync lost'] } : each)),
      { baseline },
      'x=1 a: not measured, 2 against 3 results, at least 3 of each are needed',
    ],
    [
      repeated('x=1', [1000, 1000, 1000]),
      { baseline: baseline.map(each => ({ ...each, invalid: ['sync lost'] })) },
      'x=1 a: not measured, 3 against 0 results, at least 3 of each are needed',
    ],
  ]
  for (const [given, more, verdict] of cases) assert.equal(short(line, given, more), [verdict])
})

test('figures of a result.json judge like those of the log, where it keeps them', () => {
  const figures = figuresFromWords({ lost: '2', 'path-delay.mean': '2157.070', 'path-delay.p99': '9007199254740993' })
  const given = [{ ...reading({}), figures }]
  assert.equal(
    ['lost <= 2', 'path-delay.mean < 3us', 'path-delay.p99 > 9007199254740992ns', 'path-delay.p50 < 1s'].flatMap(text =>
      short(text, given),
    ),
    [
      'x=1@1 a: met, 2',
      'x=1@1 a: met, 2.15707us',
      'x=1@1 a: met, 9007199.254740993s',
      "x=1@1 a: not measured, a time has no 'p50' here",
    ],
  )
})

const anyReading = fc
  .record({
    cell: fc.constantFrom('x=1@1', 'x=1@2', 'x=1@3', 'x=2@1', 'x=10@1'),
    flow: fc.constantFrom('a', 'b'),
    lost: fc.nat(3),
    delays: fc.array(fc.integer({ min: 1, max: 9000 }), { minLength: 1, maxLength: 5 }),
    invalid: fc.constantFrom([], ['sync lost']),
  })
  .map(reading)
const run = fc.uniqueArray(anyReading, { selector: ({ cell, flow }) => `${cell} ${flow}`, maxLength: 10 })
const lines = [
  'lost == 0',
  'all lost < 3',
  'any b: lost == 0',
  'path-delay.p99 < 4us',
  'path-delay.mean worse_by < 5 %',
  'all path-delay.mean worse_by <= 100 %',
].map(criterion)

test('the order of the files does not matter', () => {
  const shuffled = run.chain(all => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })))
  fc.assert(
    fc.property(shuffled, shuffled, ([all, others], [baseline, otherBaseline]) => {
      const valid = [criterion('a: path-delay.max < 8us')]
      const verdicts = (given: readonly FlowReading[], before: readonly FlowReading[]) => {
        const with_ = { ...settings, baseline: before }
        return judgeCells(lines, withValidity(valid, given, with_), with_)
      }
      assert.equal(verdicts(all, baseline), verdicts(others, otherBaseline))
    }),
    { numRuns: 30 },
  )
})

test('a limit means the same in every unit, and another unit is another limit', () => {
  fc.assert(
    fc.property(run, fc.nat(9), fc.constantFrom('<', '<=', '==', '!=', '>=', '>'), (all, us, op) => {
      const outcomes = (quantity: string) =>
        judged(`path-delay.mean ${op} ${quantity}`, all).map(({ outcome, value }) => `${outcome} ${value}`)
      assert.equal(outcomes(`${us}us`), outcomes(`${us}000ns`))
      assert.equal(outcomes(`${us}us`), outcomes(`0.00000${us}s`))
    }),
  )
  assert.equal(
    [short('path-delay.max < 6us'), short('path-delay.max < 6ns')].map(each => each[0]?.includes(': met')),
    [true, false],
  )
})

test.run()
