import * as assert from 'uvu/assert'
import { pmcQuestions, readPhcCompare, readPmc } from '../../src/sync/pmc-answers.ts'
import { usualRequirements } from '../../src/sync/requirement.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('sync/pmc-answers')

const answers = `sending: GET PORT_DATA_SET
	0a4b5c.fffe.010203-1 seq 0 RESPONSE MANAGEMENT PORT_DATA_SET 
		portIdentity            0a4b5c.fffe.010203-1
		portState               SLAVE
		logMinDelayReqInterval  0
sending: GET TIME_STATUS_NP
	0a4b5c.fffe.010203-0 seq 1 RESPONSE MANAGEMENT TIME_STATUS_NP 
		master_offset              -12
		ingress_time               1772355600000000000
		gmPresent                  true
		gmIdentity                 001122.fffe.334455
sending: GET TIME_PROPERTIES_DATA_SET
	0a4b5c.fffe.010203-0 seq 2 RESPONSE MANAGEMENT TIME_PROPERTIES_DATA_SET 
		currentUtcOffset      37
		leap61                0
`

test('what ptp4l tells pmc is a reading', () => {
  assert.equal(readPmc(answers, usualRequirements), {
    portState: 'SLAVE',
    phcOffset: -12n,
    grandmaster: '001122.fffe.334455',
    utcOffset: 37,
  })
})

test('what is not told is a failure, by name', () => {
  const { failures } = readPmc(
    answers.replace(/sending: GET TIME_STATUS_NP[\s\S]*?gmIdentity.*\n/, ''),
    usualRequirements,
  )
  assert.equal(failures, ['ptp4l does not tell the offset of its PHC'])
  assert.equal(readPmc('sending: GET PORT_DATA_SET\n', usualRequirements).failures, [
    'ptp4l does not tell the state of its port, the offset of its PHC, its UTC offset',
  ])
})

test('what is not required is not asked, and not missed', () => {
  assert.equal(pmcQuestions(['link']), [])
  assert.equal(pmcQuestions(['phc2sys']), ['GET TIME_PROPERTIES_DATA_SET'])
  assert.equal(pmcQuestions(['path-delay', 'same-grandmaster']), ['GET PORT_DATA_SET', 'GET TIME_STATUS_NP'])
  assert.equal(readPmc('', ['link']), {})
  assert.equal(readPmc('', ['phc2sys']).failures, ['ptp4l does not tell its UTC offset'])
})

test('phc_ctl compares a PHC with the system clock', () => {
  assert.is(readPhcCompare('phc_ctl[31.459]: offset from CLOCK_REALTIME is -37000000123ns\n'), -37_000_000_123n)
  assert.is(readPhcCompare('phc_ctl: cannot open eth0'), undefined)
})

test.run()
