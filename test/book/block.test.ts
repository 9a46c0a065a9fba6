import * as assert from 'uvu/assert'
import { type Book, entryOf } from '../../src/book/book.ts'
import { decide } from '../../src/book/decide.ts'
import { firstFit, startsIn } from '../../src/book/fit.ts'
import { happen, insideOf } from '../../src/book/happen.ts'
import { overstay } from '../../src/book/overstay.ts'
import type { Hold } from '../../src/book/requests.ts'
import { timersOf } from '../../src/book/timers.ts'
import { seconds } from '../../src/units/micros.ts'
import {
  answerOf,
  at,
  codeOf,
  confirmOf,
  emptyBook,
  granted,
  holdOf,
  margins,
  noMargins,
  now,
  ports,
  share,
  whole,
} from '../fixtures/booking.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('book/block')

/** A confirmed block of a minute, from 60 to 120, of all of eth1 and ten shares of eth2. */
const claims = [whole('nic:eth1'), share('nic:eth2', 10), ports(2)]
const block = holdOf('block', { block: true, kind: 'block', duration: seconds(60), margins: noMargins, claims })
const booked = (hold: Hold, book: Book = emptyBook()): Book => {
  const held = granted(decide(book, hold, now(0)))
  return granted(decide(held.book, confirmOf(held.granted), now(0))).book
}
const inside = (rid: string, change: Partial<Hold> = {}) => holdOf(rid, { within: 'block', start: at(70), ...change })
const answer = (book: Book, hold: Hold) => codeOf(decide(book, hold, now(0)))

test('its owner books tests in it, side by side, never one over the other', () => {
  const book = booked(inside('a'), booked(block))
  assert.is(answer(book, inside('b', { start: at(75) })), 'BUSY')
  assert.is(answer(book, inside('b', { start: at(81) })), 'granted')
  assert.is(answer(book, holdOf('c', { start: at(100) })), 'BUSY')
})

test('nothing is booked in a block that is only held, over, or none', () => {
  const held = granted(decide(emptyBook(), block, now(0))).book
  assert.is(answer(held, inside('a')), 'NOT_HELD')
  const cancelled = happen(booked(block), { event: 'cancel', rid: 'block' }, now(1)).book
  assert.is(answer(cancelled, inside('a')), 'NOT_HELD')
  assert.is(answer(booked(holdOf('block', { start: at(60), duration: seconds(60) })), inside('a')), 'NOT_HELD')
  assert.is(answer(emptyBook(), inside('a')), 'NOT_HELD')
})

test('a test in a block outside its window or by another identity is refused', () => {
  const book = booked(block)
  assert.is(answer(book, inside('a', { identity: 'bob' })), 'NOT_OWNER')
  assert.is(answer(book, inside('a', { start: at(60.4) })), 'granted')
  for (const change of [{ start: at(60.399) }, { start: at(110) }, { duration: seconds(61) }]) {
    const denied = answerOf(decide(book, inside('a', change), now(0)))
    assert.is(denied !== 'granted' && denied.code, 'LIMIT')
    assert.equal(denied !== 'granted' && denied.data['allowed'], { from: at(60), to: at(120) })
  }
})

test('it gives no more of a resource than it has', () => {
  const book = booked(block)
  assert.is(answer(book, inside('a', { claims: [share('nic:eth2', 10)] })), 'granted')
  assert.is(answer(book, inside('a', { claims: [share('nic:eth2', 11)] })), 'LIMIT')
  assert.is(answer(book, inside('a', { claims: [whole('nic:eth2')] })), 'LIMIT')
  assert.is(answer(book, inside('a', { claims: [ports(3)] })), 'LIMIT')
  const six = booked(inside('a', { claims: [share('nic:eth2', 6)] }), book)
  assert.is(answer(six, inside('b', { claims: [share('nic:eth2', 5)] })), 'BUSY')
  const all = booked(inside('a', { claims: [share('nic:eth1', 30)] }), book)
  assert.is(answer(all, inside('b', { claims: [share('nic:eth1', 1)] })), 'BUSY')
})

test('its tests get ports out of its own', () => {
  const before = booked(holdOf('other', { claims: [ports(1)] }))
  const book = booked(inside('a', { claims: [ports(1)] }), booked(block, before))
  assert.equal(entryOf(book, 'block')?.ports, { 'ports:test': [5203, 5204] })
  assert.equal(entryOf(book, 'a')?.ports, { 'ports:test': [5203] })
  assert.is(answer(book, inside('b', { claims: [ports(2)] })), 'RESOURCE')
})

