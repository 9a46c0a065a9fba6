import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { ptpMessages, readPtpAnswers } from '../../src/sync/pmc-answers.ts'
import { decodePtpAnswer, encodePtpGet } from '../../src/sync/ptp-management.ts'
import { usualRequirements } from '../../src/sync/requirement.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('sync/ptp-management')

/** What ptp4l 3.1.1 of domain 24 and transportSpecific 1 answered to the messages below. */
const captured = {
  port: '1d0200501800000000000000000000000000000002402ffffe36000100010001047f00000000000000000001000002000001001c200402402ffffe360001000104000000000000000000010300020002',
  status:
    '1d0200681800000000000000000000000000000002402ffffe36000100000002047f000000000000000000010000020000010034c00000000000000000000000000000000000000000000000000000000000000000000000000000000000000002402ffffe360001',
  properties:
    '1d02003a1800000000000000000000000000000002402ffffe36000100000003047f0000000000000000000100000200000100062003002508a0',
}
const bytes = Object.values(captured).map(hex => Buffer.from(hex, 'hex'))
const gptp = { domainNumber: 24, transportSpecific: 1 }

test('questions carry the domain, and a number that their answers have too', () => {
  const messages = ptpMessages(usualRequirements, gptp)
  assert.is(messages.length, 3)
  for (const [i, message] of messages.entries()) {
    const answer = bytes[i] as Buffer
    assert.is(message.length, answer.length)
    // Type, version, length and domain; number, control and interval; kind of TLV, its length and its id.
    for (const [from, to] of [
      [0, 5],
      [30, 32],
      [32, 33],
      [48, 54],
    ] as const)
      assert.equal(message.subarray(from, to), answer.subarray(from, to), `octets ${from} to ${to} of ${i}`)
    assert.is(message.readUInt8(46), 0, 'a GET')
    assert.is(decodePtpAnswer(message), undefined, 'a question is no answer')
  }
})

test('what ptp4l answered is a reading', () => {
  assert.equal(readPtpAnswers(bytes, usualRequirements), {
    portState: 'LISTENING',
    phcOffset: 0n,
    grandmaster: '02402f.fffe.360001',
    utcOffset: 37,
  })
})

test('offsets have a sign, and of several ports the first counts', () => {
  const status = Buffer.from(captured.status, 'hex')
  status.writeBigInt64BE(-1_234_567_890_123n, 54)
  const second = Buffer.from(captured.port, 'hex')
  second.writeUInt8(9, 64)
  const reading = readPtpAnswers([status, bytes[0] as Buffer, second], ['ptp'])
  assert.equal([reading.phcOffset, reading.portState], [-1_234_567_890_123n, 'LISTENING'])
})

test('what is not answered, or with an error, is missed by name', () => {
  const refused = Buffer.from(captured.status, 'hex')
  refused.writeUInt16BE(2, 48)
  assert.equal(readPtpAnswers([bytes[0] as Buffer, refused], usualRequirements).failures, [
    'ptp4l does not tell the offset of its PHC, its UTC offset',
  ])
  assert.equal(readPtpAnswers([], ['link']), {})
})

test('nothing that comes over the socket throws', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), octets => {
      decodePtpAnswer(Buffer.from(octets))
    }),
  )
  for (const answer of bytes)
    for (let length = 0; length < answer.length; length++)
      assert.is(decodePtpAnswer(answer.subarray(0, length)), undefined)
  assert.is(encodePtpGet('PORT_DATA_SET', 7, gptp).readUInt16BE(30), 7)
})

test.run()
