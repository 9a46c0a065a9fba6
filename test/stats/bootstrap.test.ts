import * as assert from 'uvu/assert'
import { accelerationOf, bcaInterval, biasOf, percentileInterval, replicates } from '../../src/stats/bootstrap.ts'
import { deviationOf, meanOf } from '../../src/stats/sample.ts'
import { random } from '../../src/units/random.ts'
import { lawSchools, spatialTestA } from '../fixtures/published-data.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('stats/bootstrap')

const variance = (sample: readonly number[] = []) => meanOf(sample.map(value => (value - meanOf(sample)) ** 2))
const correlation = (rows: readonly (readonly [number, number])[] = []) => {
  const [x, y] = [meanOf(rows.map(([a]) => a)), meanOf(rows.map(([, b]) => b))]
  const sum = (of: (a: number, b: number) => number) => rows.reduce((all, [a, b]) => all + of(a - x, b - y), 0)
  return sum((a, b) => a * b) / Math.sqrt(sum(a => a * a) * sum((_, b) => b * b))
}
const isNear = (actual: number, expected: number, within: number, what: string) =>
  assert.ok(Math.abs(actual - expected) <= within, `${what}: ${actual}, published ${expected}`)

test('the law schools: correlation .776, standard error .132 with 3200 resamples (Efron and Tibshirani 1993, table 6.1)', () => {
  assert.is(correlation(lawSchools).toFixed(3), '0.776')
  const errors = [1, 2, 3].map(seed =>
    deviationOf([...replicates([lawSchools], correlation, { seed, resamples: 3200 })]),
  )
  for (const error of errors) isNear(error, 0.132, 0.006, 'standard error')
})

test('the variance of spatial test A: intervals of 90 % (Efron and Tibshirani 1993, section 14.2)', () => {
  // Published with 2000 resamples of the authors' own: estimate 171.5, acceleration .061, bias .146, percentile interval
  // (100.8, 233.9), BCa (115.8, 259.6). Ends of 2000 resamples scatter by about 4.
  assert.is(variance(spatialTestA).toFixed(1), '171.5')
  assert.is(accelerationOf([spatialTestA], variance).toFixed(3), '0.061')
  const settings = { seed: 1, level: 0.9, resamples: 20_000 }
  isNear(biasOf(replicates([spatialTestA], variance, settings), variance(spatialTestA)), 0.146, 0.06, 'bias')
  const percentile = percentileInterval([spatialTestA], variance, settings)
  isNear(percentile.low, 100.8, 5, 'percentile, low')
  isNear(percentile.high, 233.9, 5, 'percentile, high')
  const bca = bcaInterval([spatialTestA], variance, settings)
  isNear(bca.low, 115.8, 5, 'BCa, low')
  isNear(bca.high, 259.6, 5, 'BCa, high')
})

test('a seed repeats an interval, another one gives another', () => {
  const interval = (seed: number) => bcaInterval([spatialTestA], variance, { seed, resamples: 500 })
  assert.equal(interval(4), interval(4))
  assert.not.equal(interval(4), interval(5))
})

test('where nothing varies the interval is the value', () => {
  assert.equal(
    bcaInterval([[3, 3, 3]], (sample = []) => meanOf(sample), { seed: 1 }),
    { low: 3, high: 3, level: 0.95 },
  )
})

test('an interval of 90 % holds the truth about nine times in ten', () => {
  // Sums of four numbers from 0 to 99: nearly normal, mean 198.
  const numbers = random(11)
  const value = () => numbers.below(100) + numbers.below(100) + numbers.below(100) + numbers.below(100)
  let [percentile, bca] = [0, 0]
  for (let seed = 0; seed < 400; seed++) {
    const sample = Array.from({ length: 30 }, value)
    const settings = { seed, level: 0.9, resamples: 399 }
    const holds = ({ low, high }: { low: number; high: number }) => low <= 198 && 198 <= high
    const mean = (values: readonly number[] = []) => meanOf(values)
    if (holds(percentileInterval([sample], mean, settings))) percentile++
    if (holds(bcaInterval([sample], mean, settings))) bca++
  }
  // 360 expected; four standard deviations are 24.
  for (const count of [percentile, bca]) assert.ok(count > 330 && count < 384, String(count))
})

test.run()
