import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { cellsOf, configurationsOf } from '../../src/playbook/cells.ts'
import type { Verdict } from '../../src/runner/events.ts'
import {
  type ExperimentHappening,
  nextRun,
  progressOf,
  type Retry,
  remainingCells,
  wholeLines,
} from '../../src/runner/experiment-log.ts'
import { fromValue } from '../../src/source/node.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('runner/experiment-log')

const at = { file: 'p.yml', line: 1, column: 1 }
/** 3 × 3 cells, 5 times, shuffled: the experiment that the issue kills ten times. */
const configurations = configurationsOf(
  [1n, 2n, 3n].flatMap(x =>
    [10n, 20n, 30n].map(y => [
      { path: ['vars', 'x'], value: fromValue(x, at), at },
      { path: ['vars', 'grün'], value: fromValue(y, at), at },
    ]),
  ),
)
const cells = cellsOf(configurations, { repeat: 5, warmup: 1, seed: 7 })
const outline = { seed: 7, warmup: 1, configurations: configurations.map(({ id }) => ({ id, digest: id })) }
const line = (happening: ExperimentHappening) => Buffer.from(`${JSON.stringify({ at: '2026-11-21', ...happening })}\n`)

const place = { number: 1, of: 1 }

/**
 * An experiment that is killed once it has written `bytes` more: the log as it lies on the disk. It begins with what an
 * earlier one left.
 */
function runUntilKilled(
  log: Buffer,
  bytes: number,
  verdictOf: (cell: string) => Verdict,
  retry: ReadonlySet<Retry>,
): Buffer {
  const { lines, bytes: whole } = wholeLines(log)
  const progress = progressOf(lines)
  let written = log.subarray(0, whole)
  const write = (happening: ExperimentHappening) => {
    written = Buffer.concat([written, line(happening)])
  }
  const todo = remainingCells(cells, progress, retry)
  if (progress.outline === undefined) write({ kind: 'experiment_started', ...outline })
  else write({ kind: 'experiment_resumed', remaining: todo.length })
  for (const { id } of todo) {
    const { run, folder } = nextRun(id, progress)
    write({ kind: 'cell_started', cell: id, run, folder, ...place })
    write({ kind: 'cell_ended', cell: id, run, folder, ...place, verdict: verdictOf(id), reasons: [], tookMs: 50 })
  }
  return written.subarray(0, whole + bytes)
}

const happenings = (log: Buffer) => wholeLines(log).lines.map(each => JSON.parse(each) as ExperimentHappening)
const endings = (log: Buffer) =>
  happenings(log).flatMap(each => (each.kind === 'cell_ended' ? [`${each.cell} ${each.verdict}`] : []))
const passes = () => 'pass' as const

test('killed at any byte any number of times, an experiment comes to the same end: every cell once, in the same order', () => {
  const whole = runUntilKilled(Buffer.alloc(0), Infinity, passes, new Set())
  assert.equal(
    endings(whole),
    cells.map(({ id }) => `${id} pass`),
  )
  fc.assert(
    fc.property(fc.array(fc.nat(Math.ceil(whole.length / 3)), { minLength: 1, maxLength: 10 }), kills => {
      const cut = kills.reduce<Buffer>((log, bytes) => runUntilKilled(log, bytes, passes, new Set()), Buffer.alloc(0))
      const log = runUntilKilled(cut, Infinity, passes, new Set())
      assert.equal(endings(log), endings(whole))
      const folders = happenings(log).flatMap(each => (each.kind === 'cell_started' ? [each.folder] : []))
      assert.is(new Set(folders).size, folders.length, 'no run of a cell writes into the folder of another')
      const { outline: kept, cells: ends } = progressOf(wholeLines(log).lines)
      assert.equal([kept?.seed, kept?.configurations], [outline.seed, outline.configurations])
      assert.ok([...ends.values()].every(({ folder }) => folders.includes(folder ?? '')))
    }),
  )
})

test('every byte of a short log may be the last', () => {
  const whole = runUntilKilled(Buffer.alloc(0), Infinity, passes, new Set()).subarray(0, 2500)
  for (let bytes = 0; bytes <= whole.length; bytes++) {
    const { lines, bytes: kept } = wholeLines(whole.subarray(0, bytes))
    assert.ok(kept <= bytes)
    for (const each of lines) assert.type(JSON.parse(each), 'object')
    const done = progressOf(lines)
    const left = remainingCells(cells, done)
    assert.is(left.length + [...done.cells.values()].filter(({ verdict }) => verdict === 'pass').length, cells.length)
  }
})

test('invalid and failed cells stay as they are unless they are to be tried again', () => {
  const outcomes: readonly Verdict[] = ['pass', 'fail', 'invalid']
  const log = runUntilKilled(
    Buffer.alloc(0),
    Infinity,
    id => outcomes[cells.findIndex(each => each.id === id) % 3] ?? 'pass',
    new Set(),
  )
  const left = (...retry: Retry[]) => {
    const rest = remainingCells(cells, progressOf(wholeLines(log).lines), new Set(retry))
    return rest.map(cell => cells.indexOf(cell) % 3)
  }
  assert.equal(new Set(left()), new Set())
  assert.equal(new Set(left('invalid')), new Set([2]))
  assert.equal(new Set(left('failed')), new Set([1]))
  assert.is(left('invalid', 'failed').length, 36)
})

test('a cell that had nothing to judge is still to be run, and a retry that was cut off undoes nothing', () => {
  const [first, second] = cells.map(({ id }) => id) as [string, string]
  const lines = [
    { kind: 'experiment_started', ...outline },
    { kind: 'cell_started', cell: first, run: 1, folder: 'f1' },
    { kind: 'cell_ended', cell: first, run: 1, folder: 'f1' },
    { kind: 'cell_started', cell: second, run: 1, folder: 'g1' },
    { kind: 'cell_ended', cell: second, run: 1, folder: 'g1', verdict: 'fail' },
    { kind: 'cell_started', cell: second, run: 2, folder: 'g2' },
  ].map(each => JSON.stringify(each))
  const progress = progressOf([...lines, '{"kind":"cell_ended"}', 'no JSON', '7', '{"kind":"gate_passed"}'])
  assert.equal(progress.cells.get(first), { runs: 1, verdict: undefined, reasons: [], folder: undefined })
  assert.equal(progress.cells.get(second), { runs: 2, verdict: 'fail', reasons: [], folder: 'g1' })
  assert.is(remainingCells(cells, progress)[0]?.id, first)
  assert.equal(nextRun(second, progress), { run: 3, folder: `cells/${second}.3` })
})

test.run()
