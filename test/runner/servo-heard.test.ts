import * as assert from 'uvu/assert'
import type { HostSession } from '../../src/runner/host-session.ts'
import { logBook } from '../../src/runner/log-book.ts'
import { hearServo, withServo } from '../../src/runner/servo-heard.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('runner/servo-heard')

const line = (frequency: string, pathDelay: number) =>
  `ptp4l[1.0]: master offset -12 s2 freq ${frequency} path delay ${pathDelay}\n`

function heard(...said: readonly string[]) {
  const book = logBook(() => {})
  // Of a session it takes the lines only.
  const servo = hearServo(book as unknown as HostSession)
  for (const each of said) book.add('ptp4l', Buffer.from(each))
  return servo()
}

test('nothing was said, then one line, then what two lines in a row differ by', () => {
  assert.equal(heard(), {})
  assert.equal(heard(line('+345', 499)), { frequency: 345, pathDelay: 499n })
  assert.equal(heard(line('+345', 499), line('-5', 502)), {
    frequency: -5,
    pathDelay: 502n,
    frequencyChange: -350,
    pathDelayChange: 3n,
  })
})

test('a port that changes its state begins anew', () => {
  const state = 'ptp4l[1.0]: port 1: UNCALIBRATED to SLAVE on MASTER_CLOCK_SELECTED\n'
  assert.equal(heard(line('+345', 499), state, line('+1', 2)), { frequency: 1, pathDelay: 2n })
})

test('a reading has it where it is required', async () => {
  const clock = withServo({ mayAskDuringTraffic: true, read: async () => ({ host: 'A', source: 'isochron' }) }, () => ({
    frequency: 3,
  }))
  assert.equal(await clock.read(['link', 'path-delay']), { host: 'A', source: 'isochron', frequency: 3 })
  assert.equal(await clock.read(['link', 'ptp']), { host: 'A', source: 'isochron' })
})

test.run()
