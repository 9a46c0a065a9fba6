import * as fc from 'fast-check'
import * as assert from 'uvu/assert'
import { LockstepError } from '../../src/errors/error.ts'
import { advance, daemonMargin, operBaseTimes, type SenderSchedule, startMargin } from '../../src/sync/base-times.ts'
import { between, ms, type Nanoseconds, ns, tai } from '../../src/units/quantity.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('sync: base times')

const sender = (name: string, base: bigint, cycle: bigint, shift = 0n): SenderSchedule => ({
  name,
  base: tai(base),
  shift: ns(shift),
  cycle: ns(cycle),
})

/**
 * What isochron orchestrate puts between its CLOCK_TAI and the first possible base time: the round trip of the sender
 * that was asked, twice that and the threshold of every sender, and its own margin besides the daemon's.
 */
function originalMargin(asked: bigint, senders: readonly { roundTrip: bigint; threshold: bigint }[]): Nanoseconds {
  const perSender = senders.reduce((sum, { roundTrip, threshold }) => sum + 2n * roundTrip + 2n * threshold, 0n)
  return ns(asked + perSender + 2n * daemonMargin)
}

test('one captured start of isochron orchestrate is computed to the nanosecond', () => {
  const times = operBaseTimes({
    now: tai(1_795_293_749_294_866_393n),
    senders: [sender('a', 123n, 10_000_000n)],
    margin: originalMargin(95_986_746n, [{ roundTrip: 95_986_746n, threshold: 1000n }]),
  })
  assert.equal(times, [{ name: 'a', oper: tai(1_795_293_750_590_000_123n), set: tai(1_795_293_750_590_000_123n) }])
})

test('a captured start of two senders is computed to the nanosecond', () => {
  const times = operBaseTimes({
    now: tai(1_795_294_067_718_868_797n),
    senders: [sender('B', 100n, 8_000_000n), sender('A', 0n, 10_000_000n)],
    margin: originalMargin(92_055_448n, [
      { roundTrip: 92_055_448n, threshold: 1000n },
      { roundTrip: 96_102_075n, threshold: 1000n },
    ]),
  })
  assert.equal(
    times.map(({ name, oper }) => [name, oper]),
    [
      ['B', 1_795_294_069_192_000_100n],
      ['A', 1_795_294_069_190_000_000n],
    ],
  )
})

for (const [what, base, cycle, from, moved] of [
  ['in the future stays', 500n, 10n, 400n, 500n],
  ['exactly now stays', 500n, 10n, 500n, 500n],
  ['in the past goes to the next cycle', 3n, 10n, 401n, 403n],
  ['whole cycles in the past goes one further', 0n, 10n, 400n, 410n],
  ['one nanosecond ago goes one cycle on', 399n, 10n, 400n, 409n],
  ['before the epoch moves likewise', -7n, 10n, 0n, 3n],
] as const)
  test(`a base time ${what}`, () => assert.is(advance(tai(base), ns(cycle), tai(from)), moved))

test('the margin is 0.5 s for the daemon and 100 ms or two round trips for the start', () => {
  assert.is(startMargin(ms(0)), ms(600))
  assert.is(startMargin(ms(50)), ms(600))
  assert.is(startMargin(ms(51)), ms(602))
})

test('a cycle time of 0 is refused, not divided by', () => {
  assert.throws(
    () => operBaseTimes({ now: tai(0n), senders: [sender('a', 0n, 0n)], margin: ns(0n) }),
    (error: unknown) => error instanceof LockstepError && error.code === 'SYNC_BASE_TIME',
  )
})

test('the shift is in the time of the first frame and not in what is set', () => {
  const [time] = operBaseTimes({ now: tai(1000n), senders: [sender('a', 0n, 100n, -30n)], margin: ns(5n) })
  assert.equal(time, { name: 'a', oper: tai(1070n), set: tai(1100n) })
})

