import * as assert from 'uvu/assert'
import { precisionOf } from '../../src/stats/stopping.ts'
import { sleep } from '../fixtures/published-data.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('stats/stopping')

const enough = (results: readonly number[], share: number) =>
  precisionOf(results, { level: 0.95, within: { share } }).enough

test("the reach of Student's sleep data decides (R ?t.test, paired: -2.4598858 to -0.7001142 around -1.58)", () => {
  const differences = sleep.first.map((value, patient) => value - (sleep.second[patient] ?? 0))
  const rule = (within: { share: number } | { amount: number }) => precisionOf(differences, { level: 0.95, within })
  assert.is(rule({ amount: 0.87989 }).reach?.toFixed(5), '0.87989')
  assert.is(rule({ amount: 0.88 }).enough, true)
  assert.is(rule({ amount: 0.87 }).enough, false)
  assert.is(rule({ share: 0.56 }).enough, true)
  assert.is(rule({ share: 0.55 }).enough, false)
})

test('equal results are precise from the third on, also when all are zero', () => {
  assert.equal(
    [[5], [5, 5], [5, 5, 5], [0, 0, 0]].map(results => enough(results, 0.02)),
    [false, false, true, true],
  )
  assert.is(precisionOf([5], { level: 0.95, within: { share: 1 } }).reach, undefined)
})

test('around zero no share of the mean is ever reached', () => {
  assert.is(enough([-1, 0, 1, -1, 0, 1], 0.5), false)
})

test.run()
