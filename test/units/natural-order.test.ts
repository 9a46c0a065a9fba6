import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { naturalOrder } from '../../src/units/natural-order.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('units/natural-order')

test('numbers in names count as numbers', () => {
  const names = ['n10', 'n2', 'n1@10', 'n1@9', 'a', 'n', 'n007', 'n7', '10', '9', '']
  assert.equal(names.sort(naturalOrder), ['', '9', '10', 'a', 'n', 'n1@9', 'n1@10', 'n2', 'n007', 'n7', 'n10'])
})

test('it is an order: whatever the order before, the one after is the same', () => {
  const name = fc.stringMatching(/^[ab0-9@]{0,6}$/)
  fc.assert(
    fc.property(
      fc
        .array(name)
        .chain(names => fc.tuple(fc.constant(names), fc.shuffledSubarray(names, { minLength: names.length }))),
      ([names, others]) => {
        assert.equal([...names].sort(naturalOrder), others.sort(naturalOrder))
      },
    ),
  )
})

test.run()
