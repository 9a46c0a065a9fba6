import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { comingAlong, isFair, type Offer, withMissing } from '../../src/book/peer-offer.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('book/peer-offer')

const file = (name: string, size: number) => ({ name, size, sha256: '0'.repeat(64) })
const offerOf = (files: Offer['files']): Offer => ({ op: 'offer', of: 'b', facts: {}, files })
const copies = ({ files }: Pick<Offer, 'files'>) => files.map(({ copy }) => copy)

test('the smallest files come along, as many as there is room for, the rest by reference', () => {
  const files = [file('big', 800), file('a', 100), file('c', 100), file('b', 101)]
  assert.equal(copies({ files: comingAlong(files, 301) }), ['by reference', 'here', 'here', 'here'])
  assert.equal(copies({ files: comingAlong(files, 300) }), ['by reference', 'here', 'here', 'by reference'])
  assert.equal(copies({ files: comingAlong(files, 1_101) }), ['here', 'here', 'here', 'here'])
})

test('what is offered so is fair, and keeps its order', () => {
  const files = fc.uniqueArray(fc.record({ name: fc.stringMatching(/^[a-z]{1,3}$/), size: fc.nat(1_000) }), {
    selector: ({ name }) => name,
  })
  fc.assert(
    fc.property(files, fc.nat(3_000), (given, most) => {
      const offer = offerOf(
        comingAlong(
          given.map(({ name, size }) => file(name, size)),
          most,
        ),
      )
      assert.ok(isFair(offer, most))
      assert.equal(
        offer.files.map(({ name }) => name),
        given.map(({ name }) => name),
      )
      // Nothing that stayed behind would have fitted.
      const here = offer.files.filter(({ copy }) => copy === 'here').reduce((sum, { size }) => sum + size, 0)
      for (const { copy, size } of offer.files) assert.ok(copy === 'here' || here + size > most)
    }),
  )
})

test('more than was agreed, or a file twice, is not fair', () => {
  assert.not(isFair(offerOf([{ ...file('a', 11), copy: 'here' }]), 10))
  assert.ok(isFair(offerOf([{ ...file('a', 11), copy: 'by reference' }]), 10))
  assert.not(
    isFair(
      offerOf([
        { ...file('a', 1), copy: 'here' },
        { ...file('a', 1), copy: 'by reference' },
      ]),
      10,
    ),
  )
})

test('what did not come whole is marked; what was not to come stays by reference', () => {
  const offer = offerOf([
    { ...file('a', 1), copy: 'here' },
    { ...file('b', 1), copy: 'here' },
    { ...file('c', 99), copy: 'by reference' },
  ])
  assert.equal(copies(withMissing(offer, new Set(['a']))), ['here', 'missing', 'by reference'])
})

test.run()
