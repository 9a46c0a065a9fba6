import * as assert from 'uvu/assert'
import { checkLines, checkRenderer } from '../../src/output/check-lines.ts'
import type { CheckEvent } from '../../src/runner/check/events.ts'
import { keptIo } from '../fixtures/io.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('output/check-lines')

const hosts = Array.from({ length: 11 }, (_, i) => `h${i + 1}`)
const all = (more: object) => hosts.map(host => ({ host, ...more })) as never

const events: readonly CheckEvent[] = [
  { kind: 'check_started', name: 'Test', hosts },
  { kind: 'host_connected', host: 'h1', tookMs: 12 },
  { kind: 'warning', host: 'h2', message: 'another run holds this host: me', hint: 'a run would be refused now' },
  { kind: 'host_ready', host: 'h1', summary: 'Linux' },
  { kind: 'step_checked', step: 1, phase: 'setup', name: 'All', hosts: all({ outcome: 'would_do', does: 'run: x' }) },
  {
    kind: 'step_checked',
    step: 2,
    phase: 'setup',
    name: 'Some\u001b[31m',
    become: 'root',
    hosts: [
      { host: 'h1', item: 'a', outcome: 'would_do', does: 'run: one\ntwo' },
      { host: 'h2', item: 'a', outcome: 'would_do', does: 'run: one\ntwo' },
      { host: 'h3', outcome: 'skipped' },
      { host: 'h4', outcome: 'unknown', reason: "depends on the result of 'x'" },
      { host: 'h5', outcome: 'holds', does: 'claim: a == 1' },
      { host: 'h6', outcome: 'does_not_hold', does: 'claim: a == 1' },
      { host: 'h7', outcome: 'unknown', does: 'push a to b', reason: 'b does not say' },
      { host: 'h8', outcome: 'wrong', reason: "'x' is not defined" },
    ],
  },
  {
    kind: 'step_checked',
    step: 3,
    phase: 'setup',
    name: 'Files',
    hosts: [
      { host: 'h1', outcome: 'unchanged', does: 'push a to /b', files: [{ path: '/b', outcome: 'unchanged' }] },
      {
        host: 'h2',
        outcome: 'would_do',
        does: 'push a to /b',
        files: [
          { path: '/b', outcome: 'unchanged' },
          { path: '/b/c', outcome: 'change', why: ['content', 'owner'], diff: '--- /b/c\n+++ /b/c\n-1\n+2\n' },
          { path: '/b/d', outcome: 'new' },
        ],
      },
      {
        host: 'h3',
        outcome: 'would_do',
        does: 'pull /x /y',
        files: [
          { path: '/x', outcome: 'found' },
          { path: '/y', outcome: 'missing' },
        ],
      },
    ],
  },
  { kind: 'phase_planned', phase: 'sync', lines: ['h1: ptp4l'] },
  { kind: 'problem', host: 'h9', problem: { code: 'HOST_FACTS', message: 'it is dumb', hint: 'wait' } },
  { kind: 'check_ended', exitCode: 4 },
]

test('a check in lines: phases as headings, hosts at which the same would happen together', () => {
  const linesOf = checkLines()
  assert.is(
    events.flatMap(linesOf).join('\n'),
    `Test: 11 hosts, nothing is changed

connect
  h1: connected in 12ms
  warning: h2: another run holds this host: me
    hint: a run would be refused now
  h1: ready, Linux

setup
  1 All
    h1, h2, h3, h4, h5, h6, h7, h8 and 3 more hosts: would run: x
  2 Some; as root
    h1, h2 (a): would run: one
      two
    h3: skipped
    h4: depends on the result of 'x'
    h5: would claim: a == 1 (it holds)
    h6: would claim: a == 1 (it does not hold now)
    h7: would push a to b: b does not say
    h8: 'x' is not defined
  3 Files
    h1: would push a to /b: unchanged
    h2: would push a to /b
      /b/c: would change (content, owner)
        --- /b/c
        +++ /b/c
        -1
        +2
      /b/d: new
      1 other unchanged
    h3: would pull /x /y
      /x: is there
      /y: nothing there now

sync
  h1: ptp4l
  problem: h9: it is dumb  [HOST_FACTS]
        hint: wait

nothing was changed (exit 4)`,
  )
})

test('with --json every event is an object on a line of stdout; problems are said on stderr as well', () => {
  const { io, stdout, stderr } = keptIo('.')
  const show = checkRenderer({ stdout: io.stdout, stderr: io.stderr, json: true })
  for (const event of events) show(event)
  const lines = stdout().trimEnd().split('\n')
  assert.equal(
    lines.map(line => JSON.parse(line) as unknown),
    JSON.parse(JSON.stringify(events)),
  )
  assert.is(stderr(), 'h9: it is dumb  [HOST_FACTS]\n      hint: wait\n')
})

test.run()