test('a later base time with a shorter cycle starts after the earlier one with the longer', () => {
  const times = operBaseTimes({
    now: tai(1001n),
    senders: [sender('late', 1n, 10n), sender('early', 0n, 1000n)],
    margin: ns(0n),
  })
  assert.equal(
    times.map(({ oper }) => oper),
    [2001n, 2000n],
  )
})

const second = 1_000_000_000n
const schedule = fc.record({
  name: fc.string(),
  base: fc.bigInt({ min: -second, max: 2n * 10n ** 18n }).map(tai),
  shift: fc.bigInt({ min: -second, max: second }).map(ns),
  cycle: fc.bigInt({ min: 1n, max: 10n * second }).map(ns),
})
const plan = fc.record({
  now: fc.bigInt({ min: 10n ** 18n, max: 2n * 10n ** 18n }).map(tai),
  margin: fc.bigInt({ min: 0n, max: 5n * second }).map(ns),
  senders: fc.array(schedule, { minLength: 1, maxLength: 8 }),
})

test('every start lies past the margin, keeps its phase, and is what the daemon will compute', () =>
  fc.assert(
    fc.property(plan, ({ now, margin, senders }) => {
      const times = operBaseTimes({ now, margin, senders })
      assert.equal(
        times.map(({ name }) => name),
        senders.map(({ name }) => name),
      )
      for (const [i, { oper, set }] of times.entries()) {
        const { base, shift, cycle } = senders[i] as SenderSchedule
        assert.ok(oper >= now + margin)
        assert.is((oper - base - shift) % cycle, 0n)
        assert.is(advance(tai(set + shift), cycle, tai(now + margin)), oper)
      }
    }),
  ))

test('a lone start is never more than one cycle later than it could be', () =>
  fc.assert(
    fc.property(plan, ({ now, margin, senders: [only] }) => {
      const { base, shift, cycle } = only as SenderSchedule
      const [time] = operBaseTimes({ now, margin, senders: [only as SenderSchedule] })
      const first = tai(now + margin)
      if (base + shift < first) assert.ok(between(first, time?.oper ?? first) <= cycle)
      else assert.is(time?.oper, base + shift)
    }),
  ))

test('starts follow the order of the base times, whatever the order in the file', () =>
  fc.assert(
    fc.property(plan, ({ now, margin, senders }) => {
      const times = operBaseTimes({ now, margin, senders })
      const order = senders.map((each, i) => ({ base: each.base, oper: times[i]?.oper ?? 0n }))
      for (const a of order) for (const b of order) if (a.base < b.base) assert.ok(a.oper <= b.oper)
    }),
  ))

test('senders of equal base time and cycle start together', () =>
  fc.assert(
    fc.property(plan, fc.integer({ min: 2, max: 5 }), ({ now, margin, senders: [one] }, count) => {
      const times = operBaseTimes({
        now,
        margin,
        senders: new Array<SenderSchedule>(count).fill(one as SenderSchedule),
      })
      assert.is(new Set(times.map(({ oper }) => oper)).size, 1)
    }),
  ))

test('senders whose clocks are not in step start in the order of their base times, each by its own clock', () => {
  const apart = 37_000_000_000n
  const times = operBaseTimes({
    now: tai(0n),
    margin: ns(600n),
    senders: [
      { ...sender('late', 50n, 100n), now: tai(1_000_000n) },
      { ...sender('early', 20n, 100n), now: tai(1_000_000n + apart) },
    ],
  })
  assert.equal(
    times.map(({ oper }) => oper),
    [tai(1_000_650n), tai(1_000_620n + apart)],
  )
  // A faster cycle does not overtake the earlier base time, however its clock stands.
  const [late, early] = operBaseTimes({
    now: tai(0n),
    margin: ns(600n),
    senders: [
      { ...sender('late', 20n, 30n), now: tai(0n) },
      { ...sender('early', 0n, 10_000n), now: tai(apart) },
    ],
  })
  assert.is(early?.oper, tai(apart + 10_000n))
  assert.ok(late !== undefined && early !== undefined && late.oper > early.oper - apart)
})

test.run()
