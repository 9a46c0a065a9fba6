import * as assert from 'uvu/assert'
import { selectAt, sortAscending } from '../../src/stats/order.ts'
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

for (const size of [1, 2, 3, 10, 257])
  test(`${size} values: each place holds what sorting puts there`, () => {
    for (const [shape, values] of Object.entries(columns(size))) {
      const expected = Array.from(values).sort((a, b) => a - b)
      assert.equal(Array.from(sortAscending(values.slice())), expected, shape)
      const wide = shape.startsWith('with') ? undefined : BigInt64Array.from(values, BigInt)
      for (let index = 0; index < size; index++) {
        assert.is(selectAt(values.slice(), index), expected[index], `${shape}, ${index}`)
        if (wide !== undefined) assert.is(selectAt(wide.slice(), index), BigInt(expected[index] ?? 0), shape)
      }
    }
  })

test('selection again and again in one column, and then the whole of it', () => {
  const values = columns(257)['random'] as Float64Array
  const expected = Array.from(values).sort((a, b) => a - b)
  for (const index of [254, 128, 3, 128]) assert.is(selectAt(values, index), expected[index])
  assert.equal(Array.from(sortAscending(values)), expected)
})

test('a million values in order, or all alike, take no time to speak of', () => {
  const from = performance.now()
  selectAt(new Float64Array(1_000_000).fill(7), 500_000)
  selectAt(
    Float64Array.from({ length: 1_000_000 }, (_, i) => i),
    990_000,
  )
  assert.ok(performance.now() - from < 5_000)
})

test.run()
