import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { type Book, entryOf } from '../../src/book/book.ts'
import type { Claim } from '../../src/book/claims.ts'
import { decide } from '../../src/book/decide.ts'
import type { Entry } from '../../src/book/entry.ts'
import { type Among, firstFit, giveIn, startsIn, type Wish } from '../../src/book/fit.ts'
import { bookOf } from '../../src/book/load.ts'
import { isGranted } from '../../src/book/requests.ts'
import { roomsFor } from '../../src/book/rooms.ts'
import { windowOf } from '../../src/book/window.ts'
import { micros, millis, moment, ticks } from '../../src/units/micros.ts'
import {
  confirmOf,
  emptyBook,
  granted,
  holdOf,
  noMargins,
  ports,
  resources,
  share,
  whole,
} from '../fixtures/booking.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('book/fit')

const margins = { ...noMargins, before: millis(2), after: millis(3) }
const claim: fc.Arbitrary<Claim> = fc.constantFrom(
  whole('nic:eth1'),
  share('nic:eth1', 1),
  share('nic:eth1', 16),
  whole('nic:eth2'),
  share('clock', 60),
  ports(1),
  ports(2),
  ports(3),
)
const claims = fc.uniqueArray(claim, { maxLength: 3, selector: each => each.resource })
const lengthMs = fc.integer({ min: 1, max: 12 })
const bookings = fc.array(fc.record({ claims, lengthMs, startMs: fc.nat(50), firm: fc.boolean() }), { maxLength: 16 })

/** A book of whatever of the bookings finds room, some of them confirmed. */
function booked(list: readonly { claims: readonly Claim[]; lengthMs: number; startMs: number; firm: boolean }[]): Book {
  return list.reduce((book, { claims, lengthMs, startMs, firm }, index) => {
    const time = { utc: moment(0), mono: ticks(0) }
    const wish = {
      claims,
      margins,
      start: moment(startMs * 1000 + 10_000),
      duration: millis(lengthMs),
      lead: micros(0),
    }
    const held = decide(book, holdOf(`r${index}`, wish), time)
    if (!isGranted(held)) return book
    return firm ? granted(decide(held.book, confirmOf(held.granted), time)).book : held.book
  }, emptyBook())
}

const isFree = (book: Book, wish: Wish, start: number, among: Among) =>
  !(
    'kind' in
    giveIn(
      book,
      roomsFor(book, wish.claims, undefined) ?? [],
      windowOf(moment(start), wish.duration, wish.margins),
      among,
    )
  )

/** In microseconds; the asked range is odd on purpose. */
const [from, to, step] = [10_300, 80_700, 200]
const starts = Array.from({ length: (to - from) / step }, (_, i) => from + i * step)

for (const among of ['all', 'firm'] as const)
  test(`the starts that are offered are those at which a hold is granted, and no others (${among})`, () => {
    fc.assert(
      fc.property(bookings, claims, lengthMs, (list, wanted, length) => {
        const book = booked(list)
        const wish = { claims: wanted, margins, duration: millis(length), within: undefined }
        const { ranges, known } = startsIn(book, wish, { from, to }, among)
        const offered = starts.filter(at => ranges.some(range => range.from <= at && at < range.to))
        assert.equal(
          offered,
          starts.filter(at => isFree(book, wish, at, among)),
        )
        assert.is(known, to)
        // The microseconds at the edges of a range are the exact ones.
        for (const range of ranges) {
          assert.ok(isFree(book, wish, range.from, among) && isFree(book, wish, range.to - 1, among))
          if (range.from > from) assert.not(isFree(book, wish, range.from - 1, among))
          if (range.to < to) assert.not(isFree(book, wish, range.to, among))
        }
      }),
      { numRuns: 100 },
    )
  })

test('the first fit is the first start that is offered', () => {
  fc.assert(
    fc.property(bookings, claims, lengthMs, fc.integer({ min: from, max: 60_000 }), (list, wanted, length, begin) => {
      const book = booked(list)
      const wish = { claims: wanted, margins, duration: millis(length), within: undefined }
      const { ranges } = startsIn(book, wish, { from: begin, to: 1_000_000_000 }, 'all')
      assert.is(firstFit(book, wish, moment(begin), 'all'), ranges[0]?.from)
    }),
    { numRuns: 100 },
  )
})

test('an answer with too many ranges is cut, and says up to where it is whole', () => {
  fc.assert(
    fc.property(bookings, claims, lengthMs, fc.integer({ min: 1, max: 4 }), (list, wanted, length, most) => {
      const book = booked(list)
      const wish = { claims: wanted, margins, duration: millis(length), within: undefined }
      const whole = startsIn(book, wish, { from, to }, 'all')
      const cut = startsIn(book, wish, { from, to }, 'all', most)
      assert.ok(cut.ranges.length <= most)
      const inside = (at: number, ranges: typeof whole.ranges) =>
        ranges.some(range => range.from <= at && at < range.to)
      for (const at of starts.filter(each => each < cut.known))
        assert.is(inside(at, cut.ranges), inside(at, whole.ranges))
      assert.ok(cut.ranges.length > 0 || whole.ranges.length === 0 || cut.known < to)
    }),
    { numRuns: 200 },
  )
})

test('a book made at once from its entries answers as the one that grew', () => {
  fc.assert(
    fc.property(bookings, claims, lengthMs, (list, wanted, length) => {
      const grown = booked(list)
      const made = bookOf(
        1,
        resources,
        list.flatMap((_, index) => entryIn(grown, `r${index}`)),
      )
      const wish = { claims: wanted, margins, duration: millis(length), within: undefined }
      for (const among of ['all', 'firm'] as const)
        assert.equal(startsIn(made, wish, { from, to }, among), startsIn(grown, wish, { from, to }, among))
    }),
    { numRuns: 100 },
  )
})

function entryIn(book: Book, rid: string): readonly Entry[] {
  const entry = entryOf(book, rid)
  return entry === undefined ? [] : [entry]
}

test.run()
