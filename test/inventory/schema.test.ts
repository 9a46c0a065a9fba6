import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import * as assert from 'uvu/assert'
import { LockstepError } from '../../src/errors/error.ts'
import { connectionOf } from '../../src/inventory/connection.ts'
import { inventoryKeys } from '../../src/playbook/reference.ts'
import { withEditor } from '../fixtures/language-server.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('inventory/schema')

const file = 'inventories/fleet.yml'
const text = readFileSync(file, 'utf8')
const lineOf = (whole: string, line: string) => whole.split('\n').indexOf(line)
const variables = inventoryKeys().flatMap(({ path, meaning }) => {
  const [, name] = /^inventory\.GROUP\.vars\.(.*)$/.exec(path) ?? []
  return name === undefined ? [] : [{ name, meaning }]
})

test('an editor finds nothing wrong with the model, and marks a key that a group does not have', () =>
  withEditor(file, async editor => {
    assert.equal(await editor.show(text), [])
    const misspelt = text.replace('    switches:\n      hosts:', '    switches:\n      host:')
    const [wrong, ...more] = await editor.show(misspelt)
    assert.equal(more, [])
    assert.equal(wrong?.range.start, { line: lineOf(misspelt, '      host:'), character: 6 })
  }))

test('an editor completes the parts of a group, and variables with what they mean', () =>
  withEditor(file, async editor => {
    const inGroup = text.replace('    broken:\n', '    broken:\n      \n')
    await editor.show(inGroup)
    const parts = await editor.complete(lineOf(inGroup, '      '), 6)
    assert.equal(parts.map(({ label }) => label).toSorted(), ['children', 'vars'])
    const inHost = text.replace('        node03.rack1.lab:\n', '        node03.rack1.lab:\n          \n')
    await editor.show(inHost)
    const offered = await editor.complete(lineOf(inHost, '          '), 10)
    assert.equal(offered.map(({ label }) => label).toSorted(), variables.map(({ name }) => name).toSorted())
    for (const { name, meaning } of variables)
      assert.ok(offered.find(({ label }) => label === name)?.documentation?.startsWith(meaning), name)
  }))

test('the connection variables of the schema are those that a connection is made of', () => {
  const names = variables.map(({ name }) => name).filter(name => /^ansible_(?!become|group_priority)/.test(name))
  assert.ok(names.length >= 10)
  for (const name of names)
    try {
      connectionOf('n1', new Map([[name, []]]))
      assert.unreachable(name)
    } catch (error) {
      assert.instance(error, LockstepError)
      assert.match((error as LockstepError).message, `${name} of 'n1' is a text, got a list or mapping`)
    }
})

const ajv = new Ajv({ strict: false })
const valid = ajv.compile(JSON.parse(readFileSync('schemas/inventory.schema.json', 'utf8')))

const right: readonly unknown[] = [
  {},
  { all: null },
  { web: { hosts: null, vars: null, children: null } },
  { web: { hosts: { n1: null, n2: { ansible_port: '{{ port }}', anything: [1] } } } },
  { web: { hosts: 'n1', children: 'db' } },
  { site: { children: { web: { children: { inner: { hosts: { n1: null } } } } } } },
]
const wrong: readonly unknown[] = [
  [],
  { web: ['n1'] },
  { web: { hosts: ['n1'] } },
  { web: { vars: 'a=1' } },
  { web: { hosts: { n1: '10.0.0.1' } } },
  { web: { vars: { ansible_port: 70000 } } },
  { web: { children: { inner: { host: {} } } } },
]

test('what Lockstep reads fits the schema, what it refuses or skips does not', () => {
  for (const each of right) assert.ok(valid(each), `${JSON.stringify(each)}: ${ajv.errorsText(valid.errors)}`)
  for (const each of wrong) assert.not.ok(valid(each), JSON.stringify(each))
})

test.run()
