import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { canonicalJson } from '../../src/units/canonical-json.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('units/canonical-json')

test('the order of keys does not matter, that of a list does', () => {
  assert.is(canonicalJson({ b: [1, 'x', null], a: { d: true, c: 2n } }), '{"a":{"c":"2","d":true},"b":[1,"x",null]}')
  assert.is(canonicalJson(new Map([['k', undefined]])), '{}')
  assert.is(canonicalJson(undefined), 'null')
  assert.is.not(canonicalJson([1, 2]), canonicalJson([2, 1]))
})

test('plain JSON values keep their meaning', () => {
  fc.assert(
    fc.property(fc.jsonValue(), value => {
      assert.equal(JSON.parse(canonicalJson(value)), JSON.parse(JSON.stringify(value)))
    }),
  )
})

test.run()
