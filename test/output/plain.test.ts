import * as assert from 'uvu/assert'
import { isNews } from '../../src/output/news.ts'
import { eventKinds, plainLines } from '../../src/output/plain.ts'
import type { RunEvent } from '../../src/runner/events.ts'
import {
  bulkPass,
  crowdedGate,
  failedStep,
  gateDeadline,
  hostRound,
  reservedFlow,
  resumed,
  secondRound,
  toEvents,
  twoCells,
  twoSendersPass,
} from '../fixtures/events.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('output/plain')

const linesOf = (events: readonly RunEvent[]) => events.flatMap(plainLines())

test('a run that passes with its second attempt reads line by line', () => {
  assert.equal(linesOf(twoSendersPass), [
    '+0.000s   Two senders, one receiver: 3 hosts, 2 flows, folder runs/20260301-090000-two-senders',
    '+0.000s   flow a: A to C, isochron',
    '+0.000s   flow b: B to C, isochron',
    '+0.001s   connect: started',
    '+0.180s   A: connected in 179ms',
    '+0.190s   B: connected in 189ms',
    '+0.240s   C: connected in 239ms',
    '+0.250s   A: ready, Linux 6.1.0, isochron 0.9, linuxptp 4.2',
    '+0.255s   warning: B: the CPU governor is powersave',
    '+0.255s     hint: set it to performance',
    '+0.260s   connect: done in 259ms',
    '+0.261s   sync: started',
    '+0.300s   A: ptp4l started (pid 4711): ptp4l -i eth0 -m -2 -P',
    '+0.700s   A: ptp4l ready in 400ms',
    '+0.900s   sync: done in 639ms',
    '+0.901s   receivers: started',
    '+0.905s   C: rcv-a started (pid 88): isochron rcv --etype 0xdead',
    '+1.095s   C: rcv-a ready in 190ms',
    '+1.100s   receivers: done in 199ms',
    '+1.101s   gate: started',
    '+1.110s   gate: round 1, limit 100ns, good 0 of 3: 2 of 3 hosts not in step',
    '+1.110s     A: its PHC is 1.234us ahead of the grandmaster (limit 100ns); its system clock is 37s ahead of its PHC (limit 100ns)',
    '+1.110s     B: its PHC is 48us behind the grandmaster (limit 100ns)',
    '+3.400s   gate: round 24, limit 100ns, good 0 of 3: 1 of 3 hosts not in step',
    '+3.400s     A: its PHC is 104ns ahead of the grandmaster (limit 100ns)',
    '+5.110s   gate: open after 4.0s, 41 rounds',
    '+5.200s   gate: done in 4.0s',
    '+5.201s   traffic: started',
    '+5.205s   attempt 1 of 3',
    '+5.210s   traffic: attempt 1 lasts 1.6s',
    '+5.210s   a: 100 frames, one each 10ms, from TAI 1772355642810000000',
    '+5.210s   b: 100 frames, one each 10ms, from TAI 1772355642810000100',
    '+6.210s   traffic: clocks: 1 of 3 hosts not in step',
    '+6.210s     A: its PHC is 50.012us ahead of the grandmaster (limit 100ns)',
    '+6.235s   traffic: failed after 1.0s',
    '+6.240s   attempt 1 of 3 is void',
    '+6.240s     A: its PHC is 49.998us ahead of the grandmaster (limit 100ns)',
    '+6.250s   gate: started',
    '+8.300s   gate: round 1, limit 100ns, good 0 of 3: 1 of 3 hosts not in step',
    '+8.300s     A: its PHC is 812ns ahead of the grandmaster (limit 100ns)',
    '+10.101s  gate: open after 3.8s, 19 rounds',
    '+10.102s  gate: done in 3.8s',
    '+10.103s  traffic: started',
    '+10.105s  attempt 2 of 3',
    '+10.110s  traffic: attempt 2 lasts 1.6s',
    '+10.110s  a: 100 frames, one each 10ms, from TAI 1772355647710000000',
    '+10.110s  b: 100 frames, one each 10ms, from TAI 1772355647710000100',
    '+12.310s  traffic: attempt 2 is over',
    '+12.400s  traffic: done in 2.2s',
    '+12.401s  collect: started',
    '+12.500s  a: 100 of 100 frames received, runs/20260301-090000-two-senders/flows/a.dat',
    '+12.510s  b: 100 of 100 frames received, runs/20260301-090000-two-senders/flows/b.dat',
    '+12.600s  collect: done in 199ms',
    '+12.601s  judge: started',
    '+12.610s  a: 100 of 100 frames, path-delay mean 21.4us, max 88.1us',
    '+12.611s  b: 100 of 100 frames, path-delay mean 24.9us, max 91.7us',
    '+12.620s  a: lost == 0: met (0)',
    '+12.621s  b: lost == 0: met (0)',
    '+12.622s  a: path-delay.mean < 200us: met (21.4us)',
    '+12.623s  b: path-delay.mean < 200us: met (24.9us)',
    '+12.650s  judge: done in 49ms',
    '+12.651s  report: started',
    '+12.690s  report: runs/20260301-090000-two-senders/result.json',
    '+12.700s  report: done in 49ms',
    '+12.701s  cleanup: started',
    '+12.901s  A: ptp4l exited with 0',
    '+12.991s  A: 3 processes stopped, nothing left',
    '+13.001s  cleanup: done in 300ms',
    '+13.002s  PASS after 13.0s (exit 0)',
    '+13.002s  folder runs/20260301-090000-two-senders',
  ])
})

