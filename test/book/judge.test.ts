import * as assert from 'uvu/assert'
import { decide } from '../../src/book/decide.ts'
import { within } from '../../src/book/hours.ts'
import {
  type Ask,
  type Asker,
  classOf,
  explain,
  isDenied,
  quotaLevels,
  staticChecks,
  staticFault,
} from '../../src/book/judge.ts'
import { claimsOf, noRules } from '../../src/book/limits.ts'
import { readLimits } from '../../src/limits/read.ts'
import { micros, millis, moment, seconds } from '../../src/units/micros.ts'
import { type Net, parseNet } from '../../src/units/net.ts'
import { at, codeOf, confirmOf, emptyBook, granted, holdOf, nine, now } from '../fixtures/booking.ts'
import { limitsText } from '../fixtures/limits-file.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('book/judge')

const rules = readLimits('limits.yml', limitsText)
const net = (text: string) => parseNet(text) as Net
const asker = (identity: string, address = '192.0.2.7'): Asker => ({ identity, address: net(address) })
const alice = asker('alice')
const ask = (change: Partial<Ask> = {}): Ask => ({
  ...{ kinds: 'throughput', profiles: 'iperf3', protocols: 'tcp', interfaces: 'eth1', peers: [net('192.0.2.9')] },
  ...{ duration: seconds(10), start: at(60), bandwidth: 1e9, clock_error: millis(2) },
  ...{ unsynced: false, single_ended: false, block: false, on_disconnect_continue: false },
  ...change,
})
const fault = (change: Partial<Ask>, who = alice, time = nine) => {
  const found = staticFault(rules, who, ask(change), time)
  return found && [found.code, found.data['limit'], found.data['class']]
}

test('the first assignment that fits decides, by identity and network', () => {
  const nameOf = (who: Asker) => classOf(rules, who)?.name
  assert.is(nameOf(alice), 'members')
  assert.is(nameOf(asker('alice', '198.51.100.1')), 'closed')
  assert.is(nameOf({ identity: 'alice', address: undefined }), 'closed')
  assert.is(nameOf(asker('ci', '203.0.113.5')), 'night')
  assert.is(nameOf(asker('nobody')), 'closed')
})

test('whom no line fits, or one that denies, may do nothing', () => {
  assert.equal(fault({}, asker('nobody')), ['CLASS_DENIED', undefined, 'closed'])
  const nobody = { ...rules, assign: [] }
  assert.equal(staticFault(nobody, alice, ask(), nine), { code: 'CLASS_DENIED', data: {} })
  const closed = {
    ...rules,
    classes: { ...rules.classes, root: { ...rules.classes['root'], deny: true } },
  } as typeof rules
  const own = classOf(closed, alice)
  assert.ok(own && isDenied(closed, own))
})

test('each limit refuses what is beyond it, and says in whose class it stands', () => {
  assert.is(fault({}), undefined)
  const cases: readonly (readonly [Partial<Ask>, string, string])[] = [
    [{ kinds: 'trace' }, 'kinds', 'members'],
    [{ duration: micros(60_000_001) }, 'duration', 'members'],
    [{ peers: [net('192.0.2.9'), net('198.51.100.1')] }, 'peers', 'members'],
    [{ start: moment(nine + 86_400_000_001) }, 'horizon', 'root'],
    [{ clock_error: millis(21) }, 'clock_error', 'root'],
    [{ unsynced: true }, 'unsynced', 'root'],
    [{ single_ended: true }, 'single_ended', 'root'],
    [{ on_disconnect_continue: true }, 'on_disconnect_continue', 'root'],
  ]
  for (const [change, limit, name] of cases) assert.equal(fault(change), ['LIMIT', limit, name])
  assert.is(fault({ duration: seconds(60), start: moment(nine + 86_400_000_000) }), undefined)
})

test('what has to be allowed is allowed by the nearest class that mentions it', () => {
  assert.is(fault({ block: true }), undefined)
  assert.is(fault({ block: true }, asker('ops')), undefined)
  const narrow = readLimits('limits.yml', limitsText.replace('pending: 5', 'block: false'))
  const { code, data } = staticFault(narrow, alice, ask({ block: true }), nine) ?? {}
  assert.equal([code, data], ['LIMIT', { limit: 'block', asked: true, allowed: false, class: 'members' }])
})

test('a test that sends as fast as it can is above any rate', () => {
  const later = moment(Date.UTC(2031, 0, 1) * 1000)
  assert.equal(fault({ bandwidth: Number.POSITIVE_INFINITY }), ['LIMIT', 'bandwidth', 'members'])
  assert.equal(fault({ bandwidth: 6e9, start: later }, alice, later), ['LIMIT', 'bandwidth', 'members'])
})

test('a grant gives more until it expires, at its very end no more', () => {
  assert.is(fault({ bandwidth: 9e9, protocols: 'udp' }), undefined)
  const end = moment(Date.UTC(2030, 0, 1) * 1000)
  const just = moment(end - 1)
  assert.is(fault({ protocols: 'udp', start: end }, alice, just), undefined)
  assert.equal(fault({ protocols: 'udp', start: end }, alice, end), ['LIMIT', 'protocols', 'members'])
})

test('without a limits file nobody may anything', () => {
  assert.equal(staticFault(noRules, alice, ask(), nine), { code: 'CLASS_DENIED', data: {} })
})

