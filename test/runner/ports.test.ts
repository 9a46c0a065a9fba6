import * as assert from 'uvu/assert'
import { ports } from '../../src/runner/isochron-programs.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('runner/ports')

test('ports are given out once each, from 5000 upwards, past those that are taken', () => {
  const free = ports([5000, 5002])
  assert.equal([free.take(), free.take(), free.take()], [5001, 5003, 5004])
})

test('a port found taken later is passed over, and one given out is not given again', () => {
  const free = ports([])
  assert.is(free.take(), 5000)
  free.avoid([5000, 5001])
  assert.is(free.take(), 5002)
})

test('at the end of all ports there is none', () => {
  const free = ports(Array.from({ length: 65_535 - 5000 }, (_, i) => 5000 + i))
  assert.equal([free.take(), free.take()], [65_535, undefined])
})

test.run()
