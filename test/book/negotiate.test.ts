import * as assert from 'uvu/assert'
import { receiptOf } from '../../src/book/agreement.ts'
import { available } from '../../src/book/avail.ts'
import type { Availability, Call, Done, Reply, Work } from '../../src/book/calls.ts'
import { decide } from '../../src/book/decide.ts'
import { type Aim, negotiate, type Outcome } from '../../src/book/negotiate.ts'
import { reason } from '../../src/book/reasons.ts'
import { micros, millis, moment, seconds, ticks } from '../../src/units/micros.ts'
import { random } from '../../src/units/random.ts'
import { at, confirmOf, emptyBook, granted, holdOf, margins, now } from '../fixtures/booking.ts'
import { suite } from '../fixtures/suite.ts'
import { burst } from '../fixtures/world/rivals.ts'

const test = suite('book/negotiate')

const aim: Aim = {
  ...{ gid: 'g', endpoints: ['b', 'a'], when: { after: micros(0), within: seconds(60) }, duration: seconds(10) },
  ...{ spec: { tool: 'iperf3' }, budget: seconds(15), jitter: false },
}
type Ranges = readonly (readonly [number, number])[]
const offer = (soft: Ranges, hard: Ranges = soft, end = 100): Availability => ({
  asked: { from: at(0), to: at(end) },
  soft: { ranges: soft.map(([from, to]) => ({ from: at(from), to: at(to) })), known: at(end) },
  hard: { ranges: hard.map(([from, to]) => ({ from: at(from), to: at(to) })), known: at(end) },
  next: at(200),
})
const receipt = (call: Call & { op: 'hold' }): Reply => {
  const { granted: entry } = granted(decide(emptyBook(), holdOf(call.rid, { gid: 'g', start: call.start }), now(-100)))
  return { receipt: receiptOf(entry) }
}

/** Drives a negotiation; every call takes a millisecond. Gives the outcome and all that was asked. */
function drive(answer: (call: Call, asked: readonly Call[]) => Reply, change: Partial<Aim> = {}) {
  const rules = negotiate({ ...aim, ...change }, ticks(0), random(1))
  const asked: Call[] = []
  const works: Work[] = []
  let clock = 0
  let step = rules.next({ at: ticks(0), replies: [] })
  while (step.done !== true) {
    const work: Work = step.value
    works.push(work)
    clock += work.do === 'wait' ? work.time : 1_000
    const replies =
      work.do === 'wait'
        ? []
        : work.calls.map(call => {
            asked.push(call)
            return answer(call, asked)
          })
    const done: Done = { at: ticks(clock), replies: work.do === 'call' ? replies : [] }
    step = rules.next(done)
  }
  return { outcome: step.value as Outcome, asked, works, clock }
}
const startOf = (outcome: Outcome) => ('agreement' in outcome ? outcome.agreement.start : undefined)
const denialOf = (outcome: Outcome) => ('denied' in outcome ? outcome.denied.code : undefined)
const simple =
  (a: Availability, b: Availability) =>
  (call: Call): Reply => {
    if (call.op === 'avail') return call.endpoint === 'a' ? a : b
    return call.op === 'hold' ? receipt(call) : 'done'
  }

test('three rounds find the first start that all endpoints offer, hold it and confirm it', () => {
  const { outcome, asked } = drive(
    simple(
      offer([
        [10, 20],
        [30, 40],
      ]),
      offer([[18, 35]]),
    ),
  )
  assert.is(startOf(outcome), at(18))
  assert.equal(
    asked.map(({ endpoint, op }) => `${op} ${endpoint}`),
    ['avail a', 'avail b', 'hold a', 'hold b', 'confirm a', 'confirm b'],
  )
  const [a, b] = asked.filter(call => call.op === 'confirm')
  assert.is(a?.op === 'confirm' && b?.op === 'confirm' && a.digest === b.digest && a.agreement === b.agreement, true)
})

test('a start that would be too near when the hold arrives is left out', () => {
  const { outcome } = drive(simple(offer([[0, 50]]), offer([[0, 50]])))
  assert.is(startOf(outcome), at(0.001))
})

test('what is confirmed leaves no room: busy, with the next time of each endpoint, and no retry', () => {
  const { outcome, asked } = drive(simple(offer([], [[10, 20]]), offer([], [[30, 40]])))
  assert.equal(outcome, { denied: reason('BUSY', { next: { a: at(200), b: at(200) } }) })
  assert.is(asked.length, 2)
})

test('room that is only held by others is waited for until the budget is spent', () => {
  const { outcome, clock } = drive(simple(offer([], [[10, 20]]), offer([[10, 20]])))
  assert.is(denialOf(outcome), 'CONTENDED')
  assert.ok(clock >= aim.budget && clock < aim.budget + 500_000)
})

test('a refused hold lets go of all; from the second attempt on they are held one by one, in order', () => {
  let refused = 0
  const { outcome, asked, works } = drive(call => {
    if (call.op === 'hold' && call.endpoint === 'b' && refused++ < 1) return { denied: reason('BUSY') }
    return simple(offer([[10, 50]]), offer([[10, 50]]))(call)
  })
  assert.is(startOf(outcome), at(10))
  assert.equal(
    asked.map(({ endpoint, op }) => `${op} ${endpoint}`),
    [
      ...['avail a', 'avail b', 'hold a', 'hold b', 'release a', 'release b'],
      ...['avail a', 'avail b', 'hold a', 'hold b', 'confirm a', 'confirm b'],
    ],
  )
  const sizes = works.flatMap(work => (work.do === 'wait' ? ['wait'] : [`${work.do} ${work.calls.length}`]))
  assert.equal(sizes, ['call 2', 'call 2', 'tell 2', 'wait', 'call 2', 'call 1', 'call 1', 'call 2'])
})

