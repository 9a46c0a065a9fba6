import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { statisticOf, type TimeFigure, timeFigure } from '../../src/stats/figure.ts'
import { type QuantileType, quantile } from '../../src/stats/quantile.ts'
import { ascending } from '../../src/stats/sample.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('stats/quantile')

const near = (actual: number, expected: number, what: string) =>
  assert.ok(
    Math.abs(actual - expected) <= 1e-9 * Math.max(1, Math.abs(expected)),
    `${what}: ${actual}, not ${expected}`,
  )

test('the percentile of the NIST/SEMATECH e-Handbook, section 7.2.6.2', () => {
  const gauge = [
    95.1772, 95.1567, 95.1937, 95.1959, 95.1442, 95.061, 95.1591, 95.1195, 95.1065, 95.0925, 95.199, 95.1682,
  ]
  // The handbook's own method is type 6: 0.9 * 13 = 11.7 lies between the 11th and the 12th value.
  assert.is(quantile(ascending(gauge), 0.9, 6).toFixed(4), '95.1981')
})

test('types 4 to 9 put the k-th value where Hyndman and Fan do (1996, table 1; R ?quantile)', () => {
  const positions: [QuantileType, (k: number, n: number) => number][] = [
    [4, (k, n) => k / n],
    [5, (k, n) => (k - 0.5) / n],
    [6, (k, n) => k / (n + 1)],
    [7, (k, n) => (k - 1) / (n - 1)],
    [8, (k, n) => (k - 1 / 3) / (n + 1 / 3)],
    [9, (k, n) => (k - 3 / 8) / (n + 1 / 4)],
  ]
  const samples = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 2, maxLength: 40 }).map(ascending)
  for (const [type, position] of positions) {
    fc.assert(
      fc.property(samples, fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), (values, at, share) => {
        const n = values.length
        const k = 1 + (at % (n - 1))
        const [low, high] = [values[k - 1] as number, values[k] as number]
        near(quantile(values, position(k, n), type), low, `type ${type}, value ${k} of ${n}`)
        const between = position(k, n) + share * (position(k + 1, n) - position(k, n))
        near(quantile(values, between, type), low + share * (high - low), `type ${type}, linear between`)
      }),
    )
  }
})

test('types 1 to 3 give values that are there, and differ where the distribution jumps (R ?quantile)', () => {
  // Type 2 averages at the jumps; type 3 takes the nearest value, of two equally near ones that of even rank.
  const cases: [QuantileType, number, number][] = [
    [1, 0.5, 20],
    [1, 0.51, 30],
    [1, 0.25, 10],
    [2, 0.5, 25],
    [2, 0.51, 30],
    [2, 0.49, 20],
    [3, 0.5, 20],
    [3, 0.375, 20],
    [3, 0.625, 20],
    [3, 0.63, 30],
  ]
  for (const [type, p, value] of cases) assert.is(quantile([10, 20, 30, 40], p, type), value, `type ${type}, ${p}`)
})

test('every type keeps to the values, and 0 and 1 are the ends', () => {
  for (const type of [1, 2, 3, 4, 5, 6, 7, 8, 9] as const) {
    const values = [3, 5, 8, 13]
    assert.equal([quantile(values, 0, type), quantile(values, 1, type)], [3, 13], `type ${type}`)
    assert.is(quantile([7], 0.3, type), 7)
    assert.ok(Number.isNaN(quantile([], 0.5, type)))
  }
})

test('an infinite neighbour is reached or not, never NaN', () => {
  assert.is(quantile([1, Infinity], 0.5), Infinity)
  assert.is(quantile([-Infinity, 1], 0.5), -Infinity)
  assert.is(quantile([1, 2, Infinity], 0.5), 2)
  assert.is(quantile([Infinity, Infinity], 0.5), Infinity)
})

test('a percentile of packets is the quantile of type 1', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -999, max: 999 }), { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 0, max: 1000 }),
      (values, permille) => {
        const figure = timeFigure(BigInt64Array.from(values, BigInt)) as TimeFigure
        const name = `p${Math.floor(permille / 10)}.${permille % 10}`
        assert.is(Number(statisticOf(figure, name)), quantile(ascending(values), permille / 1000, 1))
      },
    ),
  )
})

test.run()
