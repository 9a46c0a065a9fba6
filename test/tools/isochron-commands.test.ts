import * as assert from 'uvu/assert'
import type { ToolOptions } from '../../src/playbook/play.ts'
import { isochronTest } from '../../src/tools/isochron.ts'
import { daemonCommand, receiverCommand } from '../../src/tools/isochron-commands.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('tools/isochron-commands')

const place = { folder: '/tmp/x', port: 5002 }
const daemon = (options: ToolOptions) => daemonCommand(isochronTest(options), 'daemon-a', place).join(' ')
const receiver = (options: ToolOptions, extra: ToolOptions = {}, unixDomainSocket?: string) =>
  receiverCommand(isochronTest(options), { interface: 'eth0', unixDomainSocket }, extra, place).join(' ')

test('the daemon listens on loopback only, in the spelling that isochron honours', () => {
  assert.is(
    daemon({}),
    'isochron daemon --stats-address ::ffff:127.0.0.1 --stats-port 5002 --pid-file /tmp/x/daemon-a.pid --log-file /tmp/x/daemon-a.log',
  )
})

test('real-time scheduling is given to the daemon by chrt, since its own request takes no effect', () => {
  assert.match(daemon({ 'sched-fifo': true, 'sched-priority': 98n }), /^chrt --fifo 98 isochron daemon /)
  assert.match(daemon({ 'sched-rr': true }), /^chrt --rr 1 isochron daemon /)
})

test('the receiver takes what both ends must agree on from the sender', () => {
  assert.is(
    receiver(
      { etype: 0xdeafn, dmac: '01:00:5e:00:00:01', 'domain-number': 3n, 'transport-specific': 1n },
      {},
      '/run/p',
    ),
    'isochron rcv --interface eth0 --stats-address ::ffff:127.0.0.1 --stats-port 5002 --etype 0xdeaf --dmac 01:00:5e:00:00:01' +
      ' --domain-number 3 --transport-specific 1 --unix-domain-socket /run/p --quiet',
  )
})

test('what the flow says of its receiver wins, also against a flag', () => {
  const line = receiver({ etype: 0xdeadn }, { quiet: false, 'num-readings': 9n, 'sched-fifo': true, etype: 0xbeefn })
  assert.is(
    line,
    'isochron rcv --interface eth0 --stats-address ::ffff:127.0.0.1 --stats-port 5002 --etype 0xbeef --num-readings 9 --sched-fifo --sched-priority 1',
  )
})

test('a receiver with real-time scheduling always has a priority that the kernel takes', () => {
  assert.match(receiver({}, { 'sched-rr': true }), / --sched-rr --sched-priority 1$/)
  assert.match(receiver({}, { 'sched-fifo': true, 'sched-priority': 98n }), / --sched-fifo --sched-priority 98$/)
  assert.not.match(receiver({}, { 'sched-fifo': false }), /sched/)
})

test.run()
