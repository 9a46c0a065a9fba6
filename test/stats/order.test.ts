import * as assert from 'uvu/assert'
import { sortAscending, valuesAt } from '../../src/stats/order.ts'
import { random } from '../fixtures/random.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('stats/order')

/** Columns of every shape that selection could stumble over. */
const columns = (size: number): Readonly<Record<string, Float64Array>> => {
  const { int } = random(size + 1)
  const made = (value: (i: number) => number) => Float64Array.from({ length: size }, (_, i) => value(i))
  return {
    random: made(() => int(-1_000_000, 1_000_000)),
    alike: made(() => 7),
    'two values': made(() => int(0, 1)),
    ascending: made(i => i),
    descending: made(i => -i),
    'an organ pipe': made(i => Math.min(i, size - i)),
    large: made(() => int(0, 9) * 2 ** 33 + int(0, 9)),
    'with fractions and infinities': made(i => (i % 7 === 0 ? Number.POSITIVE_INFINITY : int(0, 99) / 8)),
  }
}

for (const size of [1, 2, 3, 257, 5_000])
  test(`${size} values: each place holds what sorting puts there`, () => {
    for (const [shape, values] of Object.entries(columns(size))) {
      const [expected, before] = [Array.from(values).sort((a, b) => a - b), Array.from(values)]
      assert.equal(Array.from(sortAscending(values.slice())), expected, shape)
      const places = [0, size >> 1, Math.floor(size * 0.99), size - 1, size >> 1]
      const wanted = places.map(place => expected[place])
      assert.equal(valuesAt(values, places), wanted, shape)
      assert.equal(Array.from(values), before, `${shape}: they are left where they are`)
      if (shape.startsWith('with')) continue
      assert.equal(
        valuesAt(BigInt64Array.from(values, BigInt), places),
        wanted.map(value => BigInt(value ?? 0)),
        shape,
      )
    }
  })

test('every place at once, and one that there is not', () => {
  const values = columns(3_000)['random'] as Float64Array
  const all = Array.from(values, (_, place) => place)
  assert.equal(
    valuesAt(values, all),
    Array.from(values).sort((a, b) => a - b),
  )
  assert.equal(valuesAt(values, [3_000]), [Number.NaN])
  assert.equal(valuesAt(new Float64Array(), [0]), [Number.NaN])
})

test('one value far away, and clusters within clusters, do not blur the others', () => {
  const size = 10_000
  const outlier = Float64Array.from({ length: size }, (_, i) => (i === 77 ? 1e15 : (i * 7919) % size))
  assert.equal(valuesAt(outlier, [0, 5_000, size - 1]), [0, 5_000, 1e15])
  const spread = Float64Array.from({ length: size }, (_, i) => 1.01 ** ((i * 7919) % size))
  assert.equal(valuesAt(spread, [size >> 1])[0], Array.from(spread).sort((a, b) => a - b)[size >> 1])
  const powers = Float64Array.from({ length: size }, (_, i) => 2 ** -((i * 7919) % 1_000))
  assert.equal(valuesAt(powers, [0, size >> 1]), [2 ** -999, 2 ** -499])
})

test('a million values in order, or all alike, take no time to speak of', () => {
  const from = performance.now()
  valuesAt(new Float64Array(1_000_000).fill(7), [500_000])
  valuesAt(
    Float64Array.from({ length: 1_000_000 }, (_, i) => i),
    [990_000],
  )
  assert.ok(performance.now() - from < 5_000)
})

test.run()
