import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { exclusively } from '../../src/book/claims.ts'
import { piecesOrder } from '../../src/book/pieces.ts'
import {
  emptyTimeline,
  endOfRoom,
  firstRoom,
  highest,
  type Taking,
  taken,
  timelineOf,
} from '../../src/book/timeline.ts'
import { valuesFrom } from '../../src/book/tree.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('book/timeline')

const capacity = 4
const span = 40
const takings = fc.array(
  fc.record({
    from: fc.integer({ min: 0, max: span }),
    length: fc.integer({ min: 0, max: 12 }),
    weight: fc.constantFrom(1, 2, 3, exclusively),
  }),
  { maxLength: 14 },
)
const toTaking = ({ from, length, weight }: { from: number; length: number; weight: number }): Taking => ({
  ...{ from, to: from + length, weight },
})
const levels = fc.constantFrom(0, 1, 2, 3)

/** The level at each instant, one by one. */
const levelAt = (all: readonly Taking[], at: number) =>
  all.reduce((level, { from, to, weight }) => level + (from <= at && at < to ? weight : 0), 0)
const instants = Array.from({ length: span * 2 }, (_, at) => at)

const stepwise = (all: readonly Taking[]) => all.reduce(taken, emptyTimeline(capacity))

test('the highest level in a window is that of its fullest instant', () => {
  fc.assert(
    fc.property(takings, fc.nat(span), fc.integer({ min: 1, max: 20 }), (list, from, length) => {
      const all = list.map(toTaking)
      const expected = Math.max(...instants.filter(at => from <= at && at < from + length).map(at => levelAt(all, at)))
      assert.is(highest(stepwise(all), from, from + length), expected)
      assert.is(highest(timelineOf(capacity, all), from, from + length), expected)
    }),
    { numRuns: 500 },
  )
})

test('the first room is the first instant from which nothing is in the way for the whole length', () => {
  fc.assert(
    fc.property(takings, levels, fc.nat(span), fc.integer({ min: 1, max: 15 }), (list, level, from, length) => {
      const all = list.map(toTaking)
      const isRoom = (begin: number) =>
        Array.from({ length }, (_, i) => levelAt(all, begin + i)).every(each => each <= level)
      const expected = instants.find(at => at >= from && isRoom(at))
      assert.is(firstRoom(stepwise(all), { from, length, level }), expected)
      assert.is(firstRoom(timelineOf(capacity, all), { from, length, level }), expected)
    }),
    { numRuns: 2000 },
  )
})

test('room ends where more than the level is taken again', () => {
  fc.assert(
    fc.property(takings, levels, fc.nat(span), (list, level, from) => {
      const all = list.map(toTaking)
      const expected = instants.find(at => at >= from && levelAt(all, at) > level) ?? Number.POSITIVE_INFINITY
      assert.is(endOfRoom(stepwise(all), from, level), expected)
    }),
    { numRuns: 500 },
  )
})

test('what is taken and given back leaves nothing behind', () => {
  fc.assert(
    fc.property(takings, takings, (stay, go) => {
      const [kept, given] = [stay.map(toTaking), go.map(toTaking)]
      const back = given.map(each => ({ ...each, weight: -each.weight }))
      const pieces = (timeline: ReturnType<typeof emptyTimeline>) => [
        ...valuesFrom(piecesOrder(capacity), timeline.pieces),
      ]
      assert.equal(pieces(stepwise([...kept, ...given, ...back])), pieces(stepwise(kept)))
      assert.equal(pieces(timelineOf(capacity, kept)), pieces(stepwise(kept)))
    }),
  )
})

test.run()