test('a kind takes what the file says, of the interface of the test', () => {
  const [throughput, latency] = [rules.kinds['throughput'], rules.kinds['latency']]
  assert.equal(throughput && claimsOf(throughput, 'eth1'), [
    { resource: 'nic:eth1', mode: 'exclusive' },
    { resource: 'ports:test', mode: 'ports', count: 1 },
  ])
  assert.equal(latency && claimsOf(latency, 'eth2'), [{ resource: 'nic:eth2', mode: 'shared', amount: 2 }])
})

test('hours hold from the start to the end, by the clock on the wall of their zone', () => {
  const hours = { spans: [{ from: 22 * 60, to: 6 * 60 }], tz: 'Europe/Berlin' }
  const berlin = (text: string) => moment(Date.parse(`${text}+02:00`) * 1000)
  const cases = [
    ['2026-07-01T22:00:00', 3600, true],
    ['2026-07-01T21:59:59', 10, false],
    ['2026-07-01T23:00:00', 7 * 3600, true],
    ['2026-07-01T23:00:00', 7 * 3600 + 1, false],
    ['2026-07-02T05:59:50', 10, true],
    ['2026-07-02T05:59:50', 11, false],
    ['2026-07-02T05:00:00', 24 * 3600, false],
    ['2026-07-02T12:00:00', 1, false],
  ] as const
  for (const [start, length, expected] of cases)
    assert.is(within(hours, berlin(start), seconds(length)), expected, `${start} ${length}`)
  assert.equal(fault({}, asker('ci')), ['LIMIT', 'hours', 'night'])
  // Summer time ended at 03:00 on 25 October 2026: that night was an hour longer.
  assert.is(within(hours, berlin('2026-10-24T22:00:00'), seconds(8 * 3600)), true)
  assert.is(within({ spans: [{ from: 0, to: 1440 }], tz: 'UTC' }, nine, seconds(3600)), true)
})

test('an explanation has every check with its value, its limit, its class and its line', () => {
  const rows = explain(rules, emptyBook(), alice, ask({ protocols: 'udp' }), holdOf('a'), nine)
  const shown = rows.map(({ limit, asked, used, allowed, class: name, at: { line }, byGrant, met }) => [
    ...[limit, Array.isArray(asked) ? asked.length : asked, used, Array.isArray(allowed) ? allowed.length : allowed],
    ...[name, line, byGrant, met],
  ])
  assert.equal(shown, [
    ['kinds', 'throughput', undefined, 2, 'members', 19, false, true],
    ['protocols', 'udp', undefined, 2, 'members', 37, true, true],
    ['peers', 1, undefined, 1, 'members', 26, false, true],
    ['duration', 10e6, undefined, 60e6, 'members', 20, false, true],
    ['duration', 10e6, undefined, 3600e6, 'root', 15, false, true],
    ['bandwidth', 1e9, undefined, 9e9, 'members', 37, true, true],
    ['horizon', 60e6, undefined, 86_400e6, 'root', 15, false, true],
    ['clock_error', 2000, undefined, 20_000, 'root', 15, false, true],
    ['pending', 1, 0, 5, 'members', 23, false, true],
    ['runs', 1, 0, 20, 'members', 24, false, true],
    ['busy', 11e6, 0, 600e6, 'members', 25, false, true],
  ])
})

test('the quotas of the file are those that the book decides by, at every level', () => {
  const own = classOf(rules, alice)
  if (own === undefined) throw new Error('no class')
  const levels = quotaLevels(rules, alice, own, nine)
  assert.equal(
    levels.map(level => [level.class, level.classes]),
    [
      ['members', ['members']],
      ['root', ['root', 'members', 'night']],
    ],
  )
  let book = emptyBook()
  for (let i = 0; i < 5; i++) {
    const held = granted(decide(book, holdOf(`r${i}`, { levels, start: at(60 + i * 20) }), now(0)))
    book = granted(decide(held.book, confirmOf(held.granted, { levels }), now(0))).book
  }
  assert.is(codeOf(decide(book, holdOf('last', { levels, start: at(600) }), now(0))), 'QUOTA')
  const failed = explain(rules, book, alice, ask(), holdOf('last', { start: at(600) }), nine).filter(({ met }) => !met)
  assert.equal(
    failed.map(({ limit, used, allowed }) => [limit, used, allowed]),
    [['pending', 5, 5]],
  )
})

test('checks are all made, also behind the first that fails', () => {
  const own = classOf(rules, alice)
  const checks = own ? staticChecks(rules, alice, own, ask({ kinds: 'x', duration: seconds(9999) }), nine) : []
  assert.equal(
    checks.filter(({ met }) => !met).map(({ limit, class: name }) => [limit, name]),
    [
      ['kinds', 'members'],
      ['duration', 'members'],
      ['duration', 'root'],
    ],
  )
})

test('a refusal can be said in JSON, also one of networks', () => {
  const data = staticFault(rules, alice, ask({ peers: [net('198.51.100.1')] }), nine)?.data
  assert.equal(JSON.parse(JSON.stringify(data)), {
    ...{ limit: 'peers', class: 'members', asked: ['198.51.100.1'], allowed: ['192.0.2.0/24'] },
  })
})

test.run()
