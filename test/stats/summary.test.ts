import { readFileSync } from 'node:fs'
import * as assert from 'uvu/assert'
import { LockstepError } from '../../src/errors/error.ts'
import { decodeDat } from '../../src/stats/dat-file.ts'
import { measure } from '../../src/stats/figures.ts'
import { summaryOf } from '../../src/stats/summary.ts'
import { datBytes, type HandMade, type PacketTimes } from '../fixtures/dat-bytes.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('summary')
const second = 1_000_000_000n

const summary = (made: HandMade, range = {}) => summaryOf(decodeDat(datBytes(made), 'x'), range).text.split('\n')
const lineOf = (lines: readonly string[], start: string) => lines.find(line => line.startsWith(start))

/** A packet with small numbers, so that every figure can be had in the head. Advance time 500, cycle 1000. */
const packet = (over: PacketTimes = {}): PacketTimes => ({
  scheduled: 10_000n,
  wakeup: 9_600n,
  txSched: 9_700n,
  txSoftware: 9_800n,
  txHardware: 9_900n,
  rxHardware: 10_100n,
  rxSoftware: 10_150n,
  arrival: 10_400n,
  ...over,
})
const made = (packets: readonly PacketTimes[], more: Partial<HandMade> = {}): HandMade => ({
  packets,
  advanceTime: 500n,
  cycleTime: 1000n,
  ...more,
})

test('what the real isochron said of its own packet logs is said again, byte for byte', () => {
  for (const name of ['tenframes-a', 'small-b', 'omitsync-a', 'thousand-a']) {
    const file = decodeDat(readFileSync(`test/fixtures/dat/${name}.dat`), name)
    assert.is(summaryOf(file).text, readFileSync(`test/fixtures/dat/${name}.summary`, 'utf8'), name)
  }
})

test('figures that were measured before say the same, unless the reference stops at a hole or a part is asked for', () => {
  for (const name of ['tenframes-a', 'small-b', 'omitsync-a', 'thousand-a']) {
    const file = decodeDat(readFileSync(`test/fixtures/dat/${name}.dat`), name)
    const measured = measure(file)
    for (const figure of measured.figures.values()) if (figure.kind === 'time') figure.at(0)
    for (const range of [{}, { start: 2, stop: 5 }])
      assert.is(summaryOf(file, range, measured).text, summaryOf(file, range).text, name)
  }
  const holed = decodeDat(datBytes(made([packet(), {}, packet({ rxHardware: 10_777n })])), 'x')
  assert.is(summaryOf(holed, {}, measure(holed)).text, summaryOf(holed).text)
})

test('every metric is the difference that its formula says', () => {
  const lines = summary(made([packet(), packet({ rxHardware: 10_103n, arrival: 10_405n, wakeup: 9_601n })]))
  assert.equal(lines, [
    'Summary:',
    'Path delay: min 200 max 203 mean 201.500 stddev 1.500, min at seqid 1, max at seqid 2',
    'Wakeup to HW TX timestamp: min 299 max 300 mean 299.500 stddev 0.500, min at seqid 2, max at seqid 1',
    'Packets arrived later than scheduled. TX time to HW RX timestamp: min 100 max 103 mean 101.500 stddev 1.500, min at seqid 1, max at seqid 2',
    'Application latency budget: min 100 max 100 mean 100.000 stddev 0.000, min at seqid 2, max at seqid 2',
    'Sender latency: min 199 max 200 mean 199.500 stddev 0.500, min at seqid 2, max at seqid 1',
    'Wakeup latency: min 100 max 101 mean 100.500 stddev 0.500, min at seqid 1, max at seqid 2',
    'Driver latency: min 100 max 100 mean 100.000 stddev 0.000, min at seqid 2, max at seqid 2',
    'Arrival latency: min 300 max 302 mean 301.000 stddev 1.000, min at seqid 1, max at seqid 2',
    'Sending one packet takes on average 19.950% of the cycle time (min 19.900% max 20.000%)',
    'Waking up takes on average 10.050% of the cycle time (min 10.000% max 10.100%)',
    'Driver takes on average 10.000% of the cycle time to send a packet (min 10.000% max 10.000%)',
    'HW TX deadline misses: 0 (0.000%)',
    '',
  ])
})

test('packets that arrive before their scheduled time are earlier, also when they arrive exactly then', () => {
  const early = 'Packets arrived earlier than scheduled. HW RX timestamp to TX time: '
  const lines = summary(made([packet({ rxHardware: 9_960n })]))
  assert.is(
    lineOf(lines, 'Packets arrived'),
    `${early}min 40 max 40 mean 40.000 stddev 0.000, min at seqid 1, max at seqid 1`,
  )
  assert.match(lineOf(summary(made([packet({ rxHardware: 10_000n })])), 'Packets arrived') ?? '', early)
})

test('among equal extremes the highest packet is named', () => {
  const delays = [7n, 3n, 9n, 3n, 9n, 5n].map(delay => packet({ rxHardware: 9_900n + delay }))
  assert.match(lineOf(summary(made(delays)), 'Path delay') ?? '', 'min at seqid 4, max at seqid 5')
})

test('negative values are printed as they are', () => {
  const lines = summary(made([packet({ rxHardware: 9_899n }), packet({ rxHardware: 9_895n })]))
  assert.is(lines[1], 'Path delay: min -5 max -1 mean -3.000 stddev 2.000, min at seqid 2, max at seqid 1')
})

