import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { suite } from '../fixtures/suite.ts'
import { stories } from '../fixtures/world/stories.ts'
import { live } from '../fixtures/world/world.ts'

const test = suite('book/world')

test(
  'the invariants hold over 10,000 schedules of rivals, crashes, lost and repeated messages and wrong clocks',
  () => {
    let booked = 0
    fc.assert(
      fc.property(stories, story => {
        booked += live(story).booked
      }),
      { numRuns: 10_000 },
    )
    assert.ok(booked > 10_000, `${booked} were booked`)
  },
  { limitMs: 1_800_000 },
)

test.run()
