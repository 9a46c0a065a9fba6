import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { random, seedWords, shuffled, xoshiro128 } from '../../src/units/random.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('units/random')

test('the generator gives the reference sequence of xoshiro128**', () => {
  // State 1, 2, 3, 4: the vector of the crate rand_xoshiro, made with the authors' own C code.
  const next = xoshiro128([1, 2, 3, 4])
  const expected = [11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804]
  assert.equal(
    expected.map(() => next()),
    expected,
  )
})

test('a seed is spread by SplitMix64', () => {
  // The first values for 1234567 as Rosetta Code lists them for "Pseudo-random numbers/Splitmix64".
  const [a, b, c, d] = seedWords(1234567).map(BigInt) as [bigint, bigint, bigint, bigint]
  assert.is((b << 32n) | a, 6457827717110365317n)
  assert.is((d << 32n) | c, 3203168211198807973n)
})

test('the order of a seed never changes', () => {
  const order = (seed: number) => shuffled([...'abcdefghij'], random(seed)).join('')
  // Frozen: run folders hold seeds, and their orders must come out again.
  assert.equal([0, 1, 2, 2 ** 53 - 1].map(order), ['hidjegacbf', 'cdahjefbig', 'efgdjhbaci', 'efjaghbicd'])
})

test('a shuffle keeps every item, and every order is as likely as the other', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.nat(), (items, seed) => {
      const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b)
      assert.equal(sorted(shuffled(items, random(seed))), sorted(items))
    }),
  )
  const counts = new Map<string, number>()
  const numbers = random(7)
  for (let i = 0; i < 24_000; i++) {
    const order = shuffled([...'abcd'], numbers).join('')
    counts.set(order, (counts.get(order) ?? 0) + 1)
  }
  assert.is(counts.size, 24)
  const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0)
  // 99.9 % quantile of chi-square with 23 degrees of freedom.
  assert.ok(chiSquare < 49.728, String(chiSquare))
})

test('numbers stay below their bound, also where it does not divide 2^32', () => {
  const numbers = random(3)
  for (const n of [1, 3, 3_000_000_000, 2 ** 32]) {
    const drawn = Array.from({ length: 200 }, () => numbers.below(n))
    assert.ok(
      drawn.every(value => Number.isInteger(value) && value >= 0 && value < n),
      String(n),
    )
  }
})

test('what is no seed is refused', () => {
  for (const seed of [-1, 0.5, 2 ** 53, Number.NaN]) assert.throws(() => random(seed), /a seed is a whole number/)
})

test.run()
