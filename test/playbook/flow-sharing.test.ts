import * as assert from 'uvu/assert'
import { tools } from '../../src/cli/load.ts'
import { isGroup } from '../../src/playbook/group-address.ts'
import { load, problemsIn } from '../fixtures/playbooks.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('playbook: flows that share an end')

const playbook = (flows: string, more = '') => `hosts: {A: a, B: b, C: c}
vars: {interface: eth0}
sync: none
iperf: {udp: true, bandwidth: 5M}
${flows}
${more}`

const plain = (text: string) =>
  load(text, { tools }).flows.map(({ name, from, to, senderName, receiverName, shares }) =>
    [name, from, to, senderName, receiverName, shares ?? '-'].join(' '),
  )

test('a list of senders is a flow of each, with one receiver', () => {
  assert.equal(plain(playbook('flows: {in: {from: [A, B], to: C, tool: iperf}}')), [
    'in-A A C in-A in-A -',
    'in-B B C in-B in-A in-A',
  ])
})

test('a list of receivers of a multicast group is a flow of each, with one sender', () => {
  assert.equal(plain(playbook('flows: {out: {from: A, to: [B, C], tool: iperf, over: 239.1.1.1, ttl: 4}}')), [
    'out-B A B out-B out-B -',
    'out-C A C out-B out-C out-B',
  ])
})

test('flows with options of their own say with whom they share', () => {
  const flows = 'flows: {a: {from: A, to: C, tool: iperf}, b: {from: B, to: C, tool: iperf, bandwidth: 1M, shares: a}}'
  assert.equal(plain(playbook(flows)), ['a A C a a -', 'b B C b a a'])
})

test('in the long form several senders may name one receiver', () => {
  const flows = `receivers: {C: [{name: sink, iperf: {}}]}
senders: {A: [{to: sink, name: a, tool: iperf}], B: [{to: sink, name: b, tool: iperf}]}`
  assert.equal(plain(playbook(flows)), ['a A C a sink -', 'b B C b sink a'])
})

test('hosts of a list may come out of a variable', () => {
  const flows = 'flows: {in: {from: "{{ sending }}", to: C, tool: iperf}}'
  const text = playbook(flows).replace('vars: {', 'vars: {sending: [A, B], ')
  assert.equal(plain(text), ['in-A A C in-A in-A -', 'in-B B C in-B in-A in-A'])
})

test('nothing is started at the far end of a ping, so any number of senders share it', () => {
  assert.is(plain(playbook('flows: {echo: {from: [A, B], to: C, tool: ping}}')).length, 2)
})

test('what an entry expects is expected of each of its flows, and its steps are done once', () => {
  const flows = 'flows: {in: {from: [A, B], to: C, tool: iperf, expect: lost == 0, before: [{run: "true"}]}}'
  const play = load(playbook(flows), { tools })
  assert.equal(
    play.expect.map(({ flows, figure }) => `${flows} ${figure}`),
    ['in-A lost', 'in-B lost'],
  )
  assert.equal(
    play.flows.map(({ before }) => before.length),
    [1, 0],
  )
})

test('the resolved playbook shares the same ends', () => {
  for (const flows of [
    'flows: {in: {from: [A, B], to: C, tool: iperf, before: [{run: "true"}]}}',
    'flows: {out: {from: A, to: [B, C], tool: [iperf], over: 239.1.1.1}}',
  ]) {
    const text = playbook(flows)
    const resolved = load(text, { tools }).resolved
    assert.equal(plain(JSON.stringify(resolved)), plain(text), flows)
  }
})

