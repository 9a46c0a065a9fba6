import * as assert from 'uvu/assert'
import { readPtpState, systemAhead } from '../../src/sync/ptp-state.ts'
import { ns } from '../../src/units/quantity.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('sync/ptp-state')

/** As pmc of linuxptp 3.1 prints it. */
const answers = `sending: GET DEFAULT_DATA_SET
	02ae1b.fffe.550001-0 seq 0 RESPONSE MANAGEMENT DEFAULT_DATA_SET 
		clockIdentity           02ae1b.fffe.550001
		domainNumber            24
	02ae1b.fffe.550001-1 seq 1 RESPONSE MANAGEMENT PORT_DATA_SET 
		portState               SLAVE
		delayMechanism          2
	02ae1b.fffe.550001-0 seq 3 RESPONSE MANAGEMENT TIME_STATUS_NP 
		master_offset              2
		gmIdentity                 02ae1b.fffe.550101
	02ae1b.fffe.550001-0 seq 4 RESPONSE MANAGEMENT TIME_PROPERTIES_DATA_SET 
		currentUtcOffset      37
		currentUtcOffsetValid 0
`

test('what a ptp4l says of itself', () => {
  assert.equal(readPtpState(answers), {
    domain: 24,
    delayMechanism: 'P2P',
    portState: 'SLAVE',
    grandmaster: '02ae1b.fffe.550101',
    utcOffset: 37,
  })
  assert.is(
    readPtpState(answers.replace('delayMechanism          2', 'delayMechanism          1'))?.delayMechanism,
    'E2E',
  )
})

test('one that is silent says nothing', () => assert.is(readPtpState('sending: GET DEFAULT_DATA_SET\n'), undefined))

test('a system clock on UTC is right against a PHC on TAI', () => {
  assert.is(systemAhead(ns(-37_000_000_120n), 37), -120n)
})

test.run()
