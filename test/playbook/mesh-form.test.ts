import { readFileSync } from 'node:fs'
import * as assert from 'uvu/assert'
import { planInWords } from '../../src/runner/plan.ts'
import { trafficTools } from '../../src/tools/traffic-tools.ts'
import { inventoryOf, load, problemsIn } from '../fixtures/playbooks.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('playbook/mesh-form')

const playbook = (mesh: string, more = '') => `hosts: {A: a, B: b, C: c, D: d}
vars: {interface: eth0}
sync: none
iperf3: {time: 1s}
mesh: ${mesh}
${more}`
const tools = trafficTools
const loaded = (mesh: string, more = '') => load(playbook(mesh, more), { tools })

test('pairs become flows in rounds, with the options of the section', () => {
  const { flows, mesh } = loaded('{pairs: both}')
  assert.equal(flows.map(({ name }) => name).slice(0, 4), ['A-B', 'B-A', 'A-C', 'C-A'])
  assert.is(flows.length, 12)
  assert.ok(flows.every(({ tool, sender }) => tool === 'iperf3' && sender['time'] === 1_000_000_000n))
  assert.equal([mesh?.rounds.length, mesh?.lowerBound], [6, 6])
  for (const round of mesh?.rounds ?? []) {
    const hosts = round.flatMap(name => name.split('-'))
    assert.is(new Set(hosts).size, hosts.length, round.join(', '))
  }
  assert.equal([...(mesh?.rounds.flat() ?? [])].sort(), flows.map(({ name }) => name).sort())
})

test('more flows per host make fewer rounds', () => {
  assert.is(loaded('{pairs: both, host: 2}').mesh?.rounds.length, 3)
  assert.is(loaded('{pairs: one}').mesh?.rounds.length, 3)
  assert.is(loaded('{pairs: {hub: B}}').mesh?.rounds.length, 6)
})

test('what flows share beside their hosts limits a round, and so does the plan say', () => {
  const sides = '{pairs: one, host: 3, resources: {trunk: {between: [[A, B], "C:D"]}, lab: {limit: 2, at: A}}}'
  const { mesh, ...play } = loaded(sides)
  // A-C, A-D, B-C and B-D need the trunk, which takes one at a time.
  assert.equal([mesh?.rounds.length, mesh?.lowerBound], [4, 4])
  for (const round of mesh?.rounds ?? []) {
    assert.ok(round.filter(name => /^[AB]-[CD]$/.test(name)).length <= 1, round.join(', '))
    assert.ok(round.filter(name => name.startsWith('A-')).length <= 2, round.join(', '))
  }
  assert.match(
    planInWords({ ...play, mesh }),
    /4 rounds, a host in at most 3 flows of each, trunk in 1, lab in 2; no schedule has fewer/,
  )
  const again = load(JSON.stringify(play.resolved), { tools })
  assert.equal(again.mesh?.rounds, mesh?.rounds, 'the playbook as resolved says the same')
})

test('a mesh that cannot be read is one mistake, whatever is expected of its flows', () => {
  const expecting = 'expect: ["received > 1Mbit/s", "all host B: received > 1Mbit/s", "*-B: retransmits == 0"]\n'
  const found = problemsIn(playbook('{pairs: both, resources: {trunk: {limt: 1, at: A}}}', expecting), { tools })
  assert.equal(
    found.map(({ message }) => message),
    ["there is no key 'limt' here"],
  )
})

test('a resource says where it is', () => {
  const found = (resource: string) =>
    problemsIn(playbook(`{pairs: one, resources: {trunk: ${resource}}}`), { tools }).map(({ message }) => message)
  assert.equal(found('{limit: 2}'), ["resource 'trunk' takes either 'at' or 'between'"])
  assert.equal(found('{at: A, between: [A, B]}'), ["resource 'trunk' takes either 'at' or 'between'"])
  assert.equal(found('{at: X}'), ["no host and no group is called 'X'"])
  assert.equal(found('{at: local}'), ["'local' is no host of a mesh"])
  assert.equal(found('{between: [A]}').length, 1)
  assert.equal(found('{limit: 0, at: A}').length, 1)
})

test('flows that are written run in rounds too, and alone without pairs', () => {
  const flows = 'flows: {x: {from: A, to: B}, y: {from: C, to: D}, z: {from: A, to: D}}\n'
  assert.equal(loaded('{host: 1}', flows).mesh?.rounds.length, 2)
  assert.is(loaded('{pairs: one}', flows).flows.length, 9)
})

test('the address of the receiving end is that of its own variables', () => {
  const inventory = inventoryOf('[lab]\nn1 data_ip=10.1.0.1\nn2 data_ip=10.1.0.2\n')
  const text = 'hosts: lab\nvars: {interface: eth0}\nsync: none\niperf3: {time: 1s}\n'
  const { flows } = load(`${text}mesh: {pairs: both, over: "{{ data_ip }}"}\n`, { tools, inventory })
  assert.equal(
    flows.map(({ name, over }) => [name, over]),
    [
      ['n1-n2', '10.1.0.2'],
      ['n2-n1', '10.1.0.1'],
    ],
  )
})

test('the example of docs/meshes.md is right', () => {
  const inventory = inventoryOf('[lab]\nn[1:4] data_ip=10.1.0.1\n[broken]\nn4\n')
  const example = /```yaml\n([\s\S]*?)```/.exec(readFileSync('docs/meshes.md', 'utf8'))?.[1] ?? ''
  const { flows, mesh } = load(`${example}vars: {interface: eth0}\nsync: none\n`, { tools, inventory })
  assert.equal([flows.length, mesh?.rounds.length], [6, 6])
})

test('the plan shows the rounds, and that there are no more than need be', () => {
  const plan = planInWords(loaded('{pairs: one}'))
  assert.match(plan, /3 rounds, a host in at most 1 flows of each; no schedule has fewer\n {2}round 1: \S+, \S+\n/)
})

test('the resolved playbook gives the same rounds again', () => {
  const { resolved, mesh } = loaded('{pairs: both, host: 2}')
  assert.equal(load(JSON.stringify(resolved), { tools }).mesh, mesh)
})

/** What is wrong, behind four lines, and what is said of it. */
const broken: readonly (readonly [string, string, string])[] = [
  ['{pairs: all}', '', "5:15 expected both or one, got 'all'"],
  ['{pairs: {hub: X}}', '', "5:21 there is no host 'X' in this playbook"],
  ['{pairs: both, host: 0}', '', '5:27 host: expected 1 to 1000, got 0'],
  ['{pairs: both, tool: iperf9}', '', "5:27 there is no tool 'iperf9'"],
  ['{pairs: both, needs: x}', '', "5:21 there is no key 'needs' here"],
  [
    '{pairs: one}',
    'capture: {on: A}\n',
    '6:1 a mesh runs in rounds, and a capture would not know which: leave one of them out',
  ],
  [
    '{host: 1}',
    'flows: {x: {from: [A, B], to: C, tool: iperf, time: 1s}}\n',
    "6:9 flow 'x-B' has an end in common with 'x-A', and in a mesh each runs in a round of its own",
  ],
  ['{pairs: one}', 'flows: {A-B: {from: A, to: B}}\n', "5:1 there is a flow 'A-B' already, in line 6"],
]

for (const [mesh, more, expected] of broken)
  test(`refused: mesh: ${mesh} ${more.trim()}`, () => {
    const problems = problemsIn(playbook(mesh, more), { tools })
    assert.equal(
      problems.map(({ at, message }) => `${at?.line}:${at?.column} ${message}`),
      [expected],
    )
  })

test.run()
