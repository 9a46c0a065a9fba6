import * as assert from 'uvu/assert'
import { fineClock } from '../../src/daemon/fine-clock.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('daemon/fine-clock')

test('it says the time of the system clock, and what lies between its milliseconds', () => {
  const clock = fineClock()
  const readings = Array.from({ length: 2_000 }, () => {
    const [before, said, after] = [Date.now(), clock(), Date.now()]
    // A millisecond of the system clock lasts until the next one.
    assert.ok(said >= before * 1_000 - 300 && said <= (after + 1) * 1_000 + 300, `${before} ${said} ${after}`)
    return said % 1_000
  })
  assert.ok(new Set(readings).size > 50, 'only a few different parts of a millisecond')
})

test('a clock that is set is followed at once', () => {
  const { now } = Date
  const clock = fineClock()
  clock()
  try {
    for (const stepMs of [3_600_000, -3_600_000, 2]) {
      Date.now = () => now() + stepMs
      assert.ok(Math.abs(clock() / 1_000 - now() - stepMs) < 2)
    }
  } finally {
    Date.now = now
  }
})

test.run()
