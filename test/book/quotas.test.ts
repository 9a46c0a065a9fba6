import fc from 'fast-check'
import * as assert from 'uvu/assert'
import type { Book } from '../../src/book/book.ts'
import { decide } from '../../src/book/decide.ts'
import { loadAround, peakIn, runsAround } from '../../src/book/density.ts'
import { happen } from '../../src/book/happen.ts'
import type { Level, Quotas } from '../../src/book/quotas.ts'
import type { Hold } from '../../src/book/requests.ts'
import { micros, moment, seconds } from '../../src/units/micros.ts'
import {
  answerOf,
  at,
  codeOf,
  confirmOf,
  emptyBook,
  granted,
  holdOf,
  noMargins,
  now,
  whole,
} from '../fixtures/booking.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('book/quotas')

const level = (quotas: Quotas, name = 'members', classes: readonly string[] = [name]): Level => ({
  class: name,
  classes,
  quotas,
})
const quiet = (rid: string, quotas: Quotas, change: Partial<Hold> = {}) =>
  holdOf(rid, { claims: [], margins: noMargins, levels: [level(quotas)], ...change })
const confirmed = (book: Book, hold: Hold): Book => {
  const held = granted(decide(book, hold, now(0)))
  return granted(decide(held.book, confirmOf(held.granted), now(0))).book
}
const facts = (answer: ReturnType<typeof answerOf>) =>
  answer === 'granted' ? answer : { code: answer.code, ...answer.data }

test('a class holds no more than it may, and says so', () => {
  const held = granted(decide(emptyBook(), quiet('a', {}), now(0))).book
  assert.equal(facts(answerOf(decide(held, quiet('b', { held: 1 }), now(0)))), {
    ...{ code: 'QUOTA', quota: 'held', class: 'members', used: 1, asked: 1, allowed: 1 },
  })
  assert.is(codeOf(decide(held, quiet('b', { held: 2 }), now(0))), 'granted')
  assert.is(codeOf(decide(held, quiet('b', { held: 1 }), now(5))), 'granted')
})

test('a hold that moves does not count against itself', () => {
  const held = granted(decide(emptyBook(), quiet('a', { held: 1 }), now(0))).book
  assert.is(codeOf(decide(held, quiet('a', { held: 1 }, { id: 'move', start: at(70) }), now(0))), 'granted')
})

test('a class has no more bookings pending than it may, at the hold and again at its confirmation', () => {
  const holds = ['a', 'b'].reduce(
    (book, rid) => granted(decide(book, quiet(rid, { pending: 1 }), now(0))).book,
    emptyBook(),
  )
  const [a, b] = ['a', 'b'].map(rid => granted(decide(holds, quiet(rid, {}), now(0))).granted)
  if (a === undefined || b === undefined) throw new Error('not held')
  const one = granted(decide(holds, confirmOf(a, { levels: [level({ pending: 1 })] }), now(0))).book
  assert.is(codeOf(decide(one, confirmOf(b, { levels: [level({ pending: 1 })] }), now(0))), 'QUOTA')
  assert.is(codeOf(decide(one, quiet('c', { pending: 1 }), now(0))), 'QUOTA')
})

test('a hundred busy replies change no quota', () => {
  let book = confirmed(emptyBook(), holdOf('first', { claims: [whole('nic:eth1')] }))
  const levels = [level({ pending: 2, held: 1, runs: { most: 2, period: seconds(3600) } })]
  for (let i = 0; i < 100; i++) {
    const decision = decide(book, holdOf(`busy${i}`, { levels }), now(0))
    assert.is(codeOf(decision), 'BUSY')
    if ('book' in decision) book = decision.book
  }
  assert.is(codeOf(decide(book, holdOf('last', { levels, start: at(100) }), now(0))), 'granted')
})

test('no more run at once than may, at whatever time that is', () => {
  const book = ['a', 'b'].reduce((current, rid) => confirmed(current, quiet(rid, {})), emptyBook())
  assert.equal(facts(answerOf(decide(book, quiet('c', { active: 2 }, { start: at(65) }), now(0)))), {
    ...{ code: 'QUOTA', quota: 'active', class: 'members', used: 2, asked: 1, allowed: 2, next: at(70) },
  })
  assert.is(codeOf(decide(book, quiet('c', { active: 2 }, { start: at(70) }), now(0))), 'granted')
})

test('no period holds more runs than may, counting what is booked ahead', () => {
  const runs = { most: 2, period: seconds(3600) }
  const book = [60, 1000].reduce(
    (current, start) => confirmed(current, quiet(`r${start}`, {}, { start: at(start) })),
    emptyBook(),
  )
  assert.equal(facts(answerOf(decide(book, quiet('c', { runs }, { start: at(2000) }), now(0)))), {
    ...{ code: 'QUOTA', quota: 'runs', class: 'members', used: 2, asked: 1, allowed: 2, next: at(3660) },
  })
  assert.is(codeOf(decide(book, quiet('c', { runs }, { start: at(3660) }), now(0))), 'granted')
  const before = [5000, 6000].reduce(
    (current, start) => confirmed(current, quiet(`r${start}`, {}, { start: at(start) })),
    emptyBook(),
  )
  assert.is(codeOf(decide(before, quiet('c', { runs }, { start: at(4000) }), now(0))), 'QUOTA')
})

