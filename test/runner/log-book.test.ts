import * as assert from 'uvu/assert'
import { logBook } from '../../src/runner/log-book.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('runner/log-book')

test('bytes go on as they came, lines are whole, a character cut in two is put together', () => {
  const kept: Buffer[] = []
  const book = logBook((_, chunk) => kept.push(chunk))
  const lines: string[] = []
  book.onLine((process, line) => lines.push(`${process}: ${line}`))
  const text = Buffer.from('first\nüber')
  book.add('ptp4l', text.subarray(0, 7))
  book.add('ptp4l', text.subarray(7))
  book.add('phc2sys', Buffer.from('other\n'))
  book.add('ptp4l', Buffer.from(' all\n'))
  assert.equal(lines, ['ptp4l: first', 'phc2sys: other', 'ptp4l: über all'])
  assert.is(Buffer.concat(kept).toString('utf8'), 'first\nüberother\n all\n')
})

test('a line that was there before counts for a waiter, and one that comes later too', async () => {
  const book = logBook(() => {})
  const never = new AbortController().signal
  book.add('ptp4l', Buffer.from('port 1: INITIALIZING to LISTENING\n'))
  await book.untilLogged('ptp4l', /LISTENING/, never)
  const waiting = book.untilLogged('ptp4l', /SLAVE/, never)
  book.add('phc2sys', Buffer.from('SLAVE\n'))
  book.add('ptp4l', Buffer.from('UNCALIBRATED to SLAVE\n'))
  await waiting
})

test('a waiter gives up when it is told to', async () => {
  const book = logBook(() => {})
  const stop = new AbortController()
  const waiting = book.untilLogged('ptp4l', /never/, stop.signal)
  stop.abort(new Error('enough'))
  await waiting.then(
    () => assert.unreachable(),
    error => assert.is(error.message, 'enough'),
  )
})

test('the last lines include one that is not ended, and no empty ones', () => {
  const book = logBook(() => {})
  book.add('rcv-a', Buffer.from('one\n\ntwo\nthr'))
  assert.equal(book.lastLines('rcv-a', 2), ['two', 'thr'])
  assert.equal(book.lastLines('unknown', 2), [])
})

test.run()
