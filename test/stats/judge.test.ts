import * as assert from 'uvu/assert'
import { countFigure, type Figure, timeFigure } from '../../src/stats/figure.ts'
import { type Expected, judge } from '../../src/stats/judge.ts'
import { matchesGlob } from '../../src/units/glob.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('judge')

const delays = (...values: bigint[]) => timeFigure(BigInt64Array.from(values)) as Figure
const figures = new Map<string, Figure>([
  ['lost', countFigure(2)],
  ['path-delay', delays(1000n, 2000n, 4500n)],
])
const expected = (over: Partial<Expected>): Expected => ({
  text: 'as written',
  flows: '*',
  figure: 'lost',
  statistic: undefined,
  op: '==',
  limit: 0,
  ...over,
})
const one = (over: Partial<Expected>) => judge([expected(over)], new Map([['a', figures]]))[0]

test('each comparison holds where it says so', () => {
  const cases: [Expected['op'], number, boolean][] = [
    ['<', 3, true],
    ['<', 2, false],
    ['<=', 2, true],
    ['<=', 1, false],
    ['==', 2, true],
    ['==', 0, false],
    ['!=', 0, true],
    ['!=', 2, false],
    ['>=', 2, true],
    ['>=', 3, false],
    ['>', 1, true],
    ['>', 2, false],
  ]
  for (const [op, limit, met] of cases)
    assert.is(one({ op, limit })?.outcome, met ? 'met' : 'not met', `2 ${op} ${limit}`)
})

test('a statistic of a time is judged exactly and printed with its unit', () => {
  const delay = { figure: 'path-delay', op: '==' } as const
  const cases: [string, number, string][] = [
    ['min', 1000, '1us'],
    ['max', 4500, '4.5us'],
    ['mean', 2500, '2.5us'],
    ['p50', 2000, '2us'],
  ]
  for (const [statistic, limit, value] of cases)
    assert.equal(one({ ...delay, statistic, limit }), {
      expectation: 'as written',
      flow: 'a',
      outcome: 'met',
      value,
    })
  const huge = judge(
    [expected({ figure: 'x', statistic: 'max', op: '>', limit: 2 ** 60 })],
    new Map([['a', new Map([['x', delays(2n ** 60n + 1n)]])]]),
  )
  assert.is(huge[0]?.outcome, 'met', 'one nanosecond more than a double tells apart')
})

test('every flow that the glob names is judged, and no other', () => {
  const flows = new Map([
    ['a1', figures],
    ['a2', new Map<string, Figure>([['lost', countFigure(0)]])],
    ['b', figures],
  ])
  const judged = judge([expected({ flows: 'a*' })], flows).map(({ flow, outcome }) => [flow, outcome])
  assert.equal(judged, [
    ['a1', 'not met'],
    ['a2', 'met'],
  ])
})

test('what was not measured is never met', () => {
  const flows = new Map<string, ReadonlyMap<string, Figure> | undefined>([
    ['dark', undefined],
    ['empty', new Map()],
    ['full', figures],
  ])
  const outcome = (over: Partial<Expected>) => judge([expected({ op: '>=', limit: 0, ...over })], flows)
  assert.equal(
    [
      ...outcome({ flows: 'dark' }),
      ...outcome({ flows: 'empty' }),
      ...outcome({ flows: 'none*' }),
      ...outcome({ flows: 'full', figure: 'path-delay' }),
      ...outcome({ flows: 'full', figure: 'path-delay', statistic: 'p101' }),
      ...outcome({ flows: 'full', statistic: 'mean' }),
    ].map(({ flow, outcome, value }) => `${flow}: ${outcome}, ${value}`),
    [
      'dark: not measured, no packet log',
      'empty: not measured, no packet gives this figure',
      'none*: not measured, no flow has this name',
      "full: not measured, a time has no 'no statistic'",
      "full: not measured, a time has no 'p101'",
      "full: not measured, a count has no 'mean'",
    ],
  )
})

test('an expectation without any flow at all is not measured', () => {
  assert.is(judge([expected({})], new Map())[0]?.outcome, 'not measured')
})

test('a glob is a shell pattern over the whole name', () => {
  const cases: [string, string, boolean][] = [
    ['flow-1', '*', true],
    ['', '*', true],
    ['flow-1', 'flow', false],
    ['flow-1', 'flow-?', true],
    ['flow-12', 'flow-?', false],
    ['b', '[abc]', true],
    ['b', '[!abc]', false],
    ['-', '[a-z]', true],
    ['b', '[a-z]', false],
    ['a.b', 'a.b', true],
    ['axb', 'a.b', false],
    ['[', '[', true],
    ['a+(b)|\\{2}^$', 'a+(b)|\\{2}^$', true],
    ['ü', '?', true],
    ['🙂', '?', true],
    ['two\nlines', 'two*', true],
  ]
  for (const [name, glob, matches] of cases) assert.is(matchesGlob(name, glob), matches, `${name} ~ ${glob}`)
})

test.run()
