import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import * as assert from 'uvu/assert'
import { schemaChecker } from '../../src/source/check.ts'
import { parseDocument } from '../../src/source/document.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('source/schema')

for (const name of ['playbook', 'steps', 'inventory', 'lab', 'isochron', 'values']) {
  test(`schemas/${name}.schema.json is a schema of draft 7`, () => {
    const ajv = new Ajv()
    assert.ok(ajv.validateSchema(JSON.parse(readFileSync(`schemas/${name}.schema.json`, 'utf8'))), ajv.errorsText())
  })
}

const check = schemaChecker(
  {
    type: 'object',
    additionalProperties: false,
    required: ['first', 'second'],
    properties: {
      first: { type: 'integer', minimum: 1 },
      second: { type: 'string', minLength: 1 },
      list: { type: 'array', minItems: 1, items: { enum: ['red', 'green'] } },
      'a/b~c': { type: 'boolean' },
    },
  },
  [],
)
const say = (text: string) =>
  check(parseDocument('f', text)).map(({ at, message, hint }) => `${at?.line}:${at?.column} ${message} (${hint ?? ''})`)

test('each mistake is said once, in words, where its author finds it', () => {
  assert.equal(say('{first: 1, second: x}'), [])
  assert.equal(say('{}'), ["1:1 the keys 'first', 'second' are missing ()"])
  assert.equal(say('{first: 1, secnd: x}'), ["1:12 there is no key 'secnd' here (did you mean 'second'?)"])
  assert.equal(say('{first: 1.5, second: x}'), ['1:9 expected a whole number, got 1.5 ()'])
  assert.equal(say('{first: 0, second: x}'), ['1:9 expected at least 1, got 0 ()'])
  assert.equal(say('first: 1\nsecond:\n'), ['2:1 expected a text, got nothing ()'])
  assert.equal(say('{first: 1, second: ""}'), ["1:20 expected a text, got '' ()"])
  assert.equal(say('{first: 1, second: x, list: []}'), ['1:29 this list is empty (name at least one)'])
  assert.equal(say('{first: 1, second: x, list: [red, gren]}'), [
    "1:35 expected red or green, got 'gren' (did you mean 'green'?)",
  ])
})

test('keys with slashes and tildes are found again', () => {
  assert.equal(say('first: 1\nsecond: x\na/b~c: on\n'), [
    "3:8 expected true or false, got 'on' ('on' is a text in YAML 1.2: write true)",
  ])
})

test.run()
