import * as assert from 'uvu/assert'
import { changeFrom, isWorseBy } from '../../src/stats/compare.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('stats/compare')

const around = (mean: number, spread: number, count = 10) =>
  Array.from({ length: count }, (_, i) => mean + spread * (i % 2 === 0 ? 1 : -1) * (1 + i / count))
const judged = (
  before: readonly number[],
  after: readonly number[],
  limit = 0.05,
  worse: 'higher' | 'lower' = 'higher',
) => {
  const change = changeFrom(before, after, { worse, seed: 1 })
  return change && isWorseBy(change, '<', limit)
}

test('worse by less than a limit is said only where the whole interval lies below it', () => {
  const cases: [string, number[], number[], boolean | undefined][] = [
    ['the same', around(100, 1), around(100, 1), true],
    ['2 % worse, little spread', around(100, 1), around(102, 1), true],
    ['10 % worse, little spread', around(100, 1), around(110, 1), false],
    ['5 % worse, much spread', around(100, 10), around(105, 10), undefined],
    ['half as much', around(100, 10), around(50, 10), true],
    ['exactly at the limit', [100, 100, 100], [105, 105, 105], false],
  ]
  for (const [name, before, after, verdict] of cases) assert.is(judged(before, after), verdict, name)
})

test('a rate is worse when it is lower', () => {
  assert.is(judged(around(100, 1), around(80, 1), 0.05, 'lower'), false)
  assert.is(judged(around(100, 1), around(120, 1), 0.05, 'lower'), true)
  assert.is(changeFrom([200, 200, 200], [150, 150, 150], { worse: 'lower', seed: 1 })?.share, 0.25)
})

test('units do not matter: the change is a share', () => {
  const [before, after] = [around(100, 3), around(104, 3)]
  const inThousands = (values: number[]) => values.map(value => value * 1024)
  const [one, other] = [
    changeFrom(before, after, { worse: 'higher', seed: 1 }),
    changeFrom(inThousands(before), inThousands(after), { worse: 'higher', seed: 1 }),
  ]
  assert.equal(one, other)
})

test('against nothing, nothing is no change and anything is too much', () => {
  assert.is(judged([0, 0, 0], [0, 0, 0]), true)
  assert.is(judged([0, 0, 0], [2, 3, 4]), false)
  assert.is(judged([0, 0, 1], [0, 1, 0]), undefined)
})

test('two results prove nothing', () => {
  assert.is(judged([1, 2], [1, 2, 3]), undefined)
  assert.is(changeFrom([1, 2, 3], [1, 2], { worse: 'higher', seed: 1 }), undefined)
})

test.run()