test('a gate that never opens says who and how far, and what was left behind', () => {
  assert.equal(linesOf(gateDeadline).slice(19), [
    '+1.101s   gate: started',
    '+1.110s   gate: round 1, limit 100ns, good 0 of 3: 1 of 3 hosts not in step',
    '+1.110s     A: its PHC is 37s ahead of the grandmaster (limit 100ns)',
    '+7.000s   C: rcv-a exited with 1, which nobody asked for',
    '+11.100s  problem: A: the gate did not open within 10s: its PHC is 37s ahead of the grandmaster (limit 100ns)  [USAGE_VALUE]',
    '+11.100s        hint: 37 s is the UTC offset: one clock runs on UTC, the other on TAI',
    '+11.101s  gate: failed after 10.0s',
    '+11.102s  collect: started',
    '+11.105s  a: nothing collected from the receiver: rcv-a is not running',
    '+11.110s  collect: done in 8ms',
    '+11.120s  cleanup: started',
    '+11.320s  A: ptp4l exited with 0',
    '+11.410s  A: 3 processes stopped, still there: ptp4l (pid 4711)',
    '+11.420s  cleanup: done in 300ms',
    '+11.430s  INVALID after 11.4s (exit 3)',
    '+11.430s    A: its PHC is 37s ahead of the grandmaster (limit 100ns)',
    '+11.430s  folder runs/20260301-090000-two-senders',
  ])
})

test('a step says where it is done, what was said, what was not good, and how many', () => {
  assert.equal(
    linesOf(failedStep).filter(line => !/connect|cleanup/.test(line)),
    [
      '+0.000s   Load drivers: 3 hosts, 0 flows, folder runs/20260301-090000-load-drivers',
      '+0.201s   setup: started',
      '+0.202s   step 1 Load the driver: A, B, C',
      '+0.300s     B (igb) ! not found',
      '+0.301s     B (igb): failed after 3 tries, 99ms: exit status 1',
      '+1.501s   step 1 Load the driver: 2 changed, 1 failed in 1.2s',
      '+1.600s   setup: failed after 1.3s',
    ],
  )
})

test('a flow whose program measures says when it was let go, what was kept and captured and what it measured', () => {
  const said = plainLines()
  const lines = bulkPass.flatMap(event => said(event)).map(line => line.replace(/^\S+\s+/, ''))
  for (const line of [
    'traffic: attempt 1 lasts 2.8s',
    'bulk: 2.0s',
    'bulk: let go on A 12.4us after UTC 1772355600910000000',
    'A: 17 packets at eth0, 1 dropped, the file is full, captures/A.pcap',
    'bulk: flows/bulk.sender.out, flows/bulk.receiver.out',
    'bulk: received 941.5Mbit/s; rtt 180us, max 950us',
  ])
    assert.ok(lines.includes(line), `${line} is not in\n${lines.join('\n')}`)
})

