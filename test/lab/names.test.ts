import * as assert from 'uvu/assert'
import { LockstepError } from '../../src/errors/error.ts'
import { checkLabName, controllerLink, hostNames } from '../../src/lab/names.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('lab/names')

test('hosts are named one by one, or numbered', () => {
  assert.equal(hostNames('A,B, C'), ['A', 'B', 'C'])
  assert.equal(hostNames('3'), ['n1', 'n2', 'n3'])
  assert.is(hostNames('244').length, 244)
})

for (const [wrong, message] of [
  ['', /'' cannot name a host/],
  ['0', /at least one/],
  ['245', /at most 244/],
  ['99999999999', /at most 244/],
  ['A,,B', /'' cannot name a host/],
  ['A,A', /two hosts named 'A'/],
  ['all', /'all' cannot name a host/],
  ['a b', /'a b' cannot name a host/],
  ['../../etc', /cannot name a host/],
  ['$(reboot)', /cannot name a host/],
  ['-A', /cannot name a host/],
] as const) {
  test(`'${wrong}' names no hosts`, () => {
    assert.throws(() => hostNames(wrong), refusal(message))
  })
}

for (const wrong of ['', '.', '..', 'a/b', 'A', '-a', 'a b', 'x'.repeat(41), '.lock']) {
  test(`'${wrong}' names no lab`, () => {
    assert.throws(() => checkLabName(wrong), refusal(/cannot name a lab/))
  })
}

test('the controller’s link has a name of its own that Linux accepts', () => {
  assert.is(controllerLink('lab'), 'll-lab')
  const names = ['lab', 'twelve-chars', 'thirteen-chars', `${'x'.repeat(39)}a`, `${'x'.repeat(39)}b`].map(
    controllerLink,
  )
  assert.ok(names.every(name => name.length <= 15))
  assert.is(new Set(names).size, names.length)
})

test.run()

const refusal = (message: RegExp) => (error: unknown) =>
  error instanceof LockstepError && error.code === 'USAGE_VALUE' && message.test(error.message)
