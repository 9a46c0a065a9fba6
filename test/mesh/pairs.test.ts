import * as assert from 'uvu/assert'
import { meshFlows, type Pairs } from '../../src/mesh/pairs.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('mesh/pairs')

test('pairs are tested in both directions, once, or with a hub only', () => {
  const cases: [Pairs, string[]][] = [
    ['both', ['ab', 'ba', 'ac', 'ca', 'bc', 'cb']],
    ['one', ['ab', 'ac', 'bc']],
    [{ hub: 'b' }, ['ba', 'ab', 'bc', 'cb']],
  ]
  for (const [pairs, flows] of cases)
    assert.equal(
      meshFlows(['a', 'b', 'c'], pairs).map(({ from, to }) => from + to),
      flows,
    )
})

test('a mesh of one host, with a host twice or with a strange hub is refused', () => {
  assert.throws(() => meshFlows(['a'], 'both'), /at least 2 hosts, got 1/)
  assert.throws(() => meshFlows(['a', 'b', 'a'], 'one'), /host 'a' stands in the mesh twice/)
  assert.throws(() => meshFlows(['node1', 'node2'], { hub: 'nod1' }), /the hub 'nod1' is no host of the mesh/)
})

test.run()
