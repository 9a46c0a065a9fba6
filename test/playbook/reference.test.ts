import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import * as assert from 'uvu/assert'
import { inventoryKeys, labKeys, limitsKeys, playbookKeys } from '../../src/playbook/reference.ts'
import { parseDocument } from '../../src/source/document.ts'
import { toValue } from '../../src/source/node.ts'
import { isFreshText } from '../fixtures/fresh.ts'
import { referencePages } from '../fixtures/reference-pages.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('playbook/reference')

const entries = [...playbookKeys(), ...inventoryKeys(), ...labKeys(), ...limitsKeys()]
const entry = (path: string) => entries.find(each => each.path === path)

test('docs/reference/ is made from the schemas', () => {
  mkdirSync('docs/reference', { recursive: true })
  for (const [file, text] of referencePages()) isFreshText(`docs/reference/${file}`, text)
  assert.equal(readdirSync('docs/reference').toSorted(), [...referencePages().keys()].toSorted())
})

test('every key that can be set stands on a page', () => {
  const text = [...referencePages().values()].join('\n')
  const missing = entries.filter(({ path }) => !text.includes(`\`${path.slice(path.lastIndexOf('.') + 1)}\``))
  assert.equal(
    missing.map(({ path }) => path).filter(path => !/\.(NAME|HOST)$/.test(path)),
    [],
  )
})

test('a key is told apart into meaning, kind, limits, default and example', () => {
  assert.equal(entry('hosts.NAME.port'), {
    path: 'hosts.NAME.port',
    takes: 'a port, 1 to 65535',
    limits: undefined,
    meaning: "TCP port of sshd; wins over the one in 'address'.",
    byDefault: "the ssh configuration's, 22",
    example: '2222',
    needed: false,
    sameAs: undefined,
    place: 'playbook.schema.json#/definitions/host/properties/port',
  })
  assert.is(entry('isochron.vid')?.limits, '0 to 4094')
  assert.is(entry('sync.gate.offset')?.needed, true)
  assert.is(entry('hosts.NAME.connection')?.takes, 'ssh or local')
  assert.ok(entry('isochron.interface'))
  assert.is(entry('isochron.interface')?.takes, undefined)
})

test('a key that means the same nearer to the top says so', () => {
  assert.is(entry('flows.NAME.cycle-time')?.sameAs, 'isochron.cycle-time')
  assert.is(entry('receivers.HOST[].isochron.etype')?.sameAs, 'isochron.etype')
  assert.is(entry('hosts.NAME.vars')?.sameAs, 'vars')
  // Its words are its own, though its lines are those of 'expect'.
  assert.ok(entry('flows.NAME.expect'))
  assert.is(entry('flows.NAME.expect')?.sameAs, undefined)
})

test('the keys of an inventory are those of one group: a group inside has the same', () => {
  assert.is(entry('inventory.GROUP.vars.ansible_port')?.takes, 'a port, 1 to 65535')
  assert.is(entry('inventory.GROUP.hosts.HOST.ansible_port')?.sameAs, 'inventory.GROUP.vars.ansible_port')
  assert.is(entry('inventory.GROUP.children.GROUP')?.sameAs, 'inventory.GROUP')
  assert.is(entry('inventory.GROUP.children.GROUP.hosts'), undefined)
})

test('no description keeps a default or an example for itself', () => {
  const kept = entries.filter(({ meaning }) => /\b(Default|Example)\b/.test(meaning))
  assert.equal(
    kept.map(({ path }) => path),
    [],
  )
})

test('every example is a value that its key takes', () => {
  const ajv = new Ajv({ strict: false })
  const tools = ['isochron', 'iperf3', 'iperf', 'nuttcp', 'ping', 'traceroute', 'tracepath', 'command']
  for (const name of ['playbook', 'steps', 'inventory', 'lab', 'limits', 'values', ...tools])
    ajv.addSchema(JSON.parse(readFileSync(`schemas/${name}.schema.json`, 'utf8')))
  const examples = entries.filter(({ example }) => example !== undefined)
  assert.ok(examples.length > 20)
  for (const { path, place, example = '' } of examples) {
    const value = JSON.parse(
      JSON.stringify(toValue(parseDocument('example', example)), (_, each) =>
        typeof each === 'bigint' ? Number(each) : each,
      ),
    )
    assert.ok(ajv.validate({ $ref: place }, value), `${path}: ${example}: ${ajv.errorsText()}`)
  }
})

test.run()
