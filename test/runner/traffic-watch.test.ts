import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { type KeptReading, troubles } from '../../src/runner/context.ts'
import { type TrafficWatch, watchTraffic } from '../../src/runner/traffic.ts'
import type { SyncReading } from '../../src/sync/reading.ts'
import { ms, ns } from '../../src/units/quantity.ts'
import { commandAt, withFolder } from '../fixtures/command.ts'
import { withFakePairs } from '../fixtures/fake-pair.ts'
import { orchestrationOver } from '../fixtures/orchestration.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('runner: clocks are watched during the traffic')

test('a daemon is asked twice a second, not as fast as it answers', () =>
  withFakePairs([{}], pairs =>
    withFolder({}, async cwd => {
      writeFileSync(join(cwd, 'o.txt'), orchestrationOver(pairs, [{ 'num-frames': '200', 'cycle-time': '0.01' }]))
      const { code, stderr } = await commandAt(cwd, ['orchestrate', '-F', 'o.txt'])
      assert.is(code, 0, stderr)
      const asked = pairs[0]?.sender.seen.filter(each => each === 'GET PTPMON_OFFSET').length ?? 0
      // Two seconds of traffic, and a few rounds at the gate.
      assert.ok(asked >= 4 && asked <= 20, `asked ${asked} times`)
    }),
  ))

/** A host whose clock is good, and bad at these looks (from 0), and what came of a second of traffic; `bad` as in the gate. */
async function watched(badLooks: readonly number[], bad: number) {
  let looks = 0
  const read = async (): Promise<SyncReading> => {
    const offset = badLooks.includes(looks++) ? 999n : 1n
    return { host: 'A', source: 'pmc', link: 'up', portState: 'SLAVE', phcOffset: ns(offset), systemOffset: ns(0n) }
  }
  const kept: boolean[] = []
  const context = { emit: () => {}, keepReading: ({ ok }: KeptReading) => kept.push(ok) }
  const watch = {
    ends: { pairs: [], clocks: new Map([['A', { mayAskDuringTraffic: true, read }]]), close: async () => {} },
    started: [],
    others: { untilOver: () => sleep(1_200) },
    demands: [{ host: 'A', limit: ns(100n) }],
    gate: { every: ms(20), bad },
    attempt: 1,
    troubles: troubles(),
    context: { ...context, signal: new AbortController().signal },
  }
  // Of the flows that are processes it takes their end only.
  const outcome = await watchTraffic(watch as unknown as TrafficWatch).then(
    () => 'valid',
    error => error.reasons.join(),
  )
  return { outcome, kept }
}

test('a bad answer is asked again at once, and bad twice voids the attempt', async () => {
  const once = await watched([1], 2)
  assert.is(once.outcome, 'valid')
  assert.is(once.kept.filter(ok => !ok).length, 1)
  const twice = await watched([1, 2], 2)
  assert.is(twice.outcome, 'A: its PHC is 999ns ahead of the grandmaster (limit 100ns)')
  assert.equal(twice.kept.slice(-2), [false, false])
})

test('the gate says how many bad answers in a row void an attempt', async () => {
  assert.match((await watched([1], 1)).outcome, /its PHC is 999ns/)
  const three = await watched([0, 1, 2], 4)
  assert.is(three.outcome, 'valid')
  assert.equal(three.kept.slice(0, 4), [false, false, false, true])
  assert.match((await watched([0, 1, 2, 3], 4)).outcome, /its PHC is 999ns/)
})

test.run()
