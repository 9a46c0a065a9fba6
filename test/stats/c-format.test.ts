import * as assert from 'uvu/assert'
import { fixed3, toSingle } from '../../src/stats/c-format.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('C formats')

test('three decimals, halves to even, as glibc prints them', () => {
  const cases: [number, string][] = [
    [0, '0.000'],
    [-0, '-0.000'],
    [0.0625, '0.062'],
    [0.1875, '0.188'],
    [-0.0625, '-0.062'],
    [2157.07, '2157.070'],
    [1.0005, '1.000'],
    [1.9995, '2.000'],
    [-0.0001, '-0.000'],
    [2 ** 60 + 2 ** 8, '1152921504606847232.000'],
    [-(2 ** 45) - 0.9375, '-35184372088832.938'],
    [Number.POSITIVE_INFINITY, 'inf'],
    [Number.NEGATIVE_INFINITY, '-inf'],
    [Number.NaN, '-nan'],
  ]
  for (const [value, text] of cases) assert.is(fixed3(value), text, String(value))
})

test('a 64-bit integer becomes a single in one rounding', () => {
  const cases: [bigint, number][] = [
    [16_777_217n, 16_777_216],
    [-16_777_219n, -16_777_220],
    [2n ** 60n, 2 ** 60],
    [2n ** 60n + 2n ** 36n, 2 ** 60], // halfway: to even
    [2n ** 60n + 2n ** 36n + 1n, 2 ** 60 + 2 ** 37], // by way of a double this would be halfway
    [-(2n ** 60n) - 2n ** 36n - 1n, -(2 ** 60) - 2 ** 37],
    [2n ** 63n - 1n, 2 ** 63],
  ]
  for (const [value, single] of cases) assert.is(toSingle(value), single, String(value))
})

test.run()
