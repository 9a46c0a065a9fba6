import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import * as assert from 'uvu/assert'
import type { Code } from '../../src/errors/codes.ts'
import { LockstepError } from '../../src/errors/error.ts'
import { type DatFile, decodeDat, encodeDat } from '../../src/stats/dat-file.ts'
import { ns, tai } from '../../src/units/quantity.ts'
import { datBytes } from '../fixtures/dat-bytes.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('dat file')

const noFlags = { syncOmitted: false, txTimestamps: false, taprio: false, txtime: false, deadline: false }
const header = {
  packetCount: 1,
  frameSize: 1500,
  flags: { ...noFlags, syncOmitted: true, txTimestamps: true },
  baseTime: tai(-100n),
  advanceTime: ns(9_000_000n),
  shiftTime: ns(-1n),
  cycleTime: ns(10_000_000n),
  windowSize: ns(1_000_000n),
}
// Written from the table of the layout, not by the encoder.
const headerHex = [
  '49534f4348524f4e', // ISOCHRON
  '00000004', // version
  '00000001', // packet count
  '05dc', // frame size 1500
  '0003', // flags: sync omitted, TX timestamps
  '00000000', // reserved
  'ffffffffffffff9c', // base time -100
  '0000000000895440', // advance time 9 000 000
  'ffffffffffffffff', // shift time -1
  '0000000000989680', // cycle time 10 000 000
  '00000000000f4240', // window size 1 000 000
  '0000000000000060', // the sender's log starts at 96
  '0000000000000090', // the receiver's at 144
  '00000030', // 48 bytes
  '00000020', // 32 bytes
  '0000000000000000', // reserved
].join('')
const sender = Buffer.alloc(48, 0x11)
const receiver = Buffer.alloc(32, 0x22)

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const refuses = (code: Code, message: RegExp, act: () => unknown) =>
  assert.throws(
    act,
    (error: unknown) => error instanceof LockstepError && error.code === code && message.test(error.message),
  )

test('a packet log is written byte for byte as the layout says', () => {
  const expected = headerHex + '11'.repeat(48) + '22'.repeat(32)
  assert.is(hex(encodeDat({ header, sender, receiver })), expected)
})

test('a packet log is read field by field', () => {
  const file = decodeDat(Buffer.from(headerHex + '11'.repeat(48) + '22'.repeat(32), 'hex'), 'x.dat')
  assert.equal(file.header, header)
  assert.is(hex(file.sender), '11'.repeat(48))
  assert.is(hex(file.receiver), '22'.repeat(32))
})

test('each flag has its bit', () => {
  const bits = { syncOmitted: 1, txTimestamps: 2, taprio: 4, txtime: 8, deadline: 16 } as const
  for (const [flag, bit] of Object.entries(bits)) {
    const bytes = encodeDat({ header: { ...header, flags: { ...noFlags, [flag]: true } }, sender, receiver })
    assert.is(bytes.readUInt16BE(18), bit, flag)
    assert.is(decodeDat(bytes, 'x').header.flags[flag as keyof typeof bits], true, flag)
  }
})

test('an empty log is never written: zeros stand for packets not sent and not received', () => {
  const file = decodeDat(
    encodeDat({ header: { ...header, packetCount: 3 }, sender: Buffer.alloc(0), receiver: Buffer.alloc(0) }),
    'x',
  )
  assert.is(hex(file.sender), '00'.repeat(48 * 3))
  assert.is(hex(file.receiver), '00'.repeat(32 * 3))
})

test('a log shorter than the packet count is filled up, a longer one is kept', () => {
  const short = decodeDat(encodeDat({ header: { ...header, packetCount: 2 }, sender, receiver }), 'x')
  assert.is(hex(short.sender), '11'.repeat(48) + '00'.repeat(48))
  assert.is(hex(short.receiver), '22'.repeat(32) + '00'.repeat(32))
  const long = { header, sender: Buffer.alloc(96, 0x11), receiver: Buffer.alloc(96, 0x22) }
  assert.is(decodeDat(encodeDat(long), 'x').receiver.length, 96)
})

test('what the writer cannot write is refused', () => {
  const write = (part: Partial<DatFile['header']>, more: Partial<DatFile> = {}) =>
    encodeDat({ header: { ...header, ...part }, sender, receiver, ...more })
  refuses('DAT_EMPTY', /at least one packet, got 0/, () => write({ packetCount: 0 }))
  refuses('DAT_LAYOUT', /at most 89478485 packets, got 89478486/, () => write({ packetCount: 89_478_486 }))
  refuses('DAT_LAYOUT', /sender log has records of 48 bytes, got 49/, () => write({}, { sender: Buffer.alloc(49) }))
  refuses('DAT_LAYOUT', /receiver log has records of 32 bytes, got 31/, () => write({}, { receiver: Buffer.alloc(31) }))
})

