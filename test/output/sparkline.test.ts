import * as assert from 'uvu/assert'
import { sparkline } from '../../src/output/sparkline.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('output/sparkline')

test('is symmetric around 0 and as high as the largest of either sign', () => {
  assert.is(sparkline([-8, -4, 0, 4, 8], 10, true), '▁▃▅▇█')
  assert.is(sparkline([100, -1], 10, true), '█▄')
  assert.is(sparkline([-8, -4, 0, 4, 8], 10, false), '_,~"^')
})

test('shows the newest, one column each, and gaps where nothing was said', () => {
  assert.is(sparkline([9, 9, 1, undefined, -1], 3, true), '█ ▁')
  assert.is(sparkline([0, 0], 3, true), '▅▅')
  assert.is(sparkline([undefined], 3, true), ' ')
  assert.is(sparkline([], 3, true), '')
})

test.run()
