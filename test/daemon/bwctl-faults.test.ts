import * as assert from 'uvu/assert'
import type { Receipt } from '../../src/book/agreement.ts'
import { refusalError } from '../../src/client/refusal.ts'
import { clockConflict } from '../../src/client/seen-clock.ts'
import { exitCodeOf } from '../../src/errors/codes.ts'
import { micros, millis } from '../../src/units/micros.ts'
import {
  booked,
  confirmOf,
  endpointLimits,
  holdOf,
  inUs,
  receiverSpec,
  stateOf,
  withDaemon,
  withEndpoint,
} from '../fixtures/endpoint.ts'
import { suite } from '../fixtures/suite.ts'

/** What was seen to go wrong in BWCTL 1.6.7 (reservations, section 14), one test each. Its overhead is a benchmark. */
const test = suite('faults of BWCTL')

const traced = endpointLimits.replace('identities:', '  trace: { profiles: [traceroute], claims: [] }\nidentities:')
const trace = {
  ...receiverSpec,
  kind: 'trace',
  profile: 'traceroute',
  role: 'sender',
  parameters: { sender: {}, receiver: {} },
}

test('a test of another kind on top of a throughput test lets a second throughput test in', () =>
  withDaemon(async daemon => {
    const [alice, bob] = [await daemon.client('alice'), await daemon.client('bob')]
    const start = inUs(60_000)
    await booked(alice, { start, duration: 20_000_000 })
    await booked(bob, { start: start + 5_000_000, duration: 2_000_000, spec: trace })
    for (const at of [0, 4_000_000, 6_000_000, 8_000_000, 19_000_000])
      assert.is((await bob.ask('hold', holdOf({ start: start + at, duration: 1_000_000 }))).code, 'BUSY', `${at}`)
  }, traced))

test('each busy answer is counted as a pending test, until nothing is taken any more', () =>
  withDaemon(async daemon => {
    const [alice, carol] = [await daemon.client('alice'), await daemon.client('carol')]
    const start = inUs(60_000)
    await booked(alice, { start, duration: 20_000_000 })
    const light = {
      ...receiverSpec,
      kind: 'light',
      parameters: { sender: { time: '1s', udp: true, bitrate: '1M' }, receiver: {} },
    }
    for (let i = 0; i < 100; i++)
      assert.is((await carol.ask('hold', holdOf({ start: start + 1_000_000, spec: light }))).code, 'BUSY')
    // Her class may have one.
    await booked(carol, { start: inUs(120_000), spec: light })
  }))

test('a client that is stopped between its tentative and its confirmed reservation blocks all others', () =>
  withDaemon(async daemon => {
    const [alice, bob] = [await daemon.client('alice'), await daemon.client('bob')]
    const start = inUs(20_000)
    const held = await alice.ask('hold', holdOf({ start, duration: 20_000_000, holdFor: 1_000_000 }))
    assert.ok(held.ok)
    assert.is((await bob.ask('hold', holdOf({ start }))).code, 'BUSY')
    await new Promise(next => setTimeout(next, 1_200))
    await booked(bob, { start })
  }))

test('a confirmation that comes too late is taken, and only the peers notice', () =>
  withDaemon(async daemon => {
    const alice = await daemon.client('alice')
    const held = await alice.ask('hold', holdOf({ start: inUs(1_200), holdFor: 30_000_000 }))
    assert.ok(held.ok, JSON.stringify(held))
    const { start, margins } = held['receipt'] as Receipt
    await new Promise(next => setTimeout(next, (start - margins.before) / 1_000 - Date.now() + 50))
    const { ok, code } = await alice.ask('confirm', confirmOf(held))
    assert.equal([ok, ['TOO_LATE', 'EXPIRED'].includes(code ?? '')], [false, true], code)
  }))

test('a clock that is off is found after the confirmation only, in the wrong direction, with exit code 0', () => {
  const clock = (host: string, offset: number) => ({
    ...{ host, error: millis(1) },
    seen: { offset: millis(offset), within: micros(500), roundTrip: micros(1_000) },
  })
  for (const offset of [500, 3_000]) {
    const found = clockConflict([clock('A', 0), clock('B', offset)])
    assert.match(found?.message ?? '', /^the clock of B is \d+ ms ahead of that of A/)
    assert.is(found && exitCodeOf(found.code), 3)
    assert.match(clockConflict([clock('A', 0), clock('B', -offset)])?.message ?? '', /^the clock of A is \d+ ms ahead/)
  }
})

test('a limit that is exceeded is only "denied", with exit code 0: which one it was never reaches the client', () =>
  withDaemon(async daemon => {
    const carol = await daemon.client('carol')
    const udp = { time: '1s', udp: true, bitrate: '1M' }
    const spec = { ...receiverSpec, kind: 'light', parameters: { sender: udp, receiver: {} } }
    const tests = [
      { asked: { spec, duration: 3_000_000 }, limit: 'duration' },
      { asked: { spec: { ...spec, parameters: { sender: { time: '1s' }, receiver: {} } } }, limit: 'protocols' },
    ]
    for (const { asked, limit } of tests) {
      const { code, data } = await carol.ask('hold', holdOf({ start: inUs(60_000), ...asked }))
      const said = refusalError({ code: code as 'LIMIT', data: data as Record<string, unknown> }, 'A')
      for (const part of [`limit ${limit}`, 'asked ', 'allowed ', 'class small', '[LIMIT]'])
        assert.ok(said.message.includes(part), said.message)
      assert.is(exitCodeOf(said.code), 5)
    }
  }))

test('a daemon that is killed comes back with an empty book', () =>
  withEndpoint(async place => {
    const first = await place.start()
    const alice = await first.client('alice')
    const start = inUs(60_000)
    const rid = await booked(alice, { start }, { onDisconnect: 'continue' })
    await first.end('SIGKILL')
    const second = await place.start()
    assert.match(await stateOf(await second.client('alice'), rid), /confirmed|armed/)
    assert.is((await (await second.client('bob')).ask('hold', holdOf({ start }))).code, 'BUSY')
  }))

test.run()
