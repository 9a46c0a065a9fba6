import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { isUnread, readRequest, requestMessage, requests } from '../../src/wire/book-messages.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('wire/book-messages')

const window = { from: 1_000, to: 2_000 }
const margins = { before: 1, after: 2, clockError: 3, setup: 4, overrun: 5 }
const receipt = {
  rid: 'r1',
  gid: 'g1',
  start: 1_500,
  duration: 100,
  window,
  margins,
  ports: { 'ports:test': [5202] },
  epoch: 1,
}
const spec = {
  ...{ kind: 'throughput', profile: 'iperf3', role: 'sender', interface: 'eth1', from: '192.0.2.1', to: '2001:db8::1' },
  parameters: { sender: { time: '1s', parallel: 2, udp: true }, receiver: {} },
}
const wish = { spec, duration: 1_000_000, peers: [{ endpoint: 'B', address: '192.0.2.2', clockError: 10 }] }

/** One whole request of every op. */
const whole: Readonly<Record<keyof typeof requests, Readonly<Record<string, unknown>>>> = {
  hello: { as: { identity: 'alice', class: 'members', fingerprint: `SHA256:${'a'.repeat(43)}`, address: '192.0.2.9' } },
  beat: {},
  time: {},
  avail: { ...wish, when: { after: 0, within: 60_000_000 } },
  hold: { ...wish, rid: 'r1', gid: 'g1', start: 1_500, holdFor: 5_000_000, roundTrip: 800 },
  confirm: {
    ...{
      rid: 'r1',
      agreement: { gid: 'g1', start: 1_500, duration: 100, spec: { any: [1] }, members: { A: receipt } },
    },
    ...{ digest: 'a'.repeat(64), onDisconnect: 'cancel', self: 'A', key: 'b'.repeat(64), ports: [5202] },
    links: { A: { address: '192.0.2.1', port: 6001 } },
  },
  release: { rid: 'r1' },
  cancel: { rid: 'r1' },
  status: { rid: 'r1' },
  list: { from: 0, to: 5 },
  watch: { rids: ['r1'] },
  attach: { gid: 'g1' },
  results: { rid: 'r1', file: 'stdout', offset: 0 },
  admin: { do: 'pause', until: 7 },
}
const sent = (op: string, fields: Readonly<Record<string, unknown>>) => readRequest({ v: 1, id: 'q1', op, ...fields })
const fault = (op: string, fields: Readonly<Record<string, unknown>>) => {
  const read = sent(op, fields)
  return isUnread(read) ? `${read.code} ${read.data['field']}: ${read.data['why']}` : 'read'
}

for (const [op, fields] of Object.entries(whole))
  test(`a whole '${op}' is read, and written again as it came`, () => {
    const read = sent(op, fields)
    if (isUnread(read)) throw new Error(JSON.stringify(read))
    assert.is(read.op, op)
    assert.equal(JSON.parse(JSON.stringify(requestMessage(read))), { v: 1, id: 'q1', op, ...fields })
  })

test('a message of another version is told which one there is', () => {
  assert.equal(readRequest({ v: 2, id: 'q1', op: 'time' }), { id: 'q1', code: 'VERSION', data: { supported: [1] } })
})

const cases: readonly (readonly [string, string, Readonly<Record<string, unknown>>, string])[] = [
  ['an op that there is not', 'shell', {}, 'op: is none of hello'],
  ['one that every object has', 'constructor', {}, 'op: is none of hello'],
  ['a key too many', 'release', { rid: 'r1', force: true }, 'force: is not known'],
  ['a key too few', 'release', {}, 'rid: is no id'],
  ['a path for a rid', 'release', { rid: '../../etc' }, 'rid: is no id'],
  ['a path for a result', 'results', { rid: 'r1', file: '../manifest.json' }, 'file: is no name of a result'],
  ['an option for a result', 'results', { rid: 'r1', file: '-rf' }, 'file: is no name of a result'],
  ['a command line', 'hold', { ...whole.hold, spec: { ...spec, argv: ['sh'] } }, 'spec.argv: is not known'],
  [
    'a role that there is not',
    'hold',
    { ...whole.hold, spec: { ...spec, role: 'root' } },
    'spec.role: is none of sender, receiver',
  ],
  [
    'a name for an address',
    'hold',
    { ...whole.hold, spec: { ...spec, to: 'example.org' } },
    'spec.to: is no numeric address',
  ],
  ['a fraction of a microsecond', 'hold', { ...whole.hold, start: 1.5 }, 'start: is no whole number'],
  ['a time before all times', 'hold', { ...whole.hold, duration: -1 }, 'duration: is no whole number'],
  [
    'a list of parameters',
    'hold',
    { ...whole.hold, spec: { ...spec, parameters: { sender: { time: [1] }, receiver: {} } } },
    'spec.parameters.sender.time: is no value',
  ],
  [
    'a line end in a parameter',
    'hold',
    { ...whole.hold, spec: { ...spec, parameters: { sender: { time: '1\n2' }, receiver: {} } } },
    'spec.parameters.sender.time: is no value',
  ],
  ['a digest of another length', 'confirm', { ...whole.confirm, digest: 'ab' }, 'digest: is no SHA-256 in hex'],
  [
    'a member without margins',
    'confirm',
    { ...whole.confirm, agreement: { gid: 'g1', start: 1, duration: 1, spec: null, members: { A: { rid: 'r1' } } } },
    'agreement.members.A.gid: is no id',
  ],
  [
    'too many peers',
    'hold',
    { ...whole.hold, peers: Array.from({ length: 64 }, () => ({ endpoint: 'B' })) },
    'peers: has more than 63 items',
  ],
]
for (const [what, op, fields, expected] of cases)
  test(`${what} is refused, with its place`, () => {
    assert.ok(fault(op, fields).startsWith(`BAD_REQUEST ${expected}`), fault(op, fields))
  })

test('whatever comes, it is read or refused, and never thrown', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.keys(requests)),
      fc.dictionary(fc.constantFrom(...Object.values(requests).flatMap(Object.keys), 'id', 'v'), fc.jsonValue()),
      (op, fields) => {
        const read = readRequest({ v: 1, id: 'q1', op, ...fields })
        assert.ok(isUnread(read) || read.op === op)
      },
    ),
    { numRuns: 500 },
  )
})

test('a block claims what it names', () => {
  const read = sent('hold', { ...whole.hold, spec: { block: [{ resource: 'nic:eth1', mode: 'exclusive' }] } })
  if (isUnread(read)) throw new Error(JSON.stringify(read))
  assert.equal(read.op === 'hold' && read.spec, { block: [{ resource: 'nic:eth1', mode: 'exclusive' }] })
})

test.run()
