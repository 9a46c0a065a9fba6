import * as assert from 'uvu/assert'
import { type Book, entryOf } from '../../src/book/book.ts'
import { decide, swept } from '../../src/book/decide.ts'
import { happen } from '../../src/book/happen.ts'
import type { Request } from '../../src/book/requests.ts'
import { millis, seconds } from '../../src/units/micros.ts'
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
  ports,
  share,
  whole,
} from '../fixtures/booking.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('book/decide')

/** The book after requests that are all granted. */
const after = (requests: readonly Request[], book: Book = emptyBook()): Book =>
  requests.reduce((current, request) => granted(decide(current, request, now(0))).book, book)

const confirmed = (book: Book, rid: string, second = 1): Book => {
  const entry = entryOf(book, rid)
  if (entry === undefined) throw new Error(`no ${rid}`)
  return granted(decide(book, confirmOf(entry), now(second))).book
}

test('a free slot is held: the window has the margins, and the hold lapses by the monotonic clock', () => {
  const { granted: entry, durable } = granted(decide(emptyBook(), holdOf('a'), now(0)))
  assert.is(entry.state, 'held')
  assert.equal(entry.window, { from: at(59.6), to: at(70.6) })
  assert.is(entry.lapsesAt, now(5).mono)
  assert.is(durable, 'no')
})

test('a hold lasts a second at least and a minute at most, whatever is asked for', () => {
  const lapse = (holdFor: number) =>
    granted(decide(emptyBook(), holdOf('a', { start: at(600), holdFor: seconds(holdFor) }), now(0))).granted.lapsesAt
  assert.equal([lapse(0), lapse(30), lapse(9999)], [now(1).mono, now(30).mono, now(60).mono])
})

test('a hold never outlives the begin of its own window', () => {
  const { granted: entry } = granted(decide(emptyBook(), holdOf('a', { start: at(3) }), now(0)))
  assert.is(entry.lapsesAt, now(2.6).mono)
})

test('two exclusive tests never share an interface, and the refusal says when there is room', () => {
  const book = after([holdOf('a')])
  const answer = answerOf(decide(book, holdOf('b', { start: at(65) }), now(0)))
  assert.equal(answer, { code: 'BUSY', data: { firm: false, next: at(71) } })
  const firm = answerOf(decide(confirmed(book, 'a'), holdOf('b', { start: at(65) }), now(1)))
  assert.equal(firm, { code: 'BUSY', data: { firm: true, next: at(71) } })
  assert.is(codeOf(decide(book, holdOf('b', { start: at(71) }), now(0))), 'granted')
  assert.is(codeOf(decide(book, holdOf('b', { start: at(70.999) }), now(0))), 'BUSY')
})

test('two interfaces carry two exclusive tests at once', () => {
  after([holdOf('a'), holdOf('b', { claims: [whole('nic:eth2')] })])
})

test('a test without claims in between does not make room for a second exclusive test', () => {
  const book = after([holdOf('a', { duration: seconds(20) }), holdOf('trace', { claims: [], start: at(65) })])
  assert.is(codeOf(decide(book, holdOf('b', { start: at(66), duration: seconds(1) }), now(0))), 'BUSY')
})

test('shares add up to the capacity, and keep an exclusive test out', () => {
  const book = after([
    holdOf('a', { claims: [share('nic:eth1', 10)] }),
    holdOf('b', { claims: [share('nic:eth1', 20)] }),
  ])
  assert.is(codeOf(decide(book, holdOf('c', { claims: [share('nic:eth1')] }), now(0))), 'BUSY')
  assert.is(codeOf(decide(book, holdOf('c'), now(0))), 'BUSY')
  assert.is(codeOf(decide(book, holdOf('c', { claims: [share('nic:eth2', 30)] }), now(0))), 'granted')
})

test('ports are given out of their range, and come back', () => {
  const wish = { claims: [ports(2)] }
  const book = after([holdOf('a', wish), holdOf('b', wish)])
  assert.equal(entryOf(book, 'a')?.ports, { 'ports:test': [5202, 5203] })
  assert.equal(entryOf(book, 'b')?.ports, { 'ports:test': [5204, 5205] })
  const answer = answerOf(decide(book, holdOf('c', { claims: [ports()] }), now(0)))
  assert.equal(answer, { code: 'RESOURCE', data: { resource: 'ports:test', firm: false, next: at(71) } })
  const freed = granted(decide(book, { op: 'release', id: 'r', rid: 'a', identity: 'alice' }, now(1))).book
  assert.equal(granted(decide(freed, holdOf('c', wish), now(1))).granted.ports, { 'ports:test': [5202, 5203] })
})