const wrong: Readonly<Record<string, readonly [flows: string, said: RegExp]>> = {
  'a tool whose server takes one test at a time': [
    'in: {from: [A, B], to: C, tool: iperf3}',
    /flow 'in-B': a receiver of iperf3 serves one sender at a time/,
  ],
  'another one': ['in: {from: [A, B], to: C, tool: nuttcp}', /a receiver of nuttcp serves one sender at a time/],
  'a second choice that cannot': [
    'in: {from: [A, B], to: C, tool: [iperf, iperf3]}',
    /a receiver of iperf3 serves one/,
  ],
  'parallel streams, whose sums are nobody’s': [
    'in: {from: [A, B], to: C, tool: iperf, parallel: 2}',
    /flow 'in-B': a receiver that serves several senders adds up no parallel streams/,
  ],
  'several receivers without a group': [
    'out: {from: A, to: [B, C], tool: iperf}',
    /flow 'out-C': one sender reaches several receivers only by a multicast group/,
  ],
  'several senders to the receiver of a group': [
    'in: {from: [A, B], to: C, tool: iperf, over: 239.1.1.1}',
    /flow 'in-B': an iperf that is bound to a multicast group serves one sender at a time/,
  ],
  'lists at both ends': ['x: {from: [A, B], to: [B, C], tool: iperf}', /flow 'x' has a list at both ends/],
  'a group over TCP': [
    'out: {from: A, to: C, tool: iperf, udp: false, over: 239.1.1.1}',
    /flow 'out': only UDP goes to a multicast group/,
  ],
  'a tool that knows no groups': [
    'out: {from: A, to: C, tool: iperf3, over: 239.1.1.1}',
    /flow 'out': iperf3 does not send to a multicast group/,
  ],
  'a receiver that is bound elsewhere': [
    'out: {from: A, to: C, tool: iperf, over: 239.1.1.1, receiver: {bind: 10.0.0.3}}',
    /flow 'out': the receiver of a multicast group is bound to the group/,
  ],
  'a flow that is not there': [
    'a: {from: A, to: C, tool: iperf}\n  b: {from: B, to: C, tool: iperf, shares: aa}',
    /flow 'b': there is no other flow 'aa' to share with/,
  ],
  'no end in common': [
    'a: {from: A, to: B, tool: iperf}\n  b: {from: C, to: A, tool: iperf, shares: a}',
    /flow 'b': it has no end in common with 'a'/,
  ],
  'a chain': [
    'a: {from: [A, B], to: C, tool: iperf}\n  b: {from: B, to: C, tool: iperf, shares: a-B}',
    /flow 'b': 'a-B' shares an end itself/,
  ],
  'options of the receiver that differ': [
    'a: {from: A, to: C, tool: iperf}\n  b: {from: B, to: C, tool: iperf, udp: false, shares: a}',
    /flow 'b': it shares an end with 'a', but not its udp/,
  ],
  'another tool': [
    'a: {from: A, to: C, tool: iperf}\n  b: {from: B, to: C, tool: ping, shares: a}',
    /flow 'b': it shares an end with 'a', but not its tool/,
  ],
  'options of the sender that differ': [
    'a: {from: A, to: C, tool: iperf, over: 239.1.1.1}\n  b: {from: A, to: B, tool: iperf, over: 239.1.1.1, ttl: 3, shares: a}',
    /flow 'b': it shares an end with 'a', but not its ttl/,
  ],
  'a receiver of your own that ends after one sender': [
    'a: {from: [A, B], to: C, tool: command, command: {sender: [x], receiver: [y], once: true}}',
    /flow 'a-B': a receiver that ends 'once' it has served a sender cannot serve several/,
  ],
  'figures in the output of a receiver of your own': [
    'a: {from: [A, B], to: C, tool: command, command: {sender: [x], receiver: [y], figures: {n: {regex: "(1)", of: receiver}}}}',
    /figure 'n' stands in the output of a receiver that serves several senders/,
  ],
  'an expectation of the entry': [
    'in: {from: [A, B], to: C, tool: iperf, shares: x}\n  y: {from: A, to: B, tool: ping}\nexpect: "in: lost == 0"',
    /no flow is called 'in'/,
  ],
}

for (const [what, [flows, pattern]] of Object.entries(wrong)) {
  test(`${what}: refused before any host is touched`, () => {
    const said = problemsIn(playbook(`flows:\n  ${flows}`), { tools }).map(({ message }) => message)
    assert.ok(
      said.some(message => pattern.test(message)),
      said.join('\n') || 'nothing was found',
    )
  })
}

test('groups are told from addresses of hosts', () => {
  const groups = ['224.0.0.1', '239.255.255.255', '239.1.1.1%eth0', 'ff02::1', 'FF0E::1']
  const others = ['223.255.255.255', '240.0.0.1', '10.239.1.1', 'fe80::1', 'ffff.example', 'group.example', undefined]
  assert.equal(
    groups.map(isGroup),
    groups.map(() => true),
  )
  assert.equal(
    others.map(isGroup),
    others.map(() => false),
  )
})

test.run()
