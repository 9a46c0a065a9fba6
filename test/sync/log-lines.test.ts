import * as assert from 'uvu/assert'
import { clockLineTrouble, readClockLine } from '../../src/sync/log-lines.ts'
import { ns } from '../../src/units/quantity.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('sync/log-lines')

const lines: [string, ReturnType<typeof readClockLine>][] = [
  [
    'ptp4l[4137.202]: master offset        -12 s2 freq  +20345 path delay       499',
    { kind: 'offset', clock: 'phc', offset: ns(-12n), servo: 'locked', frequency: 20_345, pathDelay: ns(499n) },
  ],
  [
    'ptp4l[4137.202]: [ptp4l.0.config] master offset 245231 s0 freq +1 path delay 499',
    { kind: 'offset', clock: 'phc', offset: ns(245_231n), servo: 'unlocked', frequency: 1, pathDelay: ns(499n) },
  ],
  [
    'phc2sys[9.1]: CLOCK_REALTIME phc offset        31 s2 freq  -20011 delay    502',
    { kind: 'offset', clock: 'system', offset: ns(31n), servo: 'locked' },
  ],
  [
    'phc2sys[9.1]: eth0 sys offset        31 s1 freq  -20011 delay    502',
    { kind: 'offset', clock: 'system', offset: ns(-31n), servo: 'jump' },
  ],
  [
    'ptp4l[5.3]: port 1: SLAVE to UNCALIBRATED on SYNCHRONIZATION_FAULT',
    { kind: 'port state', from: 'SLAVE', to: 'UNCALIBRATED', event: 'SYNCHRONIZATION_FAULT' },
  ],
  [
    'ptp4l[5.3]: port 1 (eth0): UNCALIBRATED to SLAVE on MASTER_CLOCK_SELECTED',
    { kind: 'port state', from: 'UNCALIBRATED', to: 'SLAVE', event: 'MASTER_CLOCK_SELECTED' },
  ],
  ['ptp4l[5.3]: port 0: INITIALIZING to LISTENING on INIT_COMPLETE', undefined],
  ['ptp4l[5.3]: selected best master clock 001122.fffe.334455', undefined],
  ['phc2sys[5.3]: reconfiguring after port state change', undefined],
  [
    'ptp4l[9.4]: rms    8 max   15 freq +20345 +/-  12 delay   499 +/-   1',
    { kind: 'offset', clock: 'phc', offset: ns(15n), servo: undefined, frequency: 20_345, pathDelay: ns(499n) },
  ],
  [
    'phc2sys[9.4]: CLOCK_REALTIME rms   12 max   31 freq -20011 +/-   9 delay   502 +/-   1',
    { kind: 'offset', clock: 'system', offset: ns(31n), servo: undefined },
  ],
  ['', undefined],
]

for (const [line, expected] of lines) {
  test(`reads '${line.slice(0, 60)}'`, () => assert.equal(readClockLine(line), expected))
}

test('a locked servo within the limit is no trouble, a jump always is', () => {
  const limit = ns(100n)
  assert.is(clockLineTrouble({ kind: 'offset', clock: 'phc', offset: ns(-100n), servo: 'locked' }, limit), undefined)
  assert.is(
    clockLineTrouble({ kind: 'offset', clock: 'phc', offset: ns(-101n), servo: 'locked' }, limit),
    'ptp4l says offset -101ns',
  )
  assert.is(
    clockLineTrouble({ kind: 'offset', clock: 'system', offset: ns(0n), servo: 'jump' }, limit),
    "phc2sys's servo is jump, offset 0ns",
  )
  assert.is(clockLineTrouble({ kind: 'port state', from: 'UNCALIBRATED', to: 'SLAVE', event: 'X' }, limit), undefined)
  assert.is(
    clockLineTrouble(
      { kind: 'port state', from: 'SLAVE', to: 'LISTENING', event: 'ANNOUNCE_RECEIPT_TIMEOUT_EXPIRES' },
      limit,
    ),
    'ptp4l went from SLAVE to LISTENING on ANNOUNCE_RECEIPT_TIMEOUT_EXPIRES',
  )
})

test.run()
