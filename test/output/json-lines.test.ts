import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import * as assert from 'uvu/assert'
import { LockstepError } from '../../src/errors/error.ts'
import { toJsonLine } from '../../src/output/json-lines.ts'
import { rendererFor } from '../../src/output/renderer.ts'
import type { RunEvent } from '../../src/runner/events.ts'
import { gateDeadline, toEvents, twoSendersPass } from '../fixtures/events.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('output/json-lines')

async function play(events: readonly RunEvent[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  // A terminal on stdout makes no difference to --json.
  const written = Promise.all([text(stdout), text(stderr)])
  const renderer = await rendererFor({ stdout: Object.assign(stdout, { isTTY: true }), stderr, env: {}, json: true })
  for (const event of events) renderer.event(event)
  await renderer.end()
  stdout.end()
  stderr.end()
  const [out, err] = await written
  return { stdout: out, stderr: err }
}

test('stdout is one object per event, in order, and nothing else', async () => {
  const { stdout, stderr } = await play(twoSendersPass)
  const lines = stdout.split('\n')
  assert.is(lines.pop(), '')
  assert.equal(
    lines.map(line => JSON.parse(line).kind),
    twoSendersPass.map(({ kind }) => kind),
  )
  assert.is(stderr, '')
})

test('nanoseconds are decimal strings, time and kind come first', () => {
  const started = twoSendersPass.find(({ kind }) => kind === 'traffic_started')
  assert.is(
    toJsonLine(started as RunEvent),
    '{"at":"2026-03-01T09:00:05.210Z","tai":"1772355642210000000","kind":"traffic_started","attempt":1,"flows":[' +
      '{"flow":"a","operBaseTime":"1772355642810000000","frames":"100","cycleTime":"10000000"},' +
      '{"flow":"b","operBaseTime":"1772355642810000100","frames":"100","cycleTime":"10000000"}],"lastsMs":1600}',
  )
})

test('a problem that is a thrown error keeps its message', () => {
  const problem = new LockstepError('USAGE_VALUE', 'no such host', { hint: 'look again' })
  const [event] = toEvents([[0, { kind: 'problem', host: 'A', problem }]])
  assert.is(
    toJsonLine(event as RunEvent),
    '{"at":"2026-03-01T09:00:00.000Z","kind":"problem","host":"A",' +
      '"problem":{"code":"USAGE_VALUE","message":"no such host","hint":"look again"}}',
  )
})

test('problems are said on stderr too', async () => {
  const { stderr } = await play(gateDeadline)
  assert.equal(stderr.split('\n'), [
    'A: the gate did not open within 10s: its PHC is 37s ahead of the grandmaster (limit 100ns)  [USAGE_VALUE]',
    '      hint: 37 s is the UTC offset: one clock runs on UTC, the other on TAI',
    '',
  ])
})

test.run()
