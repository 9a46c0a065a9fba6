import * as assert from 'uvu/assert'
import type { Endpoint } from '../../src/client/endpoint.ts'
import { type Ends, hasReceiver, placeOf, testOrder, whenOf } from '../../src/client/test-order.ts'
import { LockstepError } from '../../src/errors/error.ts'
import type { Flow } from '../../src/playbook/play.ts'
import type { Reserve } from '../../src/playbook/reserve.ts'
import { micros, moment } from '../../src/units/micros.ts'
import { ns, utc } from '../../src/units/quantity.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('client/test-order')

const kinds = { light: ['ping'], throughput: ['iperf3'], latency: ['ping', 'traceroute'] }

function endpoint(
  host: string,
  interfaces: Readonly<Record<string, readonly string[]>>,
  change: object = {},
): Endpoint {
  const welcome = { endpoint: host.toLowerCase(), kinds, interfaces, clock: { error: 1_000 }, ...change }
  const seen = { offset: micros(0), within: micros(500), roundTrip: micros(1_000) }
  return { session: { host, welcome }, seen } as unknown as Endpoint
}

const A = endpoint('A', { eth0: ['192.0.2.1', 'fe80::1', '2001:db8::1'] })
const B = endpoint('B', { eth0: ['192.0.2.2', '2001:db8::2'] })
const ends: Ends = { from: A, to: B, fromInterface: '', toInterface: '', toAddress: 'b.example' }

const flow = (more: object = {}): Flow =>
  ({
    name: 'f',
    from: 'A',
    to: 'B',
    tool: 'iperf3',
    sender: { time: 10_000_000_000n },
    receiver: {},
    over: undefined,
    ...more,
  }) as unknown as Flow

const reserve: Reserve = {
  ...{ what: 'flows', earliest: { in: ns(0n) }, latest: { in: ns(60_000_000_000n) } },
  ...{ duration: undefined, claims: undefined, onDisconnect: 'cancel' },
}

const codeOf = (make: () => unknown) => {
  try {
    make()
  } catch (error) {
    if (error instanceof LockstepError) return [error.code, error.message]
    throw error
  }
  return undefined
}

test('each end is told its part, in a kind that both have, with options that carry their units', () => {
  const { members, duration, when, what } = testOrder(flow(), ends, reserve)
  assert.is(duration, 10_000_000)
  assert.equal(when, { after: 0, within: 60_000_000 })
  const parameters = { sender: { time: '10s' }, receiver: {} }
  const common = {
    kind: 'throughput',
    profile: 'iperf3',
    interface: 'eth0',
    from: '192.0.2.1',
    to: '192.0.2.2',
    parameters,
  }
  assert.equal(
    members.map(({ spec, address }) => [spec, address]),
    [
      [{ ...common, role: 'sender' }, '192.0.2.1'],
      [{ ...common, role: 'receiver' }, '192.0.2.2'],
    ],
  )
  assert.equal(what, { tool: 'iperf3', from: '192.0.2.1', to: '192.0.2.2', parameters })
})

test('IPv6 is taken where it is asked for, and never a link-local address', () => {
  const v6 = testOrder(flow({ sender: { time: 1_000_000_000n, version6: true } }), ends, reserve)
  assert.equal(
    v6.members.map(({ address }) => address),
    ['2001:db8::1', '2001:db8::2'],
  )
  const over = testOrder(flow({ over: '2001:db8::99' }), ends, reserve)
  assert.equal(
    over.members.map(({ address }) => address),
    ['2001:db8::1', '2001:db8::99'],
  )
})

test('where nothing is started at the far end nobody there is asked, but its address has to be a number', () => {
  const ping = flow({ tool: 'ping', sender: { c: 3n } })
  const { members } = testOrder(ping, { ...ends, to: undefined, toAddress: '198.51.100.7' }, reserve)
  assert.equal(
    members.map(({ spec }) => 'to' in spec && [spec.role, spec.to]),
    [['sender', '198.51.100.7']],
  )
  assert.equal(
    codeOf(() => testOrder(ping, { ...ends, to: undefined }, reserve)),
    ['PLAYBOOK_FLOW', 'f: B is known by a name, and endpoints look no names up'],
  )
  assert.equal([hasReceiver('iperf3'), hasReceiver('ping'), hasReceiver('traceroute')], [true, false, false])
})

test('an endpoint with several interfaces wants to be told which', () => {
  const two = endpoint('A', { eth0: ['192.0.2.1'], eth1: ['198.51.100.1'] })
  assert.equal(placeOf(two, 'eth1', false), { device: 'eth1', address: '198.51.100.1' })
  assert.equal(
    codeOf(() => placeOf(two, '', false)),
    ['PLAYBOOK_INTERFACE', 'A offers several interfaces: eth0, eth1'],
  )
  assert.is(codeOf(() => placeOf(two, 'eth2', false))?.[0], 'HOST_INTERFACE')
  assert.is(codeOf(() => placeOf(two, 'eth0', true))?.[0], 'HOST_INTERFACE')
})

test('what endpoints do not offer is said before anything is asked', () => {
  assert.equal(
    codeOf(() => testOrder(flow({ tool: 'isochron' }), ends, reserve)),
    ['PLAYBOOK_FLOW', 'endpoints start no isochron'],
  )
  const other = endpoint('B', { eth0: ['192.0.2.2'] }, { kinds: { latency: ['ping'] } })
  assert.equal(
    codeOf(() => testOrder(flow(), { ...ends, to: other }, reserve)),
    ['BOOK_REFUSED', 'B offers no test with iperf3'],
  )
})

test('a kind is called as each limits file calls it', () => {
  const named = endpoint('B', { eth0: ['192.0.2.2'] }, { kinds: { bulk: ['iperf3'] } })
  const { members } = testOrder(flow(), { ...ends, to: named }, reserve)
  assert.equal(
    members.map(({ spec }) => 'kind' in spec && spec.kind),
    ['throughput', 'bulk'],
  )
})

test('times that are counted from now go to the endpoints as they are; with a time of day their clock is taken', () => {
  const [soon, later] = [{ in: ns(1_000_000_000n) }, { in: ns(9_000_000_000n) }]
  assert.equal(whenOf(soon, later, moment(5)), { after: 1_000_000, within: 9_000_000 })
  const day = { at: utc(1_893_456_000_000_000_000n) }
  assert.equal(whenOf(soon, day, moment(5)), { from: 1_000_005, to: 1_893_456_000_000_000 })
})

test.run()
