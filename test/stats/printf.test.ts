import { readFileSync } from 'node:fs'
import * as assert from 'uvu/assert'
import { LockstepError } from '../../src/errors/error.ts'
import { decodeDat } from '../../src/stats/dat-file.ts'
import { printPackets } from '../../src/stats/printf.ts'
import { datBytes, type HandMade } from '../fixtures/dat-bytes.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('printf')

const made: HandMade = {
  packets: [
    {
      scheduled: 1_795_297_714_270_000_100n,
      wakeup: -1n,
      txHardware: 3n,
      txSoftware: 4n,
      txSched: 5n,
      arrival: 6n,
      rxHardware: 7n,
      rxSoftware: 8n,
    },
  ],
  advanceTime: 10n,
  baseTime: -500_000_000n,
  cycleTime: 30n,
  shiftTime: -1_500_000_000n,
  windowSize: 50n,
}
const print = (format: string, args: string, log = made, range = {}) =>
  [...printPackets(decodeDat(datBytes(log), 'x'), format, args, range)].join('')
const refuses = (format: string, args: string, message: string) =>
  assert.throws(
    () => print(format, args),
    (error: unknown) => error instanceof LockstepError && error.code === 'USAGE_VALUE' && error.message === message,
    format,
  )

test('what the real isochron printed of its own packet logs is printed again, byte for byte', () => {
  for (const name of ['tenframes-a', 'small-b', 'omitsync-a', 'thousand-a']) {
    const file = decodeDat(readFileSync(`test/fixtures/dat/${name}.dat`), name)
    const text = [...printPackets(file, '%u %T %T %T %T %T %T %T %d\\n', 'qSwsTtaRr')].join('')
    assert.is(text, readFileSync(`test/fixtures/dat/${name}.printf`, 'utf8'), name)
  }
})

test('every letter prints its own time', () => {
  assert.is(print('%d %d %d %d %d', 'ABCHW'), '10 -500000000 30 -1500000000 50')
  assert.is(print('%d %d %d %d %d', 'SwTts'), '1795297714270000100 -1 3 4 5')
  assert.is(print('%u %d %d %d', 'qaRr'), '1 6 7 8')
})

test('each code prints a number in its own way', () => {
  assert.is(print('%d %u %x %T', 'wwww'), '-1 18446744073709551615 ffffffffffffffff 0.000000001')
  assert.is(print('%T %T %T', 'SHB'), '1795297714.270000100 -1.500000000 0.500000000')
  assert.is(print('%x 100%%', 'q'), '1 100%')
})

test('escapes are those of C without numbers, and a NUL ends the text', () => {
  assert.is(print('\\a\\b\\f\\n\\r\\t\\v\\\\\\"\\\'\\?|\\\n|', ''), '\x07\b\f\n\r\t\v\\"\'?| |')
  assert.is(print('a\\0b%', ''), 'a')
})

test('packets not received print zeros, packets not stamped their zeros', () => {
  const log = {
    packets: [{ txHardware: 0n, arrival: 9n, received: false }, { arrival: 9n, receivedSeqid: 7 }, { arrival: 9n }],
  }
  assert.is(print('%u:%d:%d\\n', 'qTa', log), '1:0:0\n2:0:0\n3:0:9\n')
})

test('start and stop limit the packets, and a hole ends them', () => {
  const log = { packets: [{}, {}, {}, { seqid: 0 }, {}] }
  assert.is(print('%u', 'q', log, { start: 2 }), '23')
  assert.is(print('%u', 'q', log, { start: 2, stop: 2 }), '2')
  assert.is(print('%u', 'q', log, { start: 3, stop: 2 }), '')
})

test('a format that cannot be printed is refused before the first packet', () => {
  refuses('%u%u', 'q', 'the format code %u has no argument left')
  refuses('%u', 'qSw', "the format has no code left for 'Sw' of its arguments")
  refuses('%d', 'q', "the sequence number 'q' cannot be printed with %d")
  refuses('%T', 'q', "the sequence number 'q' cannot be printed with %T")
  refuses('%d', 'Z', "there is no variable 'Z'")
  refuses('%s', 'S', 'there is no format code %s')
  refuses('100%', '', 'the format ends in a lone %')
  refuses('\\x41', '', 'there is no escape \\x')
  refuses('tail\\', '', 'the format ends in a lone backslash')
})

test('a packet that prints too much is refused, those before it are printed', () => {
  const log = { packets: [{ scheduled: 1n }, { scheduled: 10n }] }
  let printed = ''
  assert.throws(() => {
    for (const chunk of printPackets(decodeDat(datBytes(log), 'x'), `${'x'.repeat(4093)}%d`, 'S')) printed += chunk
  }, /one packet prints at most 4094 bytes, packet 2 takes more/)
  assert.is(printed.length, 4094)
})

test('many packets come in pieces that fit into memory', () => {
  const log = { packets: Array.from({ length: 20_000 }, () => ({})) }
  const chunks = [...printPackets(decodeDat(datBytes(log), 'x'), '%u\\n', 'q')]
  assert.ok(chunks.length > 1)
  assert.is(chunks.join('').split('\n').length, 20_001)
})

test.run()
