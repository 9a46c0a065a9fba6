import * as assert from 'uvu/assert'
import { instantIn } from '../../src/playbook/reserve.ts'
import { planInWords } from '../../src/runner/plan.ts'
import { trafficTools } from '../../src/tools/traffic-tools.ts'
import { good, inventoryOf, load, problemsIn } from '../fixtures/playbooks.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('playbook/reserve')

const flows = 'hosts: [A, B]\nsync: none\nflows: {f: {from: A, to: B, tool: iperf3, time: 1s}}\n'
const shared = inventoryOf(`A lockstep_user=guest
B lockstep_user=guest lockstep_private_key_file=~/.ssh/guest
`)

test('an instant is now, so long from now, or a time of day with its zone', () => {
  assert.equal(instantIn('now'), { in: 0n })
  assert.equal(instantIn('+1.5m'), { in: 90_000_000_000n })
  assert.equal(instantIn('2030-01-01T22:00:00+02:00'), { at: 1_893_528_000_000_000_000n })
  for (const text of ['', '30m', '+', '-1m', 'later', '2030-01-01', '2030-01-01T22:00', '2030-13-01T22:00Z'])
    assert.is(instantIn(text), undefined, text)
})

test('the defaults: the time of the run, at once, within five minutes, given back when its owner is gone', () => {
  assert.equal(load(`${good}reserve: {}\n`).reserve, {
    ...{ what: 'run', earliest: { in: 0n }, latest: { in: 300_000_000_000n } },
    ...{ duration: undefined, claims: undefined, onDisconnect: 'cancel' },
  })
  assert.is(load(good).reserve, undefined)
})

test('the resolved playbook reserves the same', () => {
  const section =
    '{what: run, earliest: +1m, latest: 2030-01-01T22:00:00Z, duration: 10m, claims: [clock], on_disconnect: continue}'
  const { reserve, resolved } = load(`${good}reserve: ${section}\n`)
  assert.equal(load(JSON.stringify(resolved)).reserve, reserve)
})

test('endpoints know their interfaces themselves, and what needs a shell is refused', () => {
  const { hosts } = load(`${flows}reserve: {what: flows}\n`, {
    tools: trafficTools,
    inventory: shared,
    env: { HOME: '/home/me' },
  })
  assert.equal(
    hosts.map(({ interface: device, broker }) => [device, broker]),
    [
      ['', { user: 'guest' }],
      ['', { user: 'guest', privateKeyFile: '/home/me/.ssh/guest' }],
    ],
  )
  const without = problemsIn(flows, { tools: trafficTools, inventory: shared })
  assert.equal(
    without.map(({ code }) => code),
    ['PLAYBOOK_INTERFACE'],
  )
  const more = problemsIn(`${flows}reserve: {what: flows}\nsetup: [{run: ls}]\ncapture: all\n`, {
    tools: trafficTools,
    inventory: shared,
  })
  assert.equal(
    more.filter(({ message }) => message.startsWith('endpoints start')).map(({ message }) => message.split(' ').at(-1)),
    ['setup', 'capture'],
  )
})

test('the plan says what is reserved, and of flows that endpoints run nothing that a shell would do', () => {
  const given = { tools: trafficTools, inventory: shared }
  const words = planInWords(load(`${flows}reserve: {what: flows, latest: +30m}\n`, given))
  assert.match(
    words,
    /^reserve\n {2}each flow at the first time that its hosts are free, from now to \+1800s\n\ntraffic\n {2}f: /m,
  )
  assert.not.match(words, /connect|receivers|cleanup/)
  const run = `${flows}vars: {interface: eth1}\nreserve: {claims: ['nic:eth1', clock], duration: 10m}\n`
  assert.match(
    planInWords(load(run, given)),
    /\n {2}nic:eth1 and clock of A, B, for 600s, begun from now to \+300s\n\nconnect\n/,
  )
  const nobody = planInWords(load(`${good}reserve: {}\n`))
  assert.match(
    nobody,
    /the interfaces of no host: none has the variable lockstep_user, for what the run may take at most/,
  )
})

test('a login is one word', () => {
  const odd = inventoryOf('A lockstep_user="a b"\nB\n')
  const [problem] = problemsIn(`${flows}reserve: {what: flows}\n`, { tools: trafficTools, inventory: odd })
  assert.equal(
    [problem?.code, problem?.message],
    ['PLAYBOOK_HOST', "the variable 'lockstep_user' is a text without blanks"],
  )
})

test.run()
