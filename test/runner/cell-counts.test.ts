import * as assert from 'uvu/assert'
import { LockstepError } from '../../src/errors/error.ts'
import { countCells, type EndedCell, judgeCells } from '../../src/runner/cell-counts.ts'
import type { Verdict } from '../../src/runner/events.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('runner/cell-counts')

const cell = (name: string, verdict: Verdict, ...reasons: string[]): EndedCell => ({ cell: name, verdict, reasons })
const passed = cell('a@1', 'pass')
const failed = cell('a@2', 'fail', 'f: lost == 0, got 3', 'f: rtt.p99 < 5ms, got 9ms')
const invalid = cell('a@3', 'invalid', 'sync was lost')
const lost = { error: new LockstepError('SSH_LOST', 'C is lost'), phase: 'sync' } as const
const interrupt = { error: new LockstepError('USER_INTERRUPT', 'interrupted'), phase: 'sync' } as const
const dirty = { error: new LockstepError('STEP_LEFT', 'something is left'), phase: 'cleanup' } as const

const nothing = { causes: [], expectations: [] }
const after = (...causes: Parameters<typeof judgeCells>[0]['causes']) => ({ causes, expectations: [] })
const expectation = { expectation: 'any: lost == 0', flow: 'f in a@1', value: '3' }
const unmet = { causes: [], expectations: [{ ...expectation, outcome: 'not met' as const }] }
const unmeasured = { causes: [], expectations: [{ ...expectation, outcome: 'not measured' as const }] }

test('cells are counted by their verdict, and those that are missing', () => {
  assert.equal(countCells(5, [passed, failed, invalid]), { pass: 1, fail: 1, invalid: 1, missing: 2 })
})

/** What happened beside the cells, how many were wanted, those that ended; verdict and exit code. */
const cases: readonly (readonly [string, Parameters<typeof judgeCells>, Verdict | undefined, number])[] = [
  ['all cells passed', [nothing, 1, [passed]], 'pass', 0],
  ['all passed, and together they are not what is expected', [unmet, 1, [passed]], 'fail', 1],
  ['one failed, and what is expected of all was not measured', [unmeasured, 2, [passed, failed]], 'invalid', 3],
  ['one failed', [nothing, 2, [failed, passed]], 'fail', 1],
  ['one is invalid, an earlier one failed', [nothing, 2, [failed, invalid]], 'invalid', 3],
  ['a host was lost before the last cell', [after(lost), 2, [passed]], 'invalid', 3],
  ['the user has interrupted, and a cell failed before', [after(interrupt), 2, [failed]], undefined, 130],
  ['the cleanup failed when all had passed', [after(dirty), 1, [passed]], 'invalid', 3],
  ['the cleanup failed when one had failed', [after(dirty), 2, [passed, failed]], 'fail', 1],
]

for (const [what, [whole, wanted, ended], verdict, exitCode] of cases)
  test(`${what}: exit code ${exitCode}`, () => {
    const judged = judgeCells(whole, wanted, ended)
    assert.equal([judged.verdict, judged.exitCode], [verdict, exitCode])
  })

test('every cell that did not pass is named with its first reason, up to twenty of them', () => {
  assert.equal(judgeCells(nothing, 3, [passed, failed, invalid]).reasons, [
    'a@2: fail: f: lost == 0, got 3, and 1 more',
    'a@3: invalid: sync was lost',
  ])
  const many = Array.from({ length: 45 }, (_, i) => cell(`a@${i}`, 'fail'))
  const { reasons } = judgeCells(nothing, 45, many)
  assert.equal([reasons.length, reasons.at(-1)], [21, 'and 25 more cells'])
})

test.run()
