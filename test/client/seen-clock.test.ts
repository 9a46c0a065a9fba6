import * as assert from 'uvu/assert'
import type { BrokerSession } from '../../src/client/broker-session.ts'
import { type Claimed, clockConflict, seeClock } from '../../src/client/seen-clock.ts'
import { micros, millis } from '../../src/units/micros.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('client/seen-clock')

const clock = (host: string, offsetMs: number, errorMs = 1): Claimed => ({
  ...{ host, error: millis(errorMs) },
  seen: { offset: millis(offsetMs), within: micros(600), roundTrip: micros(200) },
})

test('two clocks may differ by what both claim and what the way to them leaves open, by no more', () => {
  // 1 + 1 + 0.6 + 0.6 ms.
  assert.is(clockConflict([clock('A', 0), clock('B', 3.2)]), undefined)
  assert.is(clockConflict([clock('A', 0), clock('B', 3.21)])?.code, 'SYNC_ENDPOINTS')
  assert.is(clockConflict([clock('A', 0, 500), clock('B', -501)]), undefined)
  assert.is(clockConflict([clock('A', 0)]), undefined)
})

test('whose clock is ahead is said of the right one, whichever is named first', () => {
  const expected = 'the clock of B is 500 ms ahead of that of A [CLOCK_OFFSET]'
  assert.is(clockConflict([clock('A', 0), clock('B', 500)])?.message, expected)
  assert.is(clockConflict([clock('B', 500), clock('A', 0)])?.message, expected)
  assert.is(clockConflict([clock('A', -500), clock('B', 0)])?.message, expected)
  assert.match(clockConflict([clock('A', 0), clock('B', 500)])?.hint ?? '', /within 1\.0 ms and 1\.0 ms/)
})

test('our own clock is only what theirs are compared by: the quickest of several exchanges counts', async () => {
  let asked = 0
  const ask = async () => {
    const slow = ++asked === 1
    await new Promise(next => setTimeout(next, slow ? 60 : 1))
    return { id: '', ok: true, now: (Date.now() + 7_000) * 1_000 - (slow ? 400_000 : 0) }
  }
  const seen = await seeClock({ host: 'A', ask } as unknown as BrokerSession)
  assert.ok(asked >= 2)
  assert.ok(Math.abs(seen.offset - 7_000_000) < 40_000, `${seen.offset} us`)
  assert.ok(seen.roundTrip < 60_000)
})

test.run()