test('with taprio or txtime the MAC latency stands for the budget, and deadlines are not counted', () => {
  for (const flags of [4, 8, 12]) {
    const lines = summary(made([packet()], { flags }))
    assert.is(lines[4], 'MAC latency: min -100 max -100 mean -100.000 stddev 0.000, min at seqid 1, max at seqid 1')
    assert.is(lineOf(lines, 'HW TX deadline'), undefined)
  }
})

test('the deadline flag changes nothing', () => {
  assert.equal(summary(made([packet()], { flags: 18 })), summary(made([packet()], { flags: 2 })))
})

test('a deadline is missed after the scheduled time, not at it', () => {
  const packets = [10_000n, 10_001n, 9_999n].map(txHardware => packet({ txHardware }))
  assert.is(lineOf(summary(made(packets)), 'HW TX'), 'HW TX deadline misses: 1 (33.333%)')
})

test('packets not stamped and not received are counted, and measured by nobody', () => {
  const packets = [
    packet({ txHardware: 0n }),
    packet({ txSoftware: 0n }),
    packet({ txSched: 0n }),
    packet({ received: false }),
    packet({ receivedSeqid: 6 }),
    packet({ txSched: 0n, received: false }),
    packet({ rxHardware: 10_123n }),
  ]
  const lines = summary(made(packets))
  assert.equal(lines.slice(0, 4), [
    'Packets not completely TX timestamped: 4 (57.143%)',
    'Packets not received: 3 (42.857%)',
    'Summary:',
    'Path delay: min 223 max 223 mean 223.000 stddev 0.000, min at seqid 7, max at seqid 7',
  ])
})

test('a receiver log that ends early lacks the rest', () => {
  const lines = summary(made([packet(), packet(), packet(), packet()], { receiverRecords: 1 }))
  assert.is(lines[0], 'Packets not received: 3 (75.000%)')
})

test('without a complete packet there are no statistics', () => {
  assert.equal(summary(made([packet({ received: false }), packet({ received: false })])), [
    'Packets not received: 2 (100.000%)',
    'Could not calculate statistics, no packets were received',
    '',
  ])
})

test('a hole in the log of the sender ends the report, and we say where', () => {
  const packets = [packet(), packet({ seqid: 0 }), packet({ received: false })]
  const { text, stoppedAt } = summaryOf(decodeDat(datBytes(made(packets)), 'x'))
  assert.is(stoppedAt, 2)
  assert.match(text, /^Summary:\nPath delay: .*max at seqid 1\n/)
})

test('clocks more than a second apart were not synchronised, unless monitoring was omitted', () => {
  const apart = made([packet({ txHardware: 9_900n + 37n * second })])
  assert.equal(summary(apart).slice(0, 3), [
    'Sender PHC not synchronized (mean PHC to system time diff 37000000100.000 ns larger than 1 second)',
    'Sender and receiver not synchronized (mean path delay -36999999800.000 ns larger than 1 second)',
    'Summary:',
  ])
  assert.is(summary({ ...apart, flags: 3 })[0], 'Summary:')
  const receiver = made([packet({ rxSoftware: 10_100n + 2n * second })])
  assert.is(
    summary(receiver)[0],
    'Receiver PHC not synchronized (mean PHC to system time diff -2000000000.000 ns larger than 1 second)',
  )
})

test('a second is compared in whole nanoseconds', () => {
  const apart = (...by: bigint[]) => summary(made(by.map(each => packet({ rxSoftware: 10_100n - second - each }))))[0]
  assert.is(apart(0n), 'Summary:')
  assert.is(apart(0n, 1n), 'Summary:')
  assert.match(apart(1n) ?? '', 'Receiver PHC not synchronized (mean PHC to system time diff 1000000001.000 ns')
})

test('start and stop limit the packets, not what shares are taken of', () => {
  const packets = [packet({ received: false }), packet({ rxHardware: 9_911n }), packet(), packet()]
  assert.equal(summary(made(packets), { start: 1, stop: 2 }).slice(0, 3), [
    'Packets not received: 1 (25.000%)',
    'Summary:',
    'Path delay: min 11 max 11 mean 11.000 stddev 0.000, min at seqid 2, max at seqid 2',
  ])
  assert.equal(summary(made(packets), { start: 0, stop: 0 }), summary(made(packets)))
})

test('a start behind the stop leaves nothing', () => {
  const lines = summary(made([packet(), packet()]), { start: 2, stop: 1 })
  assert.equal(lines, ['Could not calculate statistics, no packets were received', ''])
})

test('a packet outside the log is refused', () => {
  for (const range of [{ start: 3 }, { stop: 3 }])
    assert.throws(
      () => summary(made([packet(), packet()]), range),
      (error: unknown) =>
        error instanceof LockstepError && error.code === 'DAT_RANGE' && /from 1 to 2 .* got 3/.test(error.message),
    )
})

test('the extremes are shares in single precision, the mean in double', () => {
  const lines = summary(made([packet({ wakeup: 9_800n - 16_777_217n })], { cycleTime: 3n }))
  assert.is(
    lineOf(lines, 'Sending'),
    'Sending one packet takes on average 559240566.667% of the cycle time (min 559240512.000% max 559240512.000%)',
  )
})

test.run()
