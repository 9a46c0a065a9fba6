import * as assert from 'uvu/assert'
import { good, inventoryOf, load } from '../fixtures/playbooks.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('playbook/capture')

const capturesOf = (capture: string, play = good) =>
  load(`${play}capture: ${capture}\n`).captures.map(({ at: _, ...each }) => each)

const whole = { interface: 'eth0', filter: undefined, snaplen: undefined, size: 100_000_000n, timestamps: undefined }

const forms = [
  { what: 'all', text: 'all', hosts: ['A', 'B', 'C'] },
  { what: 'a list of hosts', text: '[A, C]', hosts: ['A', 'C'] },
  { what: 'a pattern', text: 'all:!B', hosts: ['A', 'C'] },
  { what: 'a pattern in a list', text: '[all, "!B"]', hosts: ['A', 'C'] },
  { what: 'a mapping without on', text: '{snaplen: 96}', hosts: ['A', 'B', 'C'], more: { snaplen: 96 } },
  { what: 'a mapping with one host', text: '{on: C, size: 1Mi}', hosts: ['C'], more: { size: 1_048_576n } },
  {
    what: 'a mapping with everything',
    text: '{on: [A], filter: udp port 5201, snaplen: 96B, size: 5k, interface: eth0, timestamps: adapter_unsynced}',
    hosts: ['A'],
    more: { filter: 'udp port 5201', snaplen: 96, size: 5000n, timestamps: 'adapter_unsynced' },
  },
]

for (const { what, text, hosts, more = {} } of forms)
  test(`a capture is ${what}`, () => {
    assert.equal(
      capturesOf(text),
      hosts.map(host => ({ host, ...whole, ...more })),
    )
  })

test('hosts differ where a list has mappings', () => {
  assert.equal(capturesOf('[B, {on: A, filter: icmp}, {on: C, interface: any}]'), [
    { host: 'B', ...whole },
    { host: 'A', ...whole, filter: 'icmp' },
    { host: 'C', ...whole, interface: 'any' },
  ])
})

test("a filter is evaluated with each host's own variables", () => {
  const inventory = inventoryOf('A peer=10.1.0.3\nC peer=10.1.0.1\n')
  const text = `${good}capture: {on: [A, C], filter: "host {{ peer }}"}\n`
  assert.equal(
    load(text, { inventory }).captures.map(({ filter, at }) => [filter, at.line]),
    [
      ['host 10.1.0.3', 23],
      ['host 10.1.0.1', 23],
    ],
  )
})

test('the resolved document gives the same captures again', () => {
  const play = load(`${good}capture: [B, {on: [A, C], filter: icmp, snaplen: 96, size: 64Ki, timestamps: host}]\n`)
  const again = load(JSON.stringify(play.resolved))
  const bare = ({ captures }: typeof play) => captures.map(({ at: _, ...each }) => each)
  assert.equal(bare(again), bare(play))
  assert.is(play.captures.length, 3)
})

/** B is the end of no flow, and nothing says which interface it has. */
const bareB = `hosts:
  A: {address: 10.0.0.1, vars: {interface: eth0}}
  B: 10.0.0.2
  C: {address: 10.0.0.3, vars: {interface: eth0}}
isochron: {num-frames: 10, cycle-time: 10ms, frame-size: 1500, omit-sync: true}
flows:
  a: {from: A, to: C}
`

test('a host that is captured at needs an interface, its own or one for the capture', () => {
  assert.throws(() => load(`${bareB}capture: B\n`), /B: no variable 'interface'/)
  assert.equal(capturesOf('{on: B, interface: eth7}', bareB), [{ host: 'B', ...whole, interface: 'eth7' }])
})

test.run()
