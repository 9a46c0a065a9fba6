import * as assert from 'uvu/assert'
import { tools } from '../../src/cli/load.ts'
import { load, problemsIn } from '../fixtures/playbooks.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('playbook: flows of any tool')

const playbook = (flows: string, more = 'sync: none', expect = '') => `hosts: {A: a, C: c}
vars: {interface: eth0}
${more}
flows:
${flows}
${expect}`

test('a flow is done with the tool that it names, and an order of preference is kept', () => {
  const play = load(
    playbook(
      '  a: {from: A, to: C, tool: [iperf3, nuttcp], iperf3: {time: 2s}, nuttcp: {T: 3s}}\n  p: {from: A, to: C, tool: ping, over: "{{ data_ip }}", c: 3}',
      'sync: none\niperf3: {parallel: 2}',
    ).replace('vars: {interface: eth0}', 'vars: {interface: eth0, data_ip: 192.0.2.7}'),
    { tools },
  )
  const [a, p] = play.flows
  assert.is(play.withoutSync, true)
  assert.is(play.sync, undefined)
  assert.equal([a?.tool, a?.sender], ['iperf3', { parallel: 2n, time: 2_000_000_000n }])
  assert.equal(a?.otherwise, [{ tool: 'nuttcp', sender: { T: 3_000_000_000n }, receiver: {} }])
  assert.equal([p?.tool, p?.over, p?.sender['c']], ['ping', '192.0.2.7', 3n])
})

test('limits are read in the unit of their figure', () => {
  const lines = ['a: received >= 900Mbit/s', 'a: retransmits == 0', 'a: rtt.p99 < 5ms', 'a: cpu-sender < 50%']
  const play = load(playbook('  a: {from: A, to: C, tool: iperf3}', 'sync: none', `expect: [${lines.join(', ')}]`), {
    tools,
  })
  assert.equal(
    play.expect.map(({ limit }) => limit),
    [900_000_000, 0, 5_000_000, 50],
  )
})

test('the resolved playbook is itself a playbook, and gives the same flows', () => {
  const text = playbook('  a: {from: A, to: C, tool: [iperf3, iperf], over: 192.0.2.7}')
  const play = load(text, { tools })
  const again = load(JSON.stringify(play.resolved), { tools })
  const plain = ({ flows, withoutSync }: typeof play) => [withoutSync, flows.map(({ at: _, ...flow }) => flow)]
  assert.equal(plain(again), plain(play))
})

const said = (text: string) =>
  problemsIn(text, { tools }).map(({ code, message, at }) => `${at?.line}:${at?.column} ${code} ${message}`)

const wrong: Readonly<Record<string, readonly [text: string, said: RegExp]>> = {
  'an option of another tool': [
    playbook('  a: {from: A, to: C, tool: iperf3, max-hops: 3}'),
    /PLAYBOOK_OPTION flow 'a': iperf3 has no option 'max-hops': it is one of traceroute/,
  ],
  'an option that the run sets': [
    playbook('  a: {from: A, to: C, tool: iperf3, client: x}'),
    /SCHEMA_UNKNOWN_KEY 'client' cannot be set here/,
  ],
  'a value without its unit': [
    playbook('  a: {from: A, to: C, tool: iperf3, bitrate: 100}'),
    /SCHEMA_VALUE bitrate: expected a rate with its unit/,
  ],
  'a section of a tool that is not used': [
    playbook('  a: {from: A, to: C, tool: ping, iperf3: {time: 1s}}'),
    /flow 'a': it has options of iperf3, but is not done with it/,
  ],
  'a wrong option in a section': [
    playbook('  a: {from: A, to: C, tool: ping}', 'sync: none\nping: {coutn: 3}'),
    /SCHEMA_UNKNOWN_KEY there is no key 'coutn' here/,
  ],
  'no word about the clocks': [
    playbook('  a: {from: A, to: C, tool: ping}', 'name: x'),
    /flow 'a': nothing says how good the clocks have to be/,
  ],
  'an address for frames': [
    playbook(
      '  a: {from: A, to: C, over: 192.0.2.7, omit-sync: true}',
      'isochron: {num-frames: 1, cycle-time: 1ms, frame-size: 64}',
    ),
    /isochron sends to a MAC address/,
  ],
  'an address that would be an option': [
    playbook('  a: {from: A, to: C, tool: ping, over: "-f"}'),
    /over: expected an address of the receiving host, got '-f'/,
  ],
  'a limit in another unit': [
    playbook('  a: {from: A, to: C, tool: iperf3}', 'sync: none', 'expect: ["a: received >= 900"]'),
    /'received' is a rate: expected a rate with its unit, such as 900Mbit\/s, got '900'/,
  ],
  'a figure that not every tool of the preference has': [
    playbook('  a: {from: A, to: C, tool: [iperf3, nuttcp]}', 'sync: none', 'expect: ["a: sent >= 9M"]'),
    /nuttcp has no figure 'sent'/,
  ],
}

for (const [what, [text, expected]] of Object.entries(wrong))
  test(`says what is wrong: ${what}`, () => {
    assert.match(said(text).join('\n'), expected)
  })

test.run()
