import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { armDeadline, cutAt, earliestStart, leadFor, marginsOf, overlap, windowOf } from '../../src/book/window.ts'
import { micros, millis, moment, seconds } from '../../src/units/micros.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('book/window')

const around = { setup: millis(300), overrun: millis(500), teardown: seconds(1) }
const noon = moment(1_795_262_400_000_000)

test('the margins hold both clock errors, the guard, setup before, overrun and teardown after', () => {
  const margins = marginsOf(around, { own: millis(2), others: [millis(1), millis(5), millis(3)] })
  assert.equal(margins, {
    before: millis(300 + 2 + 5 + 50),
    after: millis(500 + 1000 + 2 + 5 + 50),
    clockError: millis(7),
    setup: millis(300),
    overrun: millis(500),
  })
})

test('with clocks in step a 10 s test books 11.9 s', () => {
  const margins = marginsOf(around, { own: micros(0), others: [micros(0)] })
  const { from, to } = windowOf(noon, seconds(10), margins)
  assert.is(to - from, 11_900_000)
})

test('a test alone on its endpoint has no other clock to fear', () => {
  assert.is(marginsOf(around, { own: micros(7), others: [] }, micros(0)).before, 300_007)
})

test('a window is rounded outward to whole milliseconds', () => {
  const margins = { before: micros(1), after: micros(1), clockError: micros(0), setup: micros(0), overrun: micros(0) }
  assert.equal(windowOf(moment(5_000_000), seconds(1), margins), { from: 4_999_000, to: 6_001_000 })
  assert.equal(windowOf(moment(5_000_001), micros(999_998), margins), { from: 5_000_000, to: 6_000_000 })
})

test('a window holds the whole test and less than 2 ms besides', () => {
  const length = fc.integer({ min: 0, max: 10_000_000 })
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 50 }), length, length, length, (start, duration, before, after) => {
      const margins = {
        before: micros(before),
        after: micros(after),
        clockError: micros(0),
        setup: micros(0),
        overrun: micros(0),
      }
      const { from, to } = windowOf(moment(start), micros(duration), margins)
      assert.ok(from <= start - before && start - before < from + 1000)
      assert.ok(to >= start + duration + after && to < start + duration + after + 1000)
      assert.is((from % 1000) + (to % 1000), 0)
    }),
  )
})

test('windows that touch do not overlap', () => {
  const [a, b, c] = [0, 1000, 2000].map(moment) as [never, never, never]
  assert.not(overlap({ from: a, to: b }, { from: b, to: c }))
  assert.ok(overlap({ from: a, to: c }, { from: b, to: c }))
})

test('the group arms before the earliest window of any member begins', () => {
  const members = [millis(300), millis(900), millis(10)].map(before => ({ before }))
  assert.is(armDeadline(noon, members), noon - 900_000)
})

test('the lead is 5 round trips and 200 ms, at least 250 ms, and 1 s when the round trip is not known', () => {
  assert.is(leadFor(millis(100)), millis(700))
  assert.is(leadFor(millis(1)), millis(250))
  assert.is(leadFor(undefined), seconds(1))
  assert.is(earliestStart(noon, millis(250), marginsOf(around, { own: micros(0), others: [] })), noon + 600_000)
})

test('an early end gives back the rest of the window, never more than there is', () => {
  const window = { from: moment(1_000_000), to: moment(9_000_000) }
  assert.equal(cutAt(window, moment(4_000_001)), { from: 1_000_000, to: 4_001_000 })
  assert.equal(cutAt(window, moment(10_000_000)), window)
  assert.equal(cutAt(window, moment(5)), { from: 1_000_000, to: 1_000_000 })
})

test.run()
