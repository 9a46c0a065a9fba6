import * as assert from 'uvu/assert'
import { chiSquareQuantile, normalBelow, normalQuantile, studentQuantile } from '../../src/stats/distributions.ts'
import { logGamma } from '../../src/stats/special-functions.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('stats/distributions')

// The tables are those of the NIST/SEMATECH e-Handbook of Statistical Methods, section 1.3.6.7.

test("Student's distribution: the published table", () => {
  const shares = [0.9, 0.95, 0.975, 0.99, 0.995]
  const table: [number, string[]][] = [
    [1, ['3.078', '6.314', '12.706', '31.821', '63.657']],
    [2, ['1.886', '2.920', '4.303', '6.965', '9.925']],
    [5, ['1.476', '2.015', '2.571', '3.365', '4.032']],
    [10, ['1.372', '1.812', '2.228', '2.764', '3.169']],
    [30, ['1.310', '1.697', '2.042', '2.457', '2.750']],
    [100, ['1.290', '1.660', '1.984', '2.364', '2.626']],
  ]
  for (const [freedom, row] of table) {
    assert.equal(
      shares.map(p => studentQuantile(p, freedom).toFixed(3)),
      row,
      `${freedom} degrees of freedom`,
    )
    assert.is(studentQuantile(0.025, freedom).toFixed(9), (-studentQuantile(0.975, freedom)).toFixed(9))
  }
})

test('the chi-square distribution: the published table', () => {
  const table: [number, number, string][] = [
    [0.95, 1, '3.841'],
    [0.95, 10, '18.307'],
    [0.975, 10, '20.483'],
    [0.99, 10, '23.209'],
    [0.95, 100, '124.342'],
    [0.05, 10, '3.940'],
    [0.025, 10, '3.247'],
    [0.025, 1, '0.001'],
    [0.05, 100, '77.929'],
  ]
  for (const [p, freedom, value] of table)
    assert.is(chiSquareQuantile(p, freedom).toFixed(3), value, `${p}, ${freedom}`)
})

test('the normal distribution: the published values', () => {
  const table: [number, string][] = [
    [0.5, '0.000000'],
    [0.95, '1.644854'],
    [0.975, '1.959964'],
    [0.99, '2.326348'],
    [0.995, '2.575829'],
    [0.999, '3.090232'],
  ]
  for (const [p, z] of table) assert.is(normalQuantile(p).toFixed(6), z)
  assert.is(normalBelow(1).toFixed(5), '0.84134')
  assert.is(normalBelow(-1.96).toFixed(5), '0.02500')
})

test('quantile and share are each other’s reverse, far into both tails', () => {
  for (const p of [1e-300, 1e-12, 0.001, 0.3, 0.5, 0.7, 0.999]) {
    const back = normalBelow(normalQuantile(p))
    assert.ok(Math.abs(back / p - 1) < 1e-12, `${p}: ${back}`)
  }
  assert.equal([normalQuantile(0), normalQuantile(1), chiSquareQuantile(1, 3)], [-Infinity, Infinity, Infinity])
})

test('the gamma function of whole and half numbers', () => {
  const nearly = (actual: number, expected: number) => assert.ok(Math.abs(actual - expected) < 1e-14 * (1 + expected))
  let factorial = 1
  for (let n = 1; n <= 20; n++) {
    nearly(logGamma(n), Math.log(factorial))
    factorial *= n
  }
  nearly(logGamma(0.5), Math.log(Math.sqrt(Math.PI)))
})

test.run()
