import * as fc from 'fast-check'
import * as assert from 'uvu/assert'
import { estimateOffset } from '../../src/sync/clock-estimate.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('sync/clock-estimate')

test('nobody answered: there is no estimate', () => {
  assert.is(estimateOffset([]), undefined)
})

test('the offset is what the other clock said minus the middle of the question, of the quickest answer', () => {
  const slow = { asked: 0n, said: 10_000n, answered: 1_000n }
  const quick = { asked: 2_000n, said: 7_150n, answered: 2_101n }
  assert.equal(estimateOffset([slow, quick, slow]), { offset: 5_100n, uncertainty: 51n })
})

test('the truth always lies within the uncertainty', async () => {
  const delay = fc.bigInt(0n, 10_000_000n)
  const exchange = fc.record({ asked: fc.bigInt(0n, 10n ** 18n), there: delay, back: delay })
  await fc.assert(
    fc.property(fc.bigInt(-(10n ** 18n), 10n ** 18n), fc.array(exchange, { minLength: 1 }), (truth, exchanges) => {
      const estimate = estimateOffset(
        exchanges.map(({ asked, there, back }) => ({
          asked,
          said: asked + there + truth,
          answered: asked + there + back,
        })),
      )
      const error = (estimate?.offset ?? 0n) - truth
      return (error < 0n ? -error : error) <= (estimate?.uncertainty ?? -1n)
    }),
  )
})

test.run()
