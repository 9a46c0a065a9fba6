import * as assert from 'uvu/assert'
import type { ClockProgram } from '../../../src/facts/clock-programs.ts'
import { keepersOf } from '../../../src/runner/watch/keepers.ts'
import { suite } from '../../fixtures/suite.ts'

const test = suite('runner/watch/keepers')

const program = (line: string): ClockProgram => {
  const argv = line.split(' ')
  return { pid: 7, program: argv[0] ?? '', argv, config: '' }
}
const namesOf = (...lines: string[]) => keepersOf(lines.map(program), 'eth0').map(({ name, source }) => [name, source])

test('every ptp4l is a clock, and so is what an NTP daemon keeps; a phc2sys follows them', () => {
  assert.equal(namesOf('ptp4l -i eth0 -2', 'ptp4l -i eth1', 'phc2sys -a -rr', 'chronyd -x'), [
    ['ptp4l eth0', 'pmc'],
    ['ptp4l eth1', 'pmc'],
    ['chronyd', 'chrony'],
  ])
  assert.equal(namesOf('systemd-timesyncd'), [['systemd-timesyncd', 'kernel']])
  assert.equal(namesOf(), [['nobody', 'kernel']])
})

test('a ptp4l is asked at its own socket, in its own domain', () => {
  const [keeper] = keepersOf([program('ptp4l -i eth3 --domainNumber 24 --uds_address /run/p')], 'eth0')
  assert.equal(keeper?.argv.slice(4, 10), ['eth3', '/run/p', '-d', '24', '-t', '0'])
})

test('a clock that nobody keeps says so', () => {
  const [keeper] = keepersOf([], 'eth0')
  assert.equal(keeper?.read('1\n64 0 16000000\n'), { failures: ['nobody keeps it'] })
  assert.is(keeper?.read('1\n1 -3 500\n').uncertainty, 500_000n)
})

test.run()
