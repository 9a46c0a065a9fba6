import { relative } from 'node:path'
import * as assert from 'uvu/assert'
import { commandAt } from '../fixtures/command.ts'
import { labReason } from '../fixtures/lab.ts'
import { startRun, withRuns } from '../fixtures/run-on-lab.ts'
import { sharedLab } from '../fixtures/shared-lab.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('runner: what is expected of all cells together, on a lab')
const shared = sharedLab({ hosts: ['A', 'C'] })
const reason = labReason()
const limitMs = 90_000

/** A program that prints the number it is given, times x. */
const playbook = (number: number, expect: readonly string[], more: object = {}) =>
  JSON.stringify({
    ...{ name: 'Numbers', hosts: { A: 'root@a', C: 'root@c' }, vars: { interface: 'eth0', x: 1 }, sync: 'none' },
    matrix: { 'vars.x': [1, 2] },
    repeat: 5,
    flows: {
      f: {
        ...{ from: 'A', to: 'C', tool: 'command' },
        command: {
          sender: ['sh', '-c', `echo n $(($0 * ${number}))`, '{{ x }}'],
          lasts: '50ms',
          figures: { n: { regex: 'n (\\d+)', unit: 'ms' } },
        },
      },
    },
    expect,
    ...more,
  })

test.unless(
  reason,
  'lines with a word for how many, or for cells and hosts, are judged when the last cell has ended, and again from the folder',
  shared.on(lab =>
    withRuns(async runs => {
      const expect = ['n < 5ms', 'any: n > 1ms', 'all cell x=1: n == 1ms', 'all host C: n == 2ms']
      const end = await startRun(lab, runs, playbook(1, expect)).ended
      assert.equal([end.code, end.result.verdict], [1, 'fail'], `${JSON.stringify(end.problems)} ${end.stderr}`)
      assert.equal(end.result.cells, { pass: 10, fail: 0, invalid: 0, missing: 0 })
      assert.equal(
        end.result.expectations.map(({ expectation, outcome, flow, value }) => [expectation, outcome, flow, value]),
        [
          ['any: n > 1ms', 'met', 'f in x=2@1', '2ms'],
          ['all cell x=1: n == 1ms', 'met', 'f in x=1@1', '1ms'],
          ['all host C: n == 2ms', 'not met', 'f in x=1@1', '1ms'],
        ],
      )
      assert.match(end.result.reasons.join(), /f in x=1@1: all host C: n == 2ms, got 1ms/)
      const again = await commandAt(runs, ['judge', end.folder])
      assert.is(again.code, 1, again.stderr)
      assert.match(again.stdout, /all host C/)
    }),
  ),
  { limitMs },
)

test.unless(
  reason,
  'a run is held against an earlier one that the playbook names',
  shared.on(lab =>
    withRuns(async runs => {
      const base = await startRun(lab, runs, playbook(100, ['n > 0ms'])).ended
      assert.is(base.code, 0, base.stderr)
      const compared = { compared_to: relative(runs, base.folder) }
      const line = ['n worse_by < 5 %']
      const same = await startRun(lab, runs, playbook(101, line, compared)).ended
      assert.equal(
        [same.code, same.result.expectations.map(({ outcome }) => outcome)],
        [0, ['met', 'met']],
        same.stderr,
      )
      const worse = await startRun(lab, runs, playbook(110, line, compared)).ended
      assert.equal([worse.code, worse.result.verdict], [1, 'fail'], worse.stderr)
      const again = await commandAt(runs, ['judge', worse.folder])
      assert.is(again.code, 1, `the folder knows whom it was compared with: ${again.stderr}`)
    }),
  ),
  { limitMs },
)

test.unless(
  reason,
  'a folder that no run wrote is refused before a host is touched',
  shared.on(lab =>
    withRuns(async runs => {
      const run = startRun(lab, runs, playbook(1, ['n worse_by < 5 %'], { compared_to: 'runs/none' }))
      const { code, stderr } = await run.ended
      assert.is(code, 2, stderr)
      assert.match(stderr, /compared_to: .*runs\/none is no run folder/)
      assert.equal(run.of('host_connected'), [])
    }),
  ),
  { limitMs },
)

test.run()
