import * as assert from 'uvu/assert'
import { formatDuration, parseDuration } from '../../src/units/duration.ts'
import { ns } from '../../src/units/quantity.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('units/duration')

const written: [string, bigint | undefined][] = [
  ['10ms', 10_000_000n],
  ['100ns', 100n],
  ['1.5us', 1_500n],
  ['0.000000001s', 1n],
  ['-2.5us', -2_500n],
  ['2m', 120_000_000_000n],
  ['1h', 3_600_000_000_000n],
  ['0', 0n],
  ['0.0', 0n],
  ['5 s', 5_000_000_000n],
  ['9223372036854775807ns', 9_223_372_036_854_775_807n],
  ['10', undefined],
  ['0.1ns', undefined],
  ['10 parsecs', undefined],
  ['1e3s', undefined],
  ['', undefined],
  ['s', undefined],
]

for (const [text, expected] of written) {
  test(`'${text}' is ${expected === undefined ? 'no duration' : `${expected} ns`}`, () => {
    assert.is(parseDuration(text), expected)
  })
}

test('a duration is printed in the largest unit that keeps it above one, and reads back the same', () => {
  const printed: [bigint, string][] = [
    [0n, '0'],
    [100n, '100ns'],
    [1_500n, '1.5us'],
    [-10_000_000n, '-10ms'],
    [90_000_000_000n, '90s'],
    [1_000_000_001n, '1.000000001s'],
  ]
  for (const [length, text] of printed) {
    assert.is(formatDuration(ns(length)), text)
    assert.is(parseDuration(text), length)
  }
})

test.run()
