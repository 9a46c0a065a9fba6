import * as assert from 'uvu/assert'
import { findKeys, knownKeys } from '../../src/playbook/find-key.ts'
import { playbookKeys } from '../../src/playbook/reference.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('playbook/find-key')

const entries = playbookKeys()
const found = (wanted: string) => findKeys(entries, wanted).map(({ path }) => path)

test('a key is found by its path, with or without the names that an author gives', () => {
  const cases: Readonly<Record<string, readonly string[]>> = {
    'sync.gate.offset': ['sync.gate.offset'],
    'flows.NAME.from': ['flows.NAME.from'],
    'flows.a.from': ['flows.NAME.from'],
    'flows.from': ['flows.NAME.from'],
    'flows.a.receiver.etype': ['flows.NAME.receiver.etype'],
    'receivers.C.name': ['receivers.HOST[].name'],
    'receivers.HOST[].name': ['receivers.HOST[].name'],
    'hosts.NAME': ['hosts.NAME'],
    hosts: ['hosts'],
  }
  for (const [wanted, paths] of Object.entries(cases)) assert.equal(found(wanted), paths, wanted)
})

test('a key is found by the end of its path, nearest to the top', () => {
  assert.equal(found('gate'), ['sync.gate'])
  assert.equal(found('gate.offset'), ['sync.gate.offset'])
  assert.equal(found('cycle-time'), ['isochron.cycle-time'])
  assert.equal(found('name'), ['name'])
  assert.equal(found('to'), ['flows.NAME.to', 'senders.HOST[].to'])
})

test('half a word, a misspelt key and nothing find nothing', () => {
  for (const wanted of ['ate', 'sync.gat', 'flows.frm', 'flows.a.b.from', 'isochron*', '.', ''])
    assert.equal(found(wanted), [], wanted)
})

test('what is known is found', () => {
  for (const known of knownKeys(entries)) assert.ok(found(known).length > 0, known)
})

test.run()
