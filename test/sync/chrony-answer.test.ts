import * as assert from 'uvu/assert'
import { readTracking } from '../../src/sync/chrony-answer.ts'
import { gateHint } from '../../src/sync/hints.ts'
import { judgeRound } from '../../src/sync/judge.ts'
import { ns } from '../../src/units/quantity.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('sync/chrony-answer')

/** Of chronyd 4.3, behind the carrier; its words for people were `0.000002422 seconds fast of NTP time`. */
const fast =
  '1\n7F000001,127.0.0.1,9,1795672929.706174940,-0.000002422,0.000000110,0.000000420,0.060,0.001,0.797,0.000007627,0.000002060,1.0,Normal\n'
const silent = '1\n506 Cannot talk to daemon\n'
const unsynchronised =
  '1\n00000000,,0,0.000000000,0.000000000,0.000000000,0.000000000,0.000,0.000,0.000,1.000000000,1.000000000,0.0,Not synchronised\n'
const own =
  '1\n7F7F0101,,8,1795672924.029542629,0.000000000,0.000000000,0.000000000,0.000,0.000,0.000,0.000000000,0.000000000,0.0,Normal\n'

test('a clock that chronyc calls fast is ahead; half of the root delay and the root dispersion are its uncertainty', () => {
  assert.equal(readTracking(fast), {
    systemOffset: ns(2_422n),
    uncertainty: ns(7_627n / 2n + 2_060n),
    ntpSource: '127.0.0.1, stratum 9',
  })
})

test('a clock that chronyc calls slow is behind', () => {
  assert.is(readTracking(fast.replace('-0.000002422', '1.500000001')).systemOffset, -1_500_000_001n)
})

test('a clock that is its own reference says so, and is off by nothing', () => {
  assert.equal(readTracking(own), { systemOffset: ns(0n), uncertainty: ns(0n), ntpSource: 'its own clock, stratum 8' })
})

test('what tells nothing of the clock is a failure, never an offset', () => {
  const cases: readonly (readonly [string, string])[] = [
    [unsynchronised, 'chronyd is not synchronised to any source'],
    [silent, 'chronyd does not answer: 506 Cannot talk to daemon'],
    ['1\n', 'chronyd does not answer'],
    ['', 'chronyd does not answer'],
    [fast.replace('-0.000002422', 'nan'), 'the answer of chronyd cannot be read'],
  ]
  for (const [output, failure] of cases) {
    const { failures = [], ...figures } = readTracking(output)
    assert.equal(figures, {}, output)
    assert.ok(failures[0]?.startsWith(failure), `${failures[0]} for ${output}`)
  }
})

test('the limit holds for the offset at its worst: with the uncertainty, inclusive', () => {
  const judged = (limit: bigint) => {
    const reading = { host: 'A', source: 'chrony', link: 'up', ...readTracking(fast) } as const
    return judgeRound([reading], [{ host: 'A', limit: ns(limit) }])
  }
  const worst = 2_422n + 3_813n + 2_060n
  assert.equal(judged(worst)[0]?.reasons, [])
  assert.equal(judged(worst - 1n)[0]?.reasons, ['its system clock is 2.422us ahead of NTP ± 5.873us (limit 8.294us)'])
  assert.match(gateHint(judged(worst - 1n)) ?? '', /^A: NTP cannot tell its time better over that path/)
})

test('an NTP clock that is whole seconds off is no matter of the UTC offset of PTP', () => {
  const reading = { host: 'A', source: 'chrony', link: 'up', systemOffset: ns(37_000_000_000n) } as const
  assert.match(gateHint(judgeRound([reading], [{ host: 'A', limit: ns(1n) }])) ?? '', /^A: chronyd is still steering/)
})

test.run()