test('what has run counts, what never ran does not', () => {
  const levels = [level({ runs: { most: 1, period: seconds(3600) } })]
  const booked = confirmed(emptyBook(), quiet('a', {}))
  const cancelled = happen(booked, { event: 'cancel', rid: 'a' }, now(1)).book
  assert.is(codeOf(decide(cancelled, quiet('b', {}, { levels, start: at(90) }), now(2))), 'granted')
  const ran = (['go', 'start', 'exit', 'traded'] as const).reduce(
    (book, event) => happen(book, { event, rid: 'a' }, now(65)).book,
    booked,
  )
  assert.is(codeOf(decide(ran, quiet('b', {}, { levels, start: at(90) }), now(70))), 'QUOTA')
})

test('busy time is that of the windows, and an early end makes it less', () => {
  const busy = { most: seconds(15), period: seconds(3600) }
  const booked = confirmed(emptyBook(), quiet('a', {}))
  assert.equal(facts(answerOf(decide(booked, quiet('b', { busy }, { start: at(80) }), now(0)))), {
    ...{ code: 'QUOTA', quota: 'busy', class: 'members', used: 10e6, asked: 10e6, allowed: 15e6, next: at(3670) },
  })
  const ran = (['go', 'start', 'exit', 'traded'] as const).reduce(
    (book, event) => happen(book, { event, rid: 'a' }, now(64)).book,
    booked,
  )
  assert.is(codeOf(decide(ran, quiet('b', { busy }, { start: at(80) }), now(70))), 'granted')
})

test('a level counts all the classes below it together', () => {
  const book = confirmed(emptyBook(), quiet('a', {}, { class: 'night' }))
  const root = (pending: number) => [level({ pending: 5 }), level({ pending }, 'root', ['root', 'members', 'night'])]
  const answer = answerOf(decide(book, quiet('b', {}, { levels: root(1) }), now(0)))
  assert.is(answer !== 'granted' && answer.data['class'], 'root')
  assert.is(codeOf(decide(book, quiet('b', {}, { levels: root(2) }), now(0))), 'granted')
})

test('an identity keeps its distance from its own other bookings, before and behind', () => {
  const book = confirmed(emptyBook(), quiet('a', {}))
  const coolDown = seconds(30)
  assert.equal(facts(answerOf(decide(book, quiet('b', { coolDown }, { start: at(80) }), now(0)))), {
    ...{ code: 'QUOTA', quota: 'cool_down', class: 'members', used: 20e6, asked: 0, allowed: 0, next: at(100) },
  })
  assert.is(codeOf(decide(book, quiet('b', { coolDown }, { start: at(100) }), now(0))), 'granted')
  assert.is(codeOf(decide(book, quiet('b', { coolDown }, { start: at(25) }), now(0))), 'QUOTA')
  assert.is(codeOf(decide(book, quiet('b', { coolDown }, { start: at(80), identity: 'bob' }), now(0))), 'granted')
  assert.is(codeOf(decide(book, quiet('b', { coolDown }, { start: at(80), gid: 'group-a' }), now(0))), 'granted')
})

test('tests in a block take nothing that the block has not taken', () => {
  const book = confirmed(emptyBook(), holdOf('block', { block: true, duration: seconds(60), margins: noMargins }))
  const quotas = { active: 1, busy: { most: seconds(60), period: seconds(3600) }, coolDown: seconds(600) }
  assert.is(codeOf(decide(book, quiet('a', quotas, { within: 'block', start: at(70) }), now(0))), 'granted')
  assert.is(codeOf(decide(book, quiet('a', quotas, { start: at(70) }), now(0))), 'QUOTA')
})

const windows = fc.array(
  fc
    .tuple(fc.nat(60), fc.integer({ min: 1, max: 12 }))
    .map(([from, length]) => ({ from: moment(from), to: moment(from + length) })),
  { maxLength: 10 },
)
const instants = Array.from({ length: 140 }, (_, i) => i - 40)

test('the densest period is found as by trying every one', () => {
  const period = 15
  fc.assert(
    fc.property(windows, fc.nat(60), fc.integer({ min: 1, max: 12 }), (others, from, length) => {
      const own = { from: moment(from), to: moment(from + length) }
      const within = (begin: number, { from: a, to: b }: typeof own) =>
        Math.max(0, Math.min(begin + period, b) - Math.max(begin, a))
      const loads = instants
        .filter(begin => within(begin, own) > 0)
        .map(begin => [...others, own].reduce((sum, each) => sum + within(begin, each), 0))
      assert.is(loadAround(others, own, micros(period)), Math.max(...loads))
      const starts = others.map(each => each.from)
      const runs = instants
        .filter(begin => begin <= from && from < begin + period)
        .map(begin => starts.filter(each => begin <= each && each < begin + period).length)
      assert.is(runsAround(starts, moment(from), micros(period)), Math.max(...runs))
      const peaks = instants
        .filter(each => own.from <= each && each < own.to)
        .map(each => others.filter(window => window.from <= each && each < window.to).length)
      assert.is(
        peakIn(
          others.map(window => ({ window })),
          own,
        ),
        Math.max(...peaks),
      )
    }),
    { numRuns: 500 },
  )
})

test.run()