test('the start is as far ahead as the margins and the lead need', () => {
  const answer = answerOf(decide(emptyBook(), holdOf('a', { start: at(0.649) }), now(0)))
  assert.equal(answer, { code: 'TOO_LATE', data: { next: at(0.65) } })
  assert.is(codeOf(decide(emptyBook(), holdOf('a', { start: at(0.65) }), now(0))), 'granted')
})

test('a hold moves whole or not at all', () => {
  const book = after([holdOf('a'), holdOf('b', { start: at(100) })])
  const moved = granted(decide(book, holdOf('a', { id: 'again', start: at(62) }), now(2)))
  assert.is(moved.granted.start, at(62))
  assert.is(moved.granted.lapsesAt, now(7).mono)
  assert.is(codeOf(decide(moved.book, holdOf('a', { id: 'third', start: at(95) }), now(2))), 'BUSY')
  assert.is(entryOf(moved.book, 'a')?.start, at(62))
})

test('a request that comes twice changes nothing the second time', () => {
  const first = granted(decide(emptyBook(), holdOf('a'), now(0)))
  const moved = granted(decide(first.book, holdOf('a', { id: 'move', start: at(80) }), now(1)))
  const late = granted(decide(moved.book, holdOf('a'), now(2)))
  assert.is(late.granted.start, at(80))
  assert.is(late.granted.lapsesAt, now(6).mono)
  const request = confirmOf(late.granted)
  const once = granted(decide(late.book, request, now(2)))
  const twice = granted(decide(once.book, request, now(3)))
  assert.is(once.durable, 'reply')
  // The record of the first answer may still be on its way to the disk.
  assert.equal([twice.durable, twice.effects, twice.granted], ['reply', [], once.granted])
  assert.is(late.durable, 'no')
})

test('a tentative reservation lapses when nobody confirms it, whether or not a timer fires', () => {
  const book = after([holdOf('a')])
  assert.is(codeOf(decide(book, holdOf('b', { identity: 'bob' }), now(4.999_999))), 'BUSY')
  const { book: later } = granted(decide(book, holdOf('b', { identity: 'bob' }), now(5)))
  assert.is(entryOf(later, 'a')?.state, 'expired')
  const entry = entryOf(book, 'a')
  assert.is(entry && codeOf(decide(book, confirmOf(entry), now(5))), 'EXPIRED')
  assert.equal(
    swept(book, now(5)).lapsed.map(({ entry: { rid, state } }) => [rid, state]),
    [['a', 'expired']],
  )
})

test('a wall clock that is set back does not prolong a hold', () => {
  const book = after([holdOf('a')])
  assert.is(codeOf(decide(book, holdOf('b'), { utc: at(-3600), mono: now(5).mono })), 'granted')
})

test('a confirmation is durable before it is answered, and says when the group arms', () => {
  const book = after([holdOf('a')])
  const entry = entryOf(book, 'a')
  const answer = entry && granted(decide(book, confirmOf(entry, { onDisconnect: 'continue' }), now(1)))
  assert.equal([answer?.durable, answer?.effects], ['reply', ['check_peers']])
  assert.equal(
    [answer?.granted.state, answer?.granted.armBy, answer?.granted.onDisconnect],
    ['confirmed', at(59.6), 'continue'],
  )
  assert.is(answer?.granted.lapsesAt, undefined)
})

test('a confirmation that comes at the arm deadline is too late: the member with the longest setup decides', () => {
  const { granted: entry, book } = granted(
    decide(emptyBook(), holdOf('a', { start: at(9), holdFor: seconds(60) }), now(0)),
  )
  const own = confirmOf(entry).agreement
  const other = { ...own.members['here'], rid: 'x', margins: { ...entry.margins, before: seconds(5) } } as never
  const agreement = { ...own, members: { ...own.members, there: other } }
  const { digest } = confirmOf(entry)
  assert.equal(answerOf(decide(book, confirmOf(entry, { agreement, digest }), now(4))), {
    code: 'TOO_LATE',
    data: { armBy: at(4) },
  })
  assert.is(codeOf(decide(book, confirmOf(entry, { agreement, digest }), now(3.999))), 'DIGEST')
})

test('whoever agreed on something else than the book holds does not confirm it', () => {
  const { granted: entry, book } = granted(decide(emptyBook(), holdOf('a'), now(0)))
  const asked = confirmOf(entry)
  const { book: moved } = granted(decide(book, holdOf('a', { id: 'move', start: at(61) }), now(0)))
  assert.is(codeOf(decide(moved, asked, now(1))), 'DIGEST')
  assert.is(codeOf(decide(book, { ...asked, digest: 'f'.repeat(64) }, now(1))), 'DIGEST')
  const forged = confirmOf({ ...entry, window: { from: at(0), to: at(1) } })
  assert.is(codeOf(decide(book, { ...forged, rid: 'a' }, now(1))), 'DIGEST')
})

