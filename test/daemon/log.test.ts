import { closeSync, fstatSync, openSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { isJournal, type Log, type LogFields, logTo } from '../../src/daemon/log.ts'
import { LockstepError } from '../../src/errors/error.ts'
import { withFolder } from '../fixtures/scratch.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('the log')

function linesOf(use: (log: Log) => void, prefixed = false): string[] {
  const lines: string[] = []
  use(logTo(line => lines.push(line), { now: () => 1_700_000_000_123, prefixed }))
  return lines
}

test('a line says when, how grave, what and about whom', () => {
  assert.equal(
    linesOf(log => log('info', 'held', { rid: 'r1', identity: 'alice', ms: 1.5, killed: false, startErrorNs: 12n })),
    [
      '{"time":"2023-11-14T22:13:20.123Z","level":"info","event":"held","rid":"r1","identity":"alice","killed":false,"startErrorNs":"12","ms":1.5}\n',
    ],
  )
})

test('an error is told by its code and message, not by what is behind it', () => {
  const cause = new Error('password=hunter2')
  const [line = ''] = linesOf(log =>
    log.failure('start failed', new LockstepError('BOOK_PROCESS', 'it ended early', { hint: 'look', cause }), {
      rid: 'r',
    }),
  )
  const { time: _, ...said } = JSON.parse(line)
  assert.equal(said, {
    ...{ level: 'error', event: 'start failed', rid: 'r', code: 'BOOK_PROCESS' },
    ...{ message: 'it ended early', hint: 'look' },
  })
  assert.is(JSON.parse(linesOf(log => log.failure('x', 'text'))[0] ?? '').message, 'text')
})

test('what has no place in the log is not in it, however it is passed', () => {
  const secret = 'c2VjcmV0'
  const given = {
    rid: 'r',
    groupKey: secret,
    identity: { key: secret },
    left: [secret],
    reason: new Map([['k', secret]]),
  }
  const [line = ''] = linesOf(log => log('info', 'confirmed', given as LogFields))
  assert.not.ok(line.includes(secret))
  assert.is(JSON.parse(line).unsaid, 1)
})

test('whatever is said, it is one line of JSON with our own event', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.dictionary(fc.string({ unit: 'binary' }), fc.anything()),
      (text, more) => {
        const lines = linesOf(log => log('notice', 'refused', { message: text, ...more } as LogFields))
        assert.is(lines.length, 1)
        assert.is(lines[0]?.indexOf('\n'), (lines[0]?.length ?? 0) - 1)
        const said = JSON.parse(lines[0] ?? '')
        assert.equal([said.event, said.level], ['refused', 'notice'])
      },
    ),
  )
})

test('the journal gets the level in front, and only the journal', () =>
  withFolder(async folder => {
    assert.match(linesOf(log => log('warning', 'overstay', { rid: 'r' }), true)[0] ?? '', /^<4>\{"time"/)
    const fd = openSync(join(folder, 'stderr'), 'w')
    const { dev, ino } = fstatSync(fd)
    assert.ok(isJournal(`${dev}:${ino}`, fd))
    assert.not(isJournal(`${dev}:${ino + 1}`, fd))
    assert.not(isJournal(undefined, fd))
    closeSync(fd)
  }))

test.run()
