import * as assert from 'uvu/assert'
import { gateHint } from '../../src/sync/hints.ts'
import { isGood, judgeRound } from '../../src/sync/judge.ts'
import type { SyncReading } from '../../src/sync/reading.ts'
import type { Requirement } from '../../src/sync/requirement.ts'
import { ns } from '../../src/units/quantity.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('sync/judge')

const reading = (more: Partial<SyncReading> = {}): SyncReading => ({
  host: 'A',
  source: 'isochron',
  link: 'up',
  portState: 'SLAVE',
  grandmaster: '020000.fffe.000001',
  phcOffset: ns(12n),
  systemOffset: ns(-31n),
  utcOffset: 37,
  ...more,
})
const limit = ns(100n)
const reasonsOf = (more: Partial<SyncReading>) => judgeRound([reading(more)], [{ host: 'A', limit }])[0]?.reasons

test('the limit is inclusive, for either sign and for both clocks', () => {
  assert.equal(reasonsOf({ phcOffset: ns(-100n), systemOffset: ns(100n) }), [])
  assert.equal(reasonsOf({ phcOffset: ns(-101n) }), ['its PHC is 101ns behind the grandmaster (limit 100ns)'])
  assert.equal(reasonsOf({ systemOffset: ns(50_000n) }), ['its system clock is 50us ahead of its PHC (limit 100ns)'])
})

test('a port that is neither SLAVE nor MASTER is not good', () => {
  assert.equal(reasonsOf({ portState: 'MASTER' }), [])
  assert.equal(reasonsOf({ portState: 'UNCALIBRATED' }), ['its PTP port is UNCALIBRATED, not yet SLAVE or MASTER'])
  assert.equal(reasonsOf({ portState: 'GRAND_MASTER' })?.length, 1)
})

test('a question without an answer is a reason of its own', () => {
  assert.equal(reasonsOf({ failures: ['ptp4l does not answer'] }), ['ptp4l does not answer'])
})

test('without a limit only the link counts', () => {
  const round = judgeRound(
    [reading({ phcOffset: ns(5_000_000n), portState: 'FAULTY' })],
    [{ host: 'A', limit: undefined }],
  )
  assert.ok(isGood(round))
  const cut = judgeRound([reading({ link: 'down' })], [{ host: 'A', limit: undefined }])
  assert.equal(cut[0]?.reasons, ['its link is down'])
})

test('what is not required is not judged', () => {
  const bad: Partial<SyncReading> = {
    link: 'down',
    portState: 'LISTENING',
    phcOffset: ns(999n),
    systemOffset: ns(-999n),
  }
  const left = (...requires: Requirement[]) =>
    judgeRound([reading(bad)], [{ host: 'A', limit, requires }])[0]?.reasons.map(reason => reason.split(' ')[1])
  assert.equal(left('link'), ['link'])
  assert.equal(left('ptp'), ['PTP', 'PHC'])
  assert.equal(left('phc2sys'), ['system'])
  assert.equal(left('same-grandmaster'), [])
  const two = [reading(), reading({ host: 'B', grandmaster: '020000.fffe.000002' })]
  const demands = two.map(({ host }) => ({ host, limit, requires: ['ptp', 'phc2sys'] as const }))
  assert.ok(isGood(judgeRound(two, demands)))
})

test('frequency and path delay have to stand still, but not at a grandmaster', () => {
  const reasons = (more: Partial<SyncReading>) =>
    judgeRound([reading(more)], [{ host: 'A', limit, requires: ['frequency', 'path-delay'] }])[0]?.reasons
  assert.equal(reasons({}), [
    'ptp4l has not told its frequency twice yet',
    'ptp4l has not told its path delay twice yet',
  ])
  assert.equal(reasons({ portState: 'MASTER' }), [])
  const still = { frequencyChange: -100, pathDelay: ns(499n), pathDelayChange: ns(100n) }
  assert.equal(reasons(still), [])
  assert.equal(reasons({ ...still, frequencyChange: 101 }), ['its frequency still moves, by 101 ppb (limit 100 ppb)'])
  assert.equal(reasons({ ...still, pathDelayChange: ns(-2000n) }), ['its path delay still moves, by 2us (limit 100ns)'])
  assert.equal(reasons({ ...still, pathDelay: ns(-3n) }), ['its path delay is negative: -3ns'])
})

test('hosts that follow different grandmasters are all bad, and the hint says so', () => {
  const round = judgeRound(
    [reading(), reading({ host: 'B', grandmaster: '020000.fffe.000002' })],
    [
      { host: 'A', limit },
      { host: 'B', limit },
    ],
  )
  assert.equal(
    round.map(({ reasons }) => reasons),
    [
      ['follows grandmaster 020000.fffe.000001, others 020000.fffe.000002'],
      ['follows grandmaster 020000.fffe.000002, others 020000.fffe.000001'],
    ],
  )
  assert.match(gateHint(round) ?? '', 'different grandmasters')
})

const hints: [Partial<SyncReading>, string][] = [
  [{ systemOffset: ns(-37_000_000_120n) }, 'UTC offset'],
  [{ failures: ['no ptp4l socket at /var/run/ptp4l'] }, 'cannot ask ptp4l'],
  [{ portState: 'LISTENING' }, 'no Announce'],
  [{ portState: 'UNCALIBRATED' }, 'path delay requests'],
  [{ link: 'down' }, 'no carrier'],
]
for (const [trouble, expected] of hints) {
  test(`the hint for ${Object.keys(trouble)[0]} speaks of '${expected}'`, () => {
    assert.match(gateHint(judgeRound([reading(trouble)], [{ host: 'A', limit }])) ?? '', expected)
  })
}

test('a clock that is merely late gets no hint', () => {
  assert.is(gateHint(judgeRound([reading({ phcOffset: ns(5_000n) })], [{ host: 'A', limit }])), undefined)
})

test.run()
