import * as assert from 'uvu/assert'
import { conflicts, type Steered } from '../../src/facts/clock-conflicts.ts'
import { type ClockProgram, clockPrograms, describeProgram } from '../../src/facts/clock-programs.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('facts/clock-programs')

const program = (line: string, config = ''): ClockProgram => {
  const argv = line.split(' ')
  return { pid: 7, program: (argv[0] ?? '').split('/').at(-1) ?? '', argv, config }
}
const phcs = new Map([
  ['eth0', 0],
  ['eth1', 1],
  ['eth5', 0],
])
const both: Steered = { interface: 'eth0', phcs, ptp4l: true, phc2sys: true }
const onlyPtp4l: Steered = { ...both, phc2sys: false }

const cases: [string, ClockProgram, Steered, string | undefined][] = [
  ['ptp4l on our interface', program('ptp4l -i eth0 -2'), both, 'it runs PTP on eth0'],
  ['ptp4l on our interface, joined option', program('/usr/sbin/ptp4l -ieth0'), both, 'it runs PTP on eth0'],
  [
    'ptp4l on our interface by its file',
    program('ptp4l -f /etc/ptp4l.conf', '[global]\n[eth0]\n'),
    both,
    'it runs PTP on eth0',
  ],
  ['ptp4l on another interface with hardware stamps', program('ptp4l -i eth1'), both, undefined],
  [
    'ptp4l elsewhere, software stamps',
    program('ptp4l -i eth1 -S'),
    both,
    'it steers the system clock (software time stamping)',
  ],
  [
    'ptp4l elsewhere, software stamps by its file',
    program('ptp4l -i eth1 -f x', 'time_stamping software'),
    both,
    'it steers the system clock (software time stamping)',
  ],
  ['the same while we leave the system clock alone', program('ptp4l -i eth1 -S'), onlyPtp4l, undefined],
  ['a free running ptp4l elsewhere', program('ptp4l -i eth1 --free_running 1 -S'), both, undefined],
  ['a free running ptp4l elsewhere, written with =', program('ptp4l -i eth1 --free_running=1 -S'), both, undefined],
  [
    'phc2sys that follows another ptp4l, the system clock included',
    program('phc2sys -a -rr'),
    both,
    'it steers the system clock',
  ],
  ['the same while we leave the system clock alone', program('phc2sys -a -rr'), onlyPtp4l, undefined],
  ['phc2sys that follows another ptp4l with PHCs only', program('phc2sys -a'), both, undefined],
  [
    'ptp4l on another interface of the same card',
    program('ptp4l -i eth5'),
    both,
    'it steers the PHC that eth5 shares with eth0',
  ],
  [
    'a free running ptp4l on another interface of the same card',
    program('ptp4l -i eth5 --free_running 1'),
    both,
    undefined,
  ],
  ['ts2phc on our PHC by its device', program('ts2phc -s generic -c /dev/ptp0'), both, 'it steers the PHC of eth0'],
  ['ts2phc elsewhere', program('ts2phc -s generic -c eth1'), both, undefined],
  ['phc2sys on our PHC', program('phc2sys -s CLOCK_REALTIME -c eth0 -O 37'), onlyPtp4l, 'it steers the PHC of eth0'],
  ['phc2sys on the system clock', program('phc2sys -s eth1 -w'), both, 'it steers the system clock'],
  ['phc2sys between two other clocks', program('phc2sys -s eth1 -c eth2 -O 0'), both, undefined],
  ['chronyd', program('/usr/sbin/chronyd -F 1'), both, 'it steers the system clock'],
  ['chronyd that only watches', program('/usr/sbin/chronyd -x'), both, undefined],
  ['chronyd while we leave the system clock alone', program('/usr/sbin/chronyd -F 1'), onlyPtp4l, undefined],
  ['systemd-timesyncd', program('/lib/systemd/systemd-timesyncd'), both, 'it steers the system clock'],
]

for (const [what, running, ours, why] of cases) {
  test(`${what}: ${why ?? 'no conflict'}`, () => assert.equal(conflicts([running], ours)[0]?.why, why))
}

test('a program is described by what tells it from others', () => {
  assert.is(
    describeProgram(program('ptp4l -f x.conf', '[global]\nuds_address /run/other\n[eth1]\n[eth2]\n')),
    'ptp4l (pid 7) on eth1, eth2 with socket /run/other, started as: ptp4l -f x.conf',
  )
  assert.is(
    describeProgram(program('phc2sys -a -r -z /run/p')),
    'phc2sys (pid 7) with socket /run/p, started as: phc2sys -a -r -z /run/p',
  )
  assert.is(describeProgram(program('/usr/sbin/chronyd -F 1')), 'chronyd (pid 7), started as: /usr/sbin/chronyd -F 1')
})

test('reads what the host printed, configuration file included', () => {
  const output =
    '@process 12\n/usr/sbin/ptp4l\n-f\n/etc/p.conf\n@config\n[eth0]\n@end\n@process 40\nphc2sys\n-a\n@config\n@end\n'
  assert.equal(clockPrograms.read(output), [
    { pid: 12, program: 'ptp4l', argv: ['/usr/sbin/ptp4l', '-f', '/etc/p.conf'], config: '[eth0]\n' },
    { pid: 40, program: 'phc2sys', argv: ['phc2sys', '-a'], config: '' },
  ])
})

test.run()