test('a file that is no packet log, or a broken one, is refused by name', () => {
  const good = Buffer.from(headerHex + '11'.repeat(48) + '22'.repeat(32), 'hex')
  const broken = (change: (bytes: Buffer) => void) => {
    const bytes = Buffer.from(good)
    change(bytes)
    return () => decodeDat(bytes, 'x.dat')
  }
  refuses('DAT_MAGIC', /x\.dat does not begin with ISOCHRON/, () => decodeDat(Buffer.alloc(0), 'x.dat'))
  refuses(
    'DAT_MAGIC',
    /x\.dat/,
    broken(bytes => bytes.write('ISOCHROM')),
  )
  refuses(
    'DAT_VERSION',
    /log version 7, known is 4/,
    broken(bytes => bytes.writeUInt32BE(7, 8)),
  )
  refuses('DAT_TRUNCATED', /header of x\.dat is 96 bytes, got 95/, () => decodeDat(good.subarray(0, 95), 'x.dat'))
  refuses('DAT_TRUNCATED', /receiver log of x\.dat ends at byte 176, the file at 175/, () =>
    decodeDat(good.subarray(0, 175), 'x.dat'),
  )
  refuses(
    'DAT_TRUNCATED',
    /ends at byte 18446744073709551663/,
    broken(bytes => bytes.fill(0xff, 64, 72)),
  )
  refuses(
    'DAT_LAYOUT',
    /begins at byte 95, inside the header/,
    broken(bytes => bytes.writeBigUInt64BE(95n, 64)),
  )
  refuses(
    'DAT_LAYOUT',
    /records of 48 bytes, got 47/,
    broken(bytes => bytes.writeUInt32BE(47, 80)),
  )
  refuses(
    'DAT_EMPTY',
    /receiver log of x\.dat has no record/,
    broken(bytes => bytes.writeUInt32BE(0, 84)),
  )
})

test('a file cut at any position is refused, never half read', () => {
  const good = encodeDat({ header, sender, receiver })
  for (let length = 0; length < good.length; length++)
    assert.throws(
      () => decodeDat(good.subarray(0, length), 'x'),
      (error: unknown) => error instanceof LockstepError,
    )
})

test('the logs need not touch each other nor begin at an aligned address', () => {
  const packets = [{ scheduled: 5n, arrival: 7n }]
  const bytes = Buffer.concat([Buffer.from('x'), datBytes({ packets, gap: 13 })]).subarray(1)
  const file = decodeDat(bytes, 'x')
  assert.is(hex(file.sender), hex(decodeDat(datBytes({ packets }), 'x').sender))
  assert.is(hex(file.receiver), hex(decodeDat(datBytes({ packets }), 'x').receiver))
})

test('what the real isochron wrote is written back byte for byte', () => {
  for (const name of ['tenframes-a', 'small-b', 'omitsync-a', 'thousand-a']) {
    const bytes = readFileSync(`test/fixtures/dat/${name}.dat`)
    assert.is(hex(encodeDat(decodeDat(bytes, name))), hex(bytes), name)
  }
})

test('every header and every log survive writing and reading', () => {
  const i64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
  const bit = fc.boolean()
  const plain = { noNullPrototype: true } as const
  const made = fc.integer({ min: 1, max: 20 }).chain(packetCount =>
    fc.record({
      header: fc.record(
        {
          packetCount: fc.constant(packetCount),
          frameSize: fc.integer({ min: 0, max: 65_535 }),
          flags: fc.record({ syncOmitted: bit, txTimestamps: bit, taprio: bit, txtime: bit, deadline: bit }, plain),
          baseTime: i64.map(tai),
          advanceTime: i64.map(ns),
          shiftTime: i64.map(ns),
          cycleTime: i64.map(ns),
          windowSize: i64.map(ns),
        },
        plain,
      ),
      sender: fc.uint8Array({ minLength: 48 * packetCount, maxLength: 48 * packetCount }),
      receiver: fc.uint8Array({ minLength: 32 * packetCount, maxLength: 32 * packetCount }),
    }),
  )
  fc.assert(
    fc.property(made, file => {
      const read = decodeDat(encodeDat(file), 'x')
      assert.equal(read.header, file.header)
      assert.is(hex(read.sender), hex(file.sender))
      assert.is(hex(read.receiver), hex(file.receiver))
    }),
  )
})

test.run()
