import * as assert from 'uvu/assert'
import { LockstepError } from '../../src/errors/error.ts'
import { tai } from '../../src/units/quantity.ts'
import { mergeLogs, packetLog } from '../../src/wire/packet-log.ts'
import { decodeValue, encodeValue } from '../../src/wire/payload.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('wire: packet log')
const hex = (text: string) => Buffer.from(text.replaceAll(/\s/g, ''), 'hex')

// Offsets as in the record tables: seqid, reserved, then i64 fields.
const sender1 = `00000001 00000000
  18ea2a277f654bfb 18ea2a277f654bfc 18ea2a277f654bfd 18ea2a277f654bfe 18ea2a277f654bff`
const sender3 = `00000003 00000000
  0000000000000001 0000000000000002 0000000000000000 0000000000000004 0000000000000005`
const hole48 = '00'.repeat(48)
const receiver2 = '00000002 00000000 0000000000000010 0000000000000020 000000089d5f3200'
const hole32 = '00'.repeat(32)

const refusal = (work: () => unknown) => {
  try {
    work()
  } catch (error) {
    if (error instanceof LockstepError) return `${error.code}: ${error.message}`
    throw error
  }
  return 'accepted'
}

test('the payload of LOG gives the records as they came', () => {
  const records = decodeValue('log', hex(`00000004 00000020 ${receiver2}`))
  assert.is(records.toString('hex'), hex(receiver2).toString('hex'))
  assert.is(encodeValue('log', records).toString('hex'), hex(`00000004 00000020 ${receiver2}`).toString('hex'))
})

for (const [what, payload, said] of [
  ['another version', '00000003 00000000', 'WIRE_PAYLOAD: LOG: expected log version 4, got 3'],
  ['a length above what came', '00000004 00000020 00', 'WIRE_PAYLOAD: LOG: log says 32 bytes of records, got 1'],
  ['a length below what came', '00000004 00000000 00', 'WIRE_PAYLOAD: LOG: log says 0 bytes of records, got 1'],
  ['half a header', '00000004', 'WIRE_PAYLOAD: LOG: log is at least 8 bytes on the wire, got 4'],
] as const)
  test(`a log of ${what} is refused`, () =>
    assert.is(
      refusal(() => decodeValue('log', hex(payload))),
      said,
    ))

test('a sender log is read record by record, a hole is nothing', () => {
  const log = packetLog('sender', hex(sender1 + hole48 + sender3))
  assert.equal([log.size, log.recorded()], [3, 2])
  assert.equal(log.at(1), {
    seqid: 1,
    scheduled: tai(1_795_293_750_590_000_123n),
    wakeup: tai(1_795_293_750_590_000_124n),
    hardware: tai(1_795_293_750_590_000_125n),
    software: tai(1_795_293_750_590_000_126n),
    queued: tai(1_795_293_750_590_000_127n),
  })
  assert.is(log.at(2), undefined)
  assert.is(log.at(3)?.hardware, 0n)
  assert.equal([log.at(0), log.at(4), log.at(1.5)], [undefined, undefined, undefined])
})

test('a receiver log is read record by record', () => {
  const log = packetLog('receiver', hex(hole32 + receiver2))
  assert.equal([log.size, log.recorded(), log.at(1)], [2, 1, undefined])
  assert.equal(log.at(2), { seqid: 2, arrival: tai(16n), hardware: tai(32n), software: tai(37_000_000_000n) })
})

test('bytes that are not whole records are refused', () => {
  assert.is(
    refusal(() => packetLog('sender', Buffer.alloc(32))),
    'WIRE_LOG: expected whole records of 48 bytes, got 32 bytes',
  )
  assert.is(
    refusal(() => packetLog('receiver', Buffer.alloc(32))),
    'accepted',
  )
})

test('two readings of a drained log merge by seqid, the later one wins', () => {
  const stale3 = sender3.replace('0000000000000001', '00000000000000ff')
  const earlier = packetLog('sender', hex(sender1 + hole48 + stale3))
  const later = packetLog('sender', hex(hole48 + hole48 + sender3))
  assert.is(mergeLogs(earlier, later).bytes.toString('hex'), hex(sender1 + hole48 + sender3).toString('hex'))
  assert.is(earlier.bytes.toString('hex'), hex(sender1 + hole48 + stale3).toString('hex'))
})

test('an empty log adds nothing, a log of another test is refused', () => {
  const one = packetLog('receiver', hex(hole32))
  const two = packetLog('receiver', hex(hole32 + receiver2))
  const empty = packetLog('receiver', Buffer.alloc(0))
  assert.is(mergeLogs(empty, two), two)
  assert.is(mergeLogs(two, empty), two)
  assert.is(
    refusal(() => mergeLogs(two, one)),
    'WIRE_LOG: expected a log of 2 records to merge with, got 1',
  )
})

test.run()
