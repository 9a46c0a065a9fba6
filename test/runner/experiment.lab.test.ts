import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { main } from '../../src/cli/main.ts'
import { stateOf, untilAsFound } from '../fixtures/host-state.ts'
import { keptIo } from '../fixtures/io.ts'
import { killedAndResumed, quick } from '../fixtures/killed-experiment.ts'
import { labReason } from '../fixtures/lab.ts'
import { type RunEnd, startRun, withRuns } from '../fixtures/run-on-lab.ts'
import { sharedLab } from '../fixtures/shared-lab.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('runner: experiments, on a lab')
const shared = sharedLab({ hosts: ['A', 'C'], fastPtp: true })
const reason = labReason()

const cellsIn = (folder: string) => readdirSync(join(folder, 'cells')).sort()
const why = ({ problems, stderr }: RunEnd) => `${JSON.stringify(problems)} ${stderr}`

test.unless(
  reason,
  'playbooks/ping-sizes.yml: every cell has a folder and a verdict, on hosts that were connected to once',
  shared.on(lab =>
    withRuns(async runs => {
      const before = stateOf(lab)
      const run = startRun(lab, runs, readFileSync('playbooks/ping-sizes.yml', 'utf8'))
      const end = await run.ended
      assert.is(end.code, 0, why(end))
      assert.is(run.of('host_connected').length, 2)
      assert.is(run.of('cell_ended').length, 12)
      assert.equal(end.result.cells, { pass: 12, fail: 0, invalid: 0, missing: 0 })
      const folders = cellsIn(end.folder)
      assert.is(folders.length, 12)
      for (const each of folders) {
        const own = (file: string) => readFileSync(join(end.folder, 'cells', each, file), 'utf8')
        const result = JSON.parse(own('result.json'))
        assert.equal([result.verdict, result.flows.length, result.expectations.length], ['pass', 1, 2], each)
        // What its programs printed is its own: the size is in the words of ping.
        const [, size] = /s=(\d+)/.exec(each) ?? []
        assert.match(own('flows/echo.sender.out'), new RegExp(` ${size}\\(\\d+\\) bytes of data`), each)
        assert.ok(existsSync(join(end.folder, 'cells', each, 'report.html')), each)
      }
      const order = run.of('cell_started').map(({ cell }) => cell)
      assert.equal([...order].sort(), folders)
      assert.equal(new Set(order.slice(0, 4).map(cell => cell.split('@')[1])), new Set(['1']))
      const csv = readFileSync(join(end.folder, 'cells.csv'), 'utf8').trimEnd().split('\r\n')
      assert.is(csv.filter(line => line.includes(',echo,rtt.mean,ns,3,')).length, 4, csv.join('\n'))
      assert.match(readFileSync(join(end.folder, 'report.html'), 'utf8'), /href="cells\/s%3D56%2Ci%3D10ms%401\//)
      await untilAsFound(lab, before)
    }),
  ),
  { limitMs: 120_000 },
)

test.unless(
  reason,
  'clocks are brought into step once, every cell waits at a gate of its own, and receivers that are started alike go on',
  shared.on(lab =>
    withRuns(async runs => {
      const playbook = `name: Frames
hosts: {A: root@a, C: root@c}
vars: {interface: eth0}
sync:
  ptp4l: -2 -P --step_threshold 0.00002 --logSyncInterval -3 --logAnnounceInterval -1 --logMinPdelayReqInterval -2
  phc2sys: -a -rr -R 8 --step_threshold 0.00002
  gate: {offset: 100us, timeout: 30s}
isochron: {num-frames: 20, cycle-time: 2ms}
flows:
  a: {from: A, to: C}
matrix: {isochron.frame-size: [64, 512], isochron.etype: ["0xdead", "0xdeaf"]}
expect: [lost == 0]
`
      const run = startRun(lab, runs, playbook)
      const end = await run.ended
      assert.is(end.code, 0, why(end))
      const starts = run.of('process_started').map(({ host, process }) => `${host} ${process}`)
      const count = (name: string) => starts.filter(each => each === name).length
      assert.equal(['A ptp4l', 'C ptp4l', 'A phc2sys', 'C phc2sys'].map(count), [1, 1, 1, 1])
      // The order is 64/dead, 64/deaf, 512/dead, 512/deaf: each cell has another etype than the one before.
      assert.equal([count('C rcv-a'), count('A daemon-a')], [4, 1])
      assert.is(run.of('gate_passed').length, 4)
      for (const each of cellsIn(end.folder)) {
        const sync = readFileSync(join(end.folder, 'cells', each, 'sync.ndjson'), 'utf8')
        assert.match(sync, /"phase":"gate"/, each)
        assert.ok(existsSync(join(end.folder, 'cells', each, 'flows', 'a.dat')), each)
      }
      assert.ok(end.files.includes('hosts/A/ptp4l.log'))
    }),
  ),
  { limitMs: 120_000 },
)

test.unless(
  reason,
  'hosts are brought up anew where a configuration wants them otherwise, and a cell that fails stops no other',
  shared.on(lab =>
    withRuns(async runs => {
      const before = stateOf(lab)
      const more = `setup:
  - run: echo {{ word }} > /tmp/word
after:
  - run: rm /tmp/word
matrix: {vars.word: [one, two], vars.x: [1, 2]}
expect: [n == 1]
`
      const run = startRun(lab, runs, quick(more))
      const end = await run.ended
      assert.is(end.code, 1, why(end))
      assert.equal(
        run.of('cell_ended').map(({ cell, verdict }) => [cell, verdict]),
        [
          ['word=one,x=1@1', 'pass'],
          ['word=one,x=2@1', 'fail'],
          ['word=two,x=1@1', 'pass'],
          ['word=two,x=2@1', 'fail'],
        ],
      )
      // What a step names may be any variable, so x brings the hosts down as well.
      assert.is(run.of('host_connected').length, 8)
      assert.equal(end.result.reasons.length, 2)
      assert.match(end.result.reasons[0] ?? '', /^word=one,x=2@1: fail: f: n == 1, got 2$/)
      await untilAsFound(lab, before)
    }),
  ),
  { limitMs: 120_000 },
)

test.unless(
  reason,
  'a configuration is repeated until its figure is as precise as it shall be, others as often as they may',
  shared.on(lab =>
    withRuns(async runs => {
      const more = `matrix: {vars.x: [7, $(shuf -n 1 -i 1-1000)]}
repeat: 5
until: 95% interval of n within 1 %
`
      const run = startRun(lab, runs, quick(more).replaceAll("'echo {{ x }} {{ word }}'", '"echo {{ x }}"'))
      const end = await run.ended
      assert.is(end.code, 0, why(end))
      const cells = run.of('cell_ended').map(({ cell }) => cell)
      assert.equal(
        cells.filter(cell => cell.startsWith('x=7@')),
        ['x=7@1', 'x=7@2', 'x=7@3'],
      )
      assert.is(cells.length, 8)
      assert.equal(end.result.cells, { pass: 8, fail: 0, invalid: 0, missing: 0 })
    }),
  ),
  { limitMs: 60_000 },
)

test.unless(
  reason,
  'a cell that misses a condition of valid is invalid, whatever is expected of it',
  shared.on(lab =>
    withRuns(async runs => {
      const run = startRun(lab, runs, quick('matrix: {vars.x: [1, 2]}\nvalid: n != 2\nexpect: n <= 2\n'))
      const end = await run.ended
      assert.is(end.code, 3, why(end))
      assert.equal(
        run.of('cell_ended').map(({ verdict, reasons }) => [verdict, reasons]),
        [
          ['pass', []],
          ['invalid', ['f: valid needs n != 2, got 2']],
        ],
      )
      const judged = await lockstep(runs, 'judge', end.folder, '--expect', 'n <= 2')
      assert.is(judged.code, 3)
      assert.match(judged.stdout, /the cell does not count: f: valid needs n != 2, got 2/)
    }),
  ),
  { limitMs: 60_000 },
)

test.unless(
  reason,
  'what a configuration lacks on a host is said before its first cell',
  shared.on(lab =>
    withRuns(async runs => {
      const captures = '[{on: A, interface: eth0}, {on: A, interface: eth7}]'
      const end = await startRun(lab, runs, quick(`matrix: {vars.x: [1], capture: ${captures}}\n`)).ended
      assert.is(end.code, 4, why(end))
      assert.match(why(end), /eth7/)
      assert.not.ok(end.files.some(file => file.startsWith('cells/')))
    }),
  ),
  { limitMs: 60_000 },
)

test.unless(
  reason,
  'kill -9 at any moment and resume: in the end every cell has come to one verdict, in the order of the seed',
  shared.on(lab => withRuns(runs => killedAndResumed(lab, runs, 4))),
  { limitMs: 300_000 },
)

test.unless(
  reason,
  'an experiment goes on after Ctrl-C with what was said before, and not with another playbook',
  shared.on(lab =>
    withRuns(async runs => {
      const text = quick('matrix: {vars.x: [1, 2, 3]}\nexpect: [n <= 2]\n')
      const run = startRun(lab, runs, text)
      await run.until('cell_ended')
      run.interrupt()
      const end = await run.ended
      assert.is(end.code, 130, why(end))
      const done = run.of('cell_ended').filter(({ verdict }) => verdict !== undefined).length
      const resume = (...args: string[]) => lockstep(runs, 'resume', end.folder, '--json', ...args)
      writeFileSync(join(runs, 'test.yml'), text.replace("'echo ", "'echo 0"))
      const refused = await resume()
      assert.is(refused.code, 2)
      assert.match(
        refused.stderr,
        /cannot go on as it began: flows\.f\.command\.sender: was .*, is .* \(in \d of 3 conf/,
      )
      writeFileSync(join(runs, 'test.yml'), text.replace('n <= 2', 'n <= 1'))
      const went = await resume()
      assert.is(went.code, 1, went.stderr)
      assert.is(went.stdout.match(/"kind":"cell_started"/g)?.length, 3 - done)
      writeFileSync(join(runs, 'test.yml'), text.replace('n <= 2', 'n <= 3'))
      const retried = await resume('--retry', 'failed')
      assert.is(retried.code, 0, retried.stderr)
    }),
  ),
  { limitMs: 90_000 },
)

async function lockstep(cwd: string, ...args: string[]) {
  const { io, stdout, stderr } = keptIo(cwd)
  const code = await main(args, { ...io, env: { PATH: process.env['PATH'] } })
  return { code, stdout: stdout(), stderr: stderr() }
}

test.run()
