import * as assert from 'uvu/assert'
import { commandLines, outcomeOf, parseEvent } from '../../src/transport/tether-lines.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('transport/tether-lines')

for (const [line, event] of [
  ['@ready 12 13 /tmp/a b', { kind: 'ready', reader: 12, watchdog: 13, folder: '/tmp/a b' }],
  ['@busy me@here for x since now', { kind: 'busy', owner: 'me@here for x since now' }],
  ['@busy ', { kind: 'busy', owner: '' }],
  ['@refused the program setsid is missing', { kind: 'refused', reason: 'the program setsid is missing' }],
  ['@beat 7', { kind: 'beat', n: 7 }],
  ['@started 000003 4711', { kind: 'started', n: 3, pid: 4711 }],
  ['@failed 000003 ended with 1', { kind: 'failed', n: 3, reason: 'ended with 1' }],
  ['@exited 000003 143', { kind: 'exited', n: 3, status: 143 }],
  ['@exited 000003 -', { kind: 'exited', n: 3, status: undefined }],
  ['@stopped 000003', { kind: 'stopped', n: 3, left: [] }],
  ['@stopped 000003 12:345 13:346', { kind: 'stopped', n: 3, left: [12, 13] }],
  ['@told 000005', { kind: 'told', n: 5 }],
  ['@undo 000004 3 sorry about that', { kind: 'undo', n: 4, status: 3, said: 'sorry about that' }],
  ['@left folder /tmp/x', { kind: 'left', what: 'folder /tmp/x' }],
  ['@ended', { kind: 'ended' }],
  ['Welcome to this host!', undefined],
  ['@nonsense 1', undefined],
  ['', undefined],
] as const) {
  test(`event ${JSON.stringify(line)}`, () => assert.equal(parseEvent(line), event))
}

test('a command is one line, whatever its words hold', () =>
  assert.is(
    commandLines.start(3, {
      log: 'x.log',
      cwd: '',
      pidFile: '',
      pidFileWaitS: 10,
      litter: '/s.',
      leads: true,
      argv: ['a\nb', "it's"],
    }),
    `start 000003 'x.log' '' '' '10' '/s.' 'leads' 'a'"$nl"'b' 'it'\\''s'`,
  ))

for (const [status, outcome] of [
  [0, { code: 0 }],
  [127, { code: 127 }],
  [137, { code: undefined, signal: 'SIGKILL' }],
  [255, { code: 255 }],
  [undefined, { code: undefined }],
] as const) {
  test(`exit status ${status}`, () => assert.equal(outcomeOf(status), outcome))
}

test.run()
