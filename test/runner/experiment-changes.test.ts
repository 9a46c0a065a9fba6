import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { changesInWords, digestOf, outlineOf } from '../../src/runner/experiment-changes.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('runner/experiment-changes')

const playbook = {
  name: 'x',
  hosts: { A: { address: '10.0.0.1', vars: { interface: 'eth0' } }, B: { address: '10.0.0.2' } },
  sync: { ptp4l: ['-2', '-P'], gate: { offset: '100ns' } },
  flows: { a: { from: 'A', to: 'B', isochron: { 'frame-size': 64 }, expect: 'lost == 0' } },
  expect: ['lost == 0'],
  attempts: 3,
  report: ['summary'],
}
type Playbook = typeof playbook
const changed = (change: (copy: Playbook) => void): Playbook => {
  const copy = structuredClone(playbook)
  change(copy)
  return copy
}
const words = (
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
  settings = { seed: 1, warmup: 0 },
) => {
  const [old, fresh] = [new Map(Object.entries(before)), new Map(Object.entries(after))]
  return changesInWords(outlineOf(old, { seed: 1, warmup: 0 }), old, outlineOf(fresh, settings), fresh)
}

test('what is judged, shown or named may change', () => {
  const after = changed(copy => {
    Object.assign(copy, { name: 'y', expect: [], attempts: 1, report: [], valid: ['lost == 0'], compared_to: 'runs/x' })
    copy.flows.a.expect = 'lost < 3'
  })
  assert.equal(words({ run: playbook }, { run: after }), [])
  assert.is(digestOf(playbook), digestOf(after))
})

test('what is sent or where may not, and the change is said', () => {
  const cases: [(copy: Playbook) => void, string[]][] = [
    [
      copy => Object.assign(copy.flows.a.isochron, { 'frame-size': 1500 }),
      ['flows.a.isochron.frame-size: was 64, is 1500'],
    ],
    [copy => Object.assign(copy.hosts.B, { address: '10.0.0.9' }), ['hosts.B.address: was 10.0.0.2, is 10.0.0.9']],
    [copy => Object.assign(copy.hosts, { C: { address: 'c' } }), ['hosts.C: is new: {"address":"c"}']],
    [copy => Reflect.deleteProperty(copy.hosts, 'B'), ['hosts.B: is gone, was {"address":"10.0.0.2"}']],
    [copy => copy.sync.ptp4l.push('-4'), ['sync.ptp4l[2]: is new: -4']],
    [copy => Object.assign(copy.sync, { ptp4l: false }), ['sync.ptp4l: was ["-2","-P"], is false']],
    [copy => Object.assign(copy.sync, { gate: ['x'] }), ['sync.gate: was {"offset":"100ns"}, is ["x"]']],
    [copy => Object.assign(copy.flows.a, { to: 'x'.repeat(100) }), [`flows.a.to: was B, is ${'x'.repeat(59)}…`]],
  ]
  for (const [change, lines] of cases) assert.equal(words({ run: playbook }, { run: changed(change) }), lines)
})

test('a change that many configurations share is said once', () => {
  const after = changed(copy => Object.assign(copy.hosts.A, { address: '10.0.0.9' }))
  const line = 'hosts.A.address: was 10.0.0.1, is 10.0.0.9'
  assert.equal(words({ 'x=1': playbook, 'x=2': playbook }, { 'x=1': after, 'x=2': after }), [line])
  assert.equal(words({ 'x=1': playbook, 'x=2': playbook }, { 'x=1': playbook, 'x=2': after }), [
    `${line} (in 1 of 2 configurations)`,
  ])
})

test('cells that come and go, another seed and other warm-ups change the experiment', () => {
  assert.equal(
    words({ 'x=1': playbook, 'x=2': playbook }, { 'x=1': playbook, 'x=3': playbook }, { seed: 2, warmup: 1 }),
    [
      'seed of the shuffle: was 1, is 2',
      'warmup: was 0, is 1',
      'the configuration x=2 is gone',
      'the configuration x=3 is new',
    ],
  )
})

test('without the playbook of before, a digest still tells that something changed', () => {
  const before = new Map([['run', playbook]])
  const after = new Map([['run', changed(copy => Object.assign(copy.hosts.A, { address: 'z' }))]])
  const [old, fresh] = [before, after].map(each => outlineOf(each, { seed: undefined, warmup: 0 })) as [
    ReturnType<typeof outlineOf>,
    ReturnType<typeof outlineOf>,
  ]
  assert.equal(changesInWords(old, new Map(), fresh, after), ['the playbook or inventory has changed'])
  assert.equal(changesInWords(old, new Map(), old, before), [])
})

test('there are words exactly when the digests differ', () => {
  const value = fc.jsonValue({ maxDepth: 3 })
  fc.assert(
    fc.property(value, value, (a, b) => {
      const [before, after] = [
        { flows: a, hosts: b },
        { flows: b, hosts: a },
      ]
      const lines = words({ run: before }, { run: after })
      assert.is(lines.length > 0, digestOf(before) !== digestOf(after))
    }),
  )
})

test.run()