test('of an experiment every cell says which it is of how many, and what became of it', () => {
  assert.equal(
    linesOf(twoCells).filter(line => !/: (started|done in .*)$/.test(line)),
    [
      '+0.000s   Echo: 2 hosts, 0 flows, folder runs/20260301-090000-echo',
      '+0.001s   experiment: 2 configurations, shuffled with seed 7',
      '+0.300s   cell 1 of 2: s=1400@1, folder cells/s=1400@1',
      '+0.301s   flow echo: A to C, ping',
      '+1.250s   echo: lost == 0: not met (3)',
      '+1.300s   cell 1 of 2: s=1400@1: fail after 1.0s',
      '+1.300s     echo: lost == 0, got 3',
      '+1.300s   cell 2 of 2: s=56@1, folder cells/s=56@1',
      '+1.301s   flow echo: A to C, ping',
      '+2.250s   echo: lost == 0: met (0)',
      '+2.300s   cell 2 of 2: s=56@1: pass after 1.0s',
      '+2.510s   FAIL after 2.5s (exit 1)',
      '+2.510s     s=1400@1: fail: echo: lost == 0, got 3',
      '+2.510s   folder runs/20260301-090000-echo',
    ],
  )
  assert.equal(linesOf(secondRound), ['+0.000s   round 2 of 3: A-C, B-D'])
  assert.equal(linesOf(resumed), ['+0.000s   experiment: goes on, 1 cell left'])
})

test('what is reserved is said with its time, and each state of it with its host', () => {
  const lines = linesOf(reservedFlow).filter(line => line.includes('  bulk:'))
  assert.equal(lines, [
    '+0.250s   bulk: reserved on A and B for 10.0s at 2026-03-01T09:00:02.000Z, in 1.7s',
    '+0.300s   bulk: A: armed',
    '+0.301s   bulk: B: armed',
    '+4.000s   bulk: B: cancelled [CANCELLED]',
  ])
})

test('the fixtures hold every kind of event', () => {
  const all = [
    ...twoSendersPass,
    ...gateDeadline,
    ...failedStep,
    ...bulkPass,
    ...twoCells,
    ...resumed,
    ...secondRound,
    ...reservedFlow,
  ]
  const seen = new Set(all.map(({ kind }) => kind))
  assert.equal(
    eventKinds().filter(kind => !seen.has(kind)),
    [],
  )
})

test('a minute of rounds with the same bad hosts is one line and a reminder', () => {
  const lines = linesOf(crowdedGate(20, 600)).filter(line => line.includes('gate: round'))
  assert.equal(lines, [
    '+0.100s   gate: round 1, limit 100ns, good 0 of 3: 3 of 20 hosts not in step',
    '+30.100s  gate: round 301, limit 100ns, good 0 of 3: 3 of 20 hosts not in step',
  ])
})

test('of many bad hosts eight are named', () => {
  const lines = linesOf(crowdedGate(500, 1)).slice(-10)
  assert.is(lines[0], '+0.100s   gate: round 1, limit 100ns, good 0 of 3: 72 of 500 hosts not in step')
  assert.is(lines[1], '+0.100s     host001: its PHC is 5us ahead of the grandmaster (limit 100ns)')
  assert.is(lines[9], '+0.100s     and 64 more hosts')
})

test('hosts that go in and out of step ten times a second make a line each two seconds', () => {
  const rounds = Array.from({ length: 100 }, (_, i) => ({
    kind: 'gate_round' as const,
    round: i,
    good: 0,
    needed: 3,
    limit: 100n as never,
    hosts: [hostRound('A', i % 2 === 0 ? 500n : 0n, 0n)],
  }))
  const events = toEvents(rounds.map((round, i) => [i * 100, round]))
  const stamps = linesOf(events)
    .filter(line => line.includes('gate: round'))
    .map(line => line.slice(0, 7).trim())
  assert.equal(stamps, ['+0.000s', '+2.100s', '+4.200s', '+6.300s', '+8.400s'])
})

test('a changed set of bad hosts is news after two seconds, an unchanged one after thirty, a good one never again', () => {
  const said = { atMs: 1000, bad: 'A' }
  assert.is(isNews(undefined, '', 0), true)
  assert.is(isNews(said, 'A B', 2999), false)
  assert.is(isNews(said, 'A B', 3000), true)
  assert.is(isNews(said, 'A', 30_999), false)
  assert.is(isNews(said, 'A', 31_000), true)
  assert.is(isNews({ atMs: 1000, bad: '' }, '', 1e9), false)
})

test('a hostile host name or reason stays on its line', () => {
  const [line, ...more] = linesOf(toEvents([[0, { kind: 'warning', host: 'A\u001b[2J', message: 'x\ny\u001b[31m' }]]))
  assert.is(line, '+0.000s   warning: A: x y')
  assert.equal(more, [])
})

test.run()
