import * as assert from 'uvu/assert'
import { lookQuestions, readLook } from '../../src/sync/ptp-look.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('sync/ptp-look')

/** As pmc and phc_ctl of linuxptp 3.1 print it. */
const output = `sending: GET PORT_DATA_SET
	02ae1b.fffe.550001-1 seq 1 RESPONSE MANAGEMENT PORT_DATA_SET 
		portState               SLAVE
		peerMeanPathDelay       504
	02ae1b.fffe.550001-0 seq 2 RESPONSE MANAGEMENT CURRENT_DATA_SET 
		offsetFromMaster 2.0
		meanPathDelay    0.0
	02ae1b.fffe.550001-0 seq 3 RESPONSE MANAGEMENT TIME_STATUS_NP 
		master_offset              2
		gmIdentity                 02ae1b.fffe.550101
	02ae1b.fffe.550001-0 seq 4 RESPONSE MANAGEMENT TIME_PROPERTIES_DATA_SET 
		currentUtcOffset      37
phc_ctl[3903.335]: offset from CLOCK_REALTIME is -37000000001ns

phc_ctl[3903.337]: clock frequency offset is -18180.404663ppb
`

test('a look asks what a gate asks, and the path', () => {
  assert.equal(lookQuestions, [
    ...['GET PORT_DATA_SET', 'GET TIME_STATUS_NP', 'GET TIME_PROPERTIES_DATA_SET', 'GET CURRENT_DATA_SET'],
  ])
})

test('reads offset, path, frequency and the system clock', () => {
  const seen = {
    portState: 'SLAVE',
    phcOffset: 2n,
    grandmaster: '02ae1b.fffe.550101',
    utcOffset: 37,
    pathDelay: 504n,
    frequency: -18_180,
    systemOffset: -1n,
  }
  assert.equal(readLook(output), seen)
  // End to end it is measured at the clock.
  const endToEnd = output.replace('504', '0').replace('meanPathDelay    0.0', 'meanPathDelay    498.0')
  assert.equal(readLook(endToEnd), { ...seen, pathDelay: 498n })
})

test('a grandmaster has no path, and a silent ptp4l says so', () => {
  assert.not.ok('pathDelay' in readLook(output.replace('SLAVE', 'MASTER')))
  assert.match(readLook('').failures?.join() ?? '', /^ptp4l does not tell/)
})

test.run()