test('what it has not claimed is taken from the endpoint as by anybody else', () => {
  const book = booked(inside('a', { claims: [share('clock', 60)] }), booked(block))
  assert.is(answer(book, holdOf('c', { start: at(70), claims: [share('clock', 41)] })), 'BUSY')
})

test('starts in it are offered from its begin to its end', () => {
  const book = booked(inside('a'), booked(block))
  const wish = inside('b')
  const { ranges } = startsIn(book, wish, { from: at(0), to: at(1000) }, 'all')
  assert.equal(ranges, [{ from: at(81), to: at(109.4) + 1 }])
  assert.is(firstFit(book, wish, at(0), 'all'), at(81))
  assert.is(firstFit(book, wish, at(110), 'all'), undefined)
})

test('when a block ends early its rest is free, and the door is told to end what is in it', () => {
  const running = (['go', 'start'] as const).reduce(
    (book, event) => happen(book, { event, rid: 'block' }, now(60)).book,
    booked(block),
  )
  const entry = entryOf(running, 'block')
  assert.equal(entry && timersOf(entry), [{ clock: 'utc', at: at(120), event: 'end' }])
  const ended = happen(running, { event: 'end', rid: 'block' }, now(90))
  assert.equal([ended.entry.state, ended.effects], ['done', ['end_inside']])
  assert.is(codeOf(decide(ended.book, holdOf('c', { start: at(91) }), now(90))), 'granted')
})

test('a block lasts until the last process in it is gone, and no test in it starts without it', () => {
  const both = booked(inside('a', { start: at(70) }), booked(block))
  const armed = (['block', 'a'] as const).reduce((book, rid) => happen(book, { event: 'go', rid }, now(1)).book, both)
  assert.throws(
    () => happen(armed, { event: 'start', rid: 'a' }, now(70)),
    'cannot start: its block block is not active',
  )
  const running = (['block', 'a'] as const).reduce(
    (book, rid) => happen(book, { event: 'start', rid }, now(70)).book,
    armed,
  )
  assert.throws(() => happen(running, { event: 'end', rid: 'block' }, now(75)), 'cannot end: a in it is still active')
  assert.equal(
    insideOf(running, 'block').map(({ rid }) => rid),
    ['a'],
  )
  const gone = happen(running, { event: 'exit', rid: 'a' }, now(76)).book
  assert.is(happen(gone, { event: 'end', rid: 'block' }, now(76)).entry.state, 'done')
})

test('a block has no process: nothing is spawned or killed for it', () => {
  const armed = happen(booked(block), { event: 'go', rid: 'block' }, now(1)).book
  const started = happen(armed, { event: 'start', rid: 'block' }, now(60))
  assert.equal([started.durable, started.effects], ['act', []])
})

test('a process that outlives its window keeps its claims, and those in its way are named', () => {
  const first = booked(holdOf('a'))
  const next = booked(holdOf('far', { start: at(100) }), booked(holdOf('near', { start: at(71) }), first))
  const other = booked(holdOf('else', { start: at(71), claims: [whole('nic:eth2')] }), next)
  const running = (['go', 'start'] as const).reduce(
    (book, event) => happen(book, { event, rid: 'a' }, now(60)).book,
    other,
  )
  const entry = entryOf(running, 'a')
  if (entry === undefined) throw new Error('gone')
  const step = overstay(running, entry, at(75), now(70.6))
  assert.equal([step.entry.overstays, step.entry.window.to, step.effects], [true, at(75), ['kill']])
  assert.equal(
    step.collisions.map(({ rid }) => rid),
    ['near'],
  )
})

test('every state has the timers that lead out of it', () => {
  const held = granted(decide(emptyBook(), holdOf('a'), now(0)))
  const confirmed = granted(decide(held.book, confirmOf(held.granted), now(0)))
  const armed = happen(confirmed.book, { event: 'go', rid: 'a' }, now(1))
  const active = happen(armed.book, { event: 'start', rid: 'a' }, now(60))
  const trading = happen(active.book, { event: 'exit', rid: 'a' }, now(70))
  const done = happen(trading.book, { event: 'traded', rid: 'a' }, now(71))
  const timers = [held.granted, confirmed.granted, armed.entry, active.entry, trading.entry, done.entry].map(each =>
    timersOf(each),
  )
  assert.equal(timers, [
    [{ clock: 'mono', at: now(5).mono, event: 'lapse' }],
    [{ clock: 'utc', at: at(60) - margins.before, event: 'abort' }],
    [{ clock: 'utc', at: at(60), event: 'start' }],
    [
      { clock: 'utc', at: at(70.1), event: 'overrun' },
      { clock: 'utc', at: at(70.6), event: 'overstay' },
    ],
    [{ clock: 'utc', at: at(100.1), event: 'traded' }],
    [],
  ])
})

test.run()
