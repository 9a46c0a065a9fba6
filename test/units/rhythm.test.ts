import * as assert from 'uvu/assert'
import { random } from '../../src/units/random.ts'
import { type Rhythm, startsOf } from '../../src/units/rhythm.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('units/rhythm')

const at = (text: string) => Date.parse(`2030-01-01T${text}Z`)
const none: Rhythm = { intervalMs: undefined, jitter: 0, at: [] }

function first(count: number, rhythm: Partial<Rhythm>, from: number): readonly number[] {
  const starts = startsOf({ ...none, ...rhythm }, from, random(1))
  return Array.from({ length: count }, () => starts.next().value as number)
}

test('an interval keeps to its grid, whatever each start is off', () => {
  assert.equal(first(3, { intervalMs: 1_000 }, 5), [5, 1_005, 2_005])
  const starts = first(200, { intervalMs: 1_000, jitter: 0.1 }, 0)
  const off = starts.map((start, i) => start - i * 1_000)
  assert.is(off[0], 0)
  assert.ok(
    off.every(each => Math.abs(each) <= 100),
    `${off}`,
  )
  assert.ok(Math.min(...off) < -50 && Math.max(...off) > 50, 'both ways, and far')
})

test('times of day come in their order, today or tomorrow, and those without an hour in every one', () => {
  const daily = [
    { hour: 11, minute: 0 },
    { hour: undefined, minute: 30 },
  ]
  assert.equal(
    first(4, { at: daily }, at('10:00:01')).map(each => new Date(each).toISOString().slice(11, 16)),
    ['10:30', '11:00', '11:30', '12:30'],
  )
  assert.equal(first(1, { at: [{ hour: 9, minute: 0 }] }, at('10:00:00')), [at('09:00:00') + 86_400_000])
  // The very minute counts.
  assert.equal(first(1, { at: [{ hour: 10, minute: 0 }] }, at('10:00:00')), [at('10:00:00')])
})

test('without a rhythm there is none', () => {
  assert.is(startsOf(none, 0, random(1)).next().done, true)
})

test.run()
