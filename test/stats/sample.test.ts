import * as assert from 'uvu/assert'
import { deviationInterval, meanInterval } from '../../src/stats/intervals.ts'
import {
  deviationOf,
  madOf,
  meanOf,
  medianOf,
  robustSummary,
  standardError,
  trimmedMean,
} from '../../src/stats/sample.ts'
import { sleep, treatedMice } from '../fixtures/published-data.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('stats/sample')

test('mean and standard error of the treated mice (Efron and Tibshirani 1993, table 2.1)', () => {
  assert.is(meanOf(treatedMice).toFixed(2), '86.86')
  assert.is(standardError(treatedMice).toFixed(2), '25.24')
})

test("the interval of Student's sleep data (R ?t.test, paired)", () => {
  const differences = sleep.first.map((value, patient) => value - (sleep.second[patient] ?? 0))
  const interval = meanInterval(differences)
  assert.is(meanOf(differences).toFixed(2), '-1.58')
  assert.is(interval?.low.toFixed(7), '-2.4598858')
  assert.is(interval?.high.toFixed(7), '-0.7001142')
  assert.is((meanOf(differences) / standardError(differences)).toFixed(4), '-4.0621')
})

test('the interval of a standard deviation is that of chi-square: quantiles of the table, 10 degrees of freedom', () => {
  const sample = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
  const interval = deviationInterval(sample)
  const expected = [20.483, 3.247].map(quantile => deviationOf(sample) * Math.sqrt(10 / quantile))
  assert.is(deviationOf(sample).toFixed(6), Math.sqrt(11).toFixed(6))
  assert.is(interval?.low.toFixed(3), expected[0]?.toFixed(3))
  assert.is(interval?.high.toFixed(3), expected[1]?.toFixed(3))
})

test('one value has no interval', () => {
  assert.equal([meanInterval([1]), meanInterval([]), deviationInterval([1])], [undefined, undefined, undefined])
  assert.ok(Number.isNaN(deviationOf([1])))
})

test('what R documents of mad and of a trimmed mean', () => {
  // ?mad: mad(c(1:9), constant = 1) equals mad(c(1:8, 100), constant = 1), which is 2.
  for (const sample of [
    [1, 2, 3, 4, 5, 6, 7, 8, 9],
    [1, 2, 3, 4, 5, 6, 7, 8, 100],
  ])
    assert.is(madOf(sample), 2 * 1.4826)
  // ?mean: x <- c(0:10, 50); c(mean(x), mean(x, trim = 0.10)) is 8.75 and 5.50.
  const x = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 50]
  assert.equal([meanOf(x), trimmedMean(x, 0.1)], [8.75, 5.5])
})

test('a summary that a stray value does not move', () => {
  const values = [12, 10, 11, 13, 10_000, 12]
  assert.equal(robustSummary(values), {
    count: 6,
    min: 10,
    low: 11.25,
    median: 12,
    high: 12.75,
    max: 10_000,
    mad: 1.4826,
    outliers: [10_000],
  })
  assert.equal(values, [12, 10, 11, 13, 10_000, 12], 'the sample keeps its order')
  assert.is(robustSummary([]), undefined)
  assert.is(medianOf([4, 1, 3, 2]), 2.5)
})

test.run()
