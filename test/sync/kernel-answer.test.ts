import * as assert from 'uvu/assert'
import { readStanding } from '../../src/sync/kernel-answer.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('sync/kernel-answer')

test('what the kernel has still to add is what the clock is behind, in the unit that the status says', () => {
  // STA_PLL | STA_NANO, as ntpd leaves it.
  assert.equal(readStanding('1\n8193 250 1500\n', 'ntpd'), {
    systemOffset: -250n,
    uncertainty: 1_500_000n,
    ntpSource: 'ntpd',
  })
  assert.is(readStanding('1 -40 16\n', 'ntpd').systemOffset, 40_000n)
})

test('a clock that the kernel calls unsynchronised has no offset', () => {
  assert.equal(readStanding('8257 0 16000000\n', 'systemd-timesyncd'), {
    failures: ['the kernel says that systemd-timesyncd has not synchronised its clock'],
  })
})

test('a host without perl is a failure in words', () => {
  assert.match(readStanding('1\n', 'ntpd').failures?.join() ?? '', /the kernel does not say/)
})

test.run()
