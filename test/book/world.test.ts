import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { suite } from '../fixtures/suite.ts'
import type { Guard } from '../fixtures/world/settings.ts'
import { stories } from '../fixtures/world/stories.ts'
import { live, type Story } from '../fixtures/world/world.ts'

const test = suite('book/world')

test(
  'the invariants hold over 1,000 schedules of rivals, crashes, lost and repeated messages and wrong clocks',
  () => {
    let booked = 0
    fc.assert(
      fc.property(stories, story => {
        booked += live(story).booked
      }),
      { numRuns: 1_000 },
    )
    // Worlds in which nobody gets anything would show nothing.
    assert.ok(booked > 1_000, `${booked} were booked`)
  },
  { limitMs: 120_000 },
)

/** Every guard with the invariant that does not hold without it. */
const guards: readonly (readonly [Guard, RegExp])[] = [
  ['window', /I1/],
  ['lapse', /I2/],
  ['sync before spawn', /I3/],
  ['sync before reply', /I4/],
  ['sync before repetition', /I4/],
  ['strike out', /I5/],
  ['idempotence', /I6/],
  ['everybody confirmed', /agreement/],
]

for (const [guard, invariant] of guards)
  test(
    `without its guard '${guard}' the same test fails`,
    () => {
      const result = fc.check(
        fc.property(stories, story => void live(story, guard)),
        { numRuns: 2_000, endOnFailure: true },
      )
      assert.ok(result.failed, 'nobody noticed')
      assert.match(String(result.errorInstance), invariant)
    },
    { limitMs: 60_000 },
  )

test('a story comes out the same whenever it is lived', () => {
  const [story] = fc.sample(stories, { numRuns: 1, seed: 7 }) as [Story]
  assert.equal(live(story), live(story))
})

test.run()
