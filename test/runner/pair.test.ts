import * as assert from 'uvu/assert'
import { gateDefaults } from '../../src/playbook/gate.ts'
import type { ToolOptions } from '../../src/playbook/play.ts'
import { demandsOf, type Pair } from '../../src/runner/pair.ts'
import { isochronTest } from '../../src/tools/isochron.ts'
import { ns } from '../../src/units/quantity.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('runner/pair')

function pair(from: string, to: string, options: ToolOptions = {}): Pair {
  const connect = () => Promise.reject(new Error('nobody connects here'))
  return {
    name: `${from}${to}`,
    test: isochronTest({ 'cycle-time': 10_000_000n, ...options }),
    sender: { host: from, connect },
    receiver: { host: to, connect },
    interface: 'eth0',
    unixDomainSocket: '/var/run/ptp4l',
  }
}

const gate = { ...gateDefaults, offset: ns(1000n) }
const limits = (...pairs: Pair[]) => Object.fromEntries(demandsOf(pairs, gate).map(({ host, limit }) => [host, limit]))

test('every host of a pair is held to the gate’s limit, or to the flow’s own threshold', () => {
  assert.equal(limits(pair('A', 'C')), { A: 1000n, C: 1000n })
  assert.equal(limits(pair('A', 'C', { 'sync-threshold': 50n })), { A: 50n, C: 50n })
})

test('hosts with a limit of their own are held to that, a flow’s own threshold to both', () => {
  const offsets = new Map([['C', ns(5_000n)]])
  const own = (...pairs: Pair[]) =>
    Object.fromEntries(demandsOf(pairs, { ...gate, offsets }, ['D']).map(({ host, limit }) => [host, limit]))
  assert.equal(own(pair('A', 'C')), { D: 1000n, A: 1000n, C: 5000n })
  assert.equal(own(pair('A', 'C', { 'sync-threshold': 50n })), { D: 1000n, A: 50n, C: 50n })
})

test('a host of several pairs is held to the tightest limit, in either order', () => {
  const tight = pair('A', 'C', { 'sync-threshold': 50n })
  assert.equal(limits(tight, pair('B', 'C')), { A: 50n, B: 1000n, C: 50n })
  assert.equal(limits(pair('B', 'C'), tight), { A: 50n, B: 1000n, C: 50n })
})

test('omit-sync frees both ends, omit-remote-sync the receiver, unless another pair binds them', () => {
  assert.equal(limits(pair('A', 'C', { 'omit-sync': true })), { A: undefined, C: undefined })
  assert.equal(limits(pair('A', 'C', { 'omit-remote-sync': true })), { A: 1000n, C: undefined })
  assert.equal(limits(pair('A', 'C', { 'omit-sync': true }), pair('B', 'C')), { A: undefined, C: 1000n, B: 1000n })
})

test.run()