test('what is not held cannot be confirmed', () => {
  const { granted: entry, book } = granted(decide(emptyBook(), holdOf('a'), now(0)))
  assert.equal(answerOf(decide(emptyBook(), confirmOf(entry), now(1))), { code: 'NOT_HELD', data: { epoch: 1 } })
  const { book: released } = granted(decide(book, { op: 'release', id: 'r', rid: 'a', identity: 'alice' }, now(1)))
  assert.is(codeOf(decide(released, confirmOf(entry), now(1))), 'NOT_HELD')
})

test('another identity neither moves, confirms, releases nor cancels it; an administrator cancels', () => {
  const { granted: entry, book } = granted(decide(emptyBook(), holdOf('a'), now(0)))
  const mallory = { id: 'm', rid: 'a', identity: 'mallory' }
  const requests: Request[] = [
    holdOf('a', { id: 'm', identity: 'mallory' }),
    confirmOf(entry, { identity: 'mallory' }),
    { op: 'release', ...mallory },
    { op: 'cancel', admin: false, ...mallory },
  ]
  for (const request of requests) assert.is(codeOf(decide(book, request, now(1))), 'NOT_OWNER', request.op)
  const done = granted(decide(confirmed(book, 'a'), { op: 'cancel', admin: true, ...mallory }, now(2)))
  assert.equal([done.granted.state, done.granted.reason?.data], ['cancelled', { by: 'mallory' }])
})

test('a request id of somebody else is no key to a reservation', () => {
  const { book } = granted(decide(emptyBook(), holdOf('a'), now(0)))
  assert.is(codeOf(decide(book, { op: 'release', id: 'hold-a', rid: 'a', identity: 'mallory' }, now(1))), 'NOT_OWNER')
})

test('a cancelled booking frees its slot at once; one that runs, when its process is gone', () => {
  const cancel = { op: 'cancel', id: 'c', rid: 'a', identity: 'alice', admin: false } as const
  const booked = confirmed(after([holdOf('a')]), 'a')
  assert.is(codeOf(decide(granted(decide(booked, cancel, now(2))).book, holdOf('b'), now(2))), 'granted')
  const running = (['go', 'start'] as const).reduce(
    (book, event) => happen(book, { event, rid: 'a' }, now(60)).book,
    booked,
  )
  const ending = granted(decide(running, cancel, now(62)))
  assert.equal([ending.granted.state, ending.effects], ['active', ['kill', 'tell_peers', 'end_inside']])
  assert.equal(granted(decide(ending.book, { ...cancel, id: 'c2' }, now(62))).effects, [])
  const wish = holdOf('b', { start: at(64), duration: seconds(1) })
  assert.is(codeOf(decide(ending.book, wish, now(62))), 'BUSY')
  const gone = happen(ending.book, { event: 'exit', rid: 'a' }, now(62.5))
  assert.is(gone.entry.state, 'cancelled')
  assert.is(codeOf(decide(gone.book, wish, now(62.5))), 'granted')
})

test('a test that ends early gives the rest of its window back', () => {
  const booked = confirmed(after([holdOf('a', { duration: seconds(600) })]), 'a')
  const running = (['go', 'start'] as const).reduce(
    (book, event) => happen(book, { event, rid: 'a' }, now(60)).book,
    booked,
  )
  const ended = happen(running, { event: 'exit', rid: 'a' }, now(65))
  assert.equal([ended.entry.state, ended.entry.window.to, ended.effects], ['trading', at(65), ['trade']])
  assert.is(codeOf(decide(ended.book, holdOf('b', { start: at(66) }), now(65))), 'granted')
})

test('what is asked for wrongly is refused with the field', () => {
  const cases = [
    [{ rid: '../../etc' }, 'rid'],
    [{ gid: '' }, 'gid'],
    [{ start: at(60.000_000_4) }, 'start'],
    [{ duration: millis(0) }, 'duration'],
    [{ claims: [whole('nic:eth9')] }, 'claims'],
    [{ claims: [whole('ports:test')] }, 'claims'],
    [{ claims: [share('nic:eth1', 31)] }, 'claims'],
    [{ claims: [share('nic:eth1', 0)] }, 'claims'],
    [{ claims: [share('nic:eth1', 0.5)] }, 'claims'],
    [{ claims: [ports(5)] }, 'claims'],
    [{ claims: [share('clock'), share('clock')] }, 'claims'],
  ] as const
  for (const [change, field] of cases) {
    const answer = answerOf(decide(emptyBook(), holdOf('a', change), now(0)))
    assert.is(answer !== 'granted' && answer.data['field'], field, JSON.stringify(change))
  }
})

test('a denial changes nothing', () => {
  const book = after([holdOf('a')])
  const decision = decide(book, holdOf('b', { margins: noMargins }), now(0))
  assert.not('book' in decision)
  assert.is(entryOf(book, 'b'), undefined)
})

test.run()