test('a hold without an answer is let go of, too', () => {
  let lost = 0
  const { asked } = drive(call =>
    call.op === 'hold' && lost++ < 1 ? 'lost' : simple(offer([[10, 50]]), offer([[10, 50]]))(call),
  )
  assert.equal(
    asked.filter(({ op }) => op === 'release').map(({ endpoint }) => endpoint),
    ['a', 'b'],
  )
})

test('when one does not confirm, all are cancelled and it begins anew', () => {
  let refused = 0
  const { outcome, asked } = drive(call => {
    if (call.op === 'confirm' && call.endpoint === 'a' && refused++ < 1) return { denied: reason('EXPIRED') }
    return simple(offer([[10, 50]]), offer([[10, 50]]))(call)
  })
  assert.is('agreement' in outcome && outcome.attempts, 2)
  assert.is(asked.filter(({ op }) => op === 'cancel').length, 2)
  const rids = asked.flatMap(call => (call.op === 'hold' ? [call.rid] : []))
  assert.is(new Set(rids).size, rids.length)
})

test('a refusal by rule ends it, and says whose', () => {
  for (const op of ['avail', 'hold', 'confirm'] as const) {
    const { outcome } = drive(call =>
      call.op === op && call.endpoint === 'b'
        ? { denied: reason('QUOTA', { quota: 'runs' }) }
        : simple(offer([[10, 50]]), offer([[10, 50]]))(call),
    )
    assert.equal(outcome, { denied: reason('QUOTA', { quota: 'runs' }), endpoint: 'b' })
  }
})

test('an endpoint that stays silent is named', () => {
  const { outcome } = drive(call => (call.endpoint === 'b' ? 'lost' : offer([[10, 20]])))
  assert.equal(outcome, { denied: reason('PEER_UNREACHABLE', { peer: 'b' }), endpoint: 'b' })
})

test('the end of the asked time stays where it was at first', () => {
  let asks = 0
  const { asked } = drive(call => {
    if (call.op === 'avail' && asks++ < 2) return offer([], [[10, 20]], call.endpoint === 'a' ? 100 : 90)
    return simple(offer([[10, 50]]), offer([[10, 50]]))(call)
  })
  const whens = asked.flatMap(call => (call.op === 'avail' ? [call.when] : []))
  assert.equal(whens[0], aim.when)
  assert.equal(whens[2], { from: at(0), to: moment(at(90) - 1) })
})

test('an offer that was cut is asked for again from its end', () => {
  let asks = 0
  const cut: Availability = { ...offer([[10, 12]]), soft: { ranges: [{ from: at(10), to: at(12) }], known: at(12) } }
  const { outcome, asked } = drive(call => {
    if (call.op === 'avail' && asks++ < 2) return call.endpoint === 'a' ? cut : offer([[30, 40]])
    return simple(offer([[20, 50]]), offer([[30, 40]]))(call)
  })
  assert.is(startOf(outcome), at(30))
  const whens = asked.flatMap(call => (call.op === 'avail' ? [call.when] : []))
  assert.equal(whens[2], { from: at(12), to: moment(at(100) - 1) })
})

test('with jitter any start that is free may come out', () => {
  const starts = new Set(
    [1, 2, 3, 4, 5, 6].map(seed => {
      const rules = negotiate({ ...aim, jitter: true }, ticks(0), random(seed))
      rules.next({ at: ticks(0), replies: [] })
      const { value } = rules.next({
        at: ticks(1),
        replies: [
          offer([
            [10, 12],
            [30, 32],
          ]),
          offer([[10, 40]]),
        ],
      })
      return value && 'do' in value && value.do === 'call' && value.calls[0]?.op === 'hold' ? value.calls[0].start : 0
    }),
  )
  assert.ok(starts.size > 3)
  for (const start of starts) assert.ok((start >= at(10) && start < at(12)) || (start >= at(30) && start < at(32)))
})

test('an endpoint counts relative times from its own now, and offers nothing that it could not grant', () => {
  const { granted: entry, book } = granted(decide(emptyBook(), holdOf('a'), now(0)))
  const wish = holdOf('b')
  const soon = { after: micros(0), within: seconds(70) }
  const held = available(book, wish, soon, now(0), millis(250))
  assert.equal(held.asked, { from: at(0.65), to: at(70) + 1 })
  assert.equal(
    [held.soft.ranges, held.hard.ranges],
    [[{ from: at(0.65), to: at(49) + 1 }], [{ from: at(0.65), to: at(70) + 1 }]],
  )
  assert.is(held.next, at(70) + 1)
  const firm = available(granted(decide(book, confirmOf(entry), now(0))).book, wish, soon, now(0), millis(250))
  assert.equal(firm.hard.ranges, [{ from: at(0.65), to: at(49) + 1 }])
  assert.is(firm.next, at(71))
  assert.is(available(book, wish, soon, now(5), millis(250)).soft.ranges[0]?.to, at(75) + 1)
  assert.equal(available(book, wish, { from: at(1), to: at(2) }, now(5), millis(250)).soft.ranges, [])
  assert.is(margins.before, 400_000)
})

test(
  '40 clients over 8 endpoints at once: none booked twice, half as many again as with moving holds',
  () => {
    const booked = (manner: 'offers' | 'moving') =>
      [1, 2, 3].reduce(
        (sum, seed) => sum + burst({ seed, endpoints: 8, clients: 40, fewest: 2, most: 8 }, manner).booked,
        0,
      )
    const [ours, theirs] = [booked('offers'), booked('moving')]
    assert.ok(ours >= 1.5 * theirs && theirs > 0, `${ours} and ${theirs}`)
  },
  { limitMs: 120_000 },
)

test.run()
