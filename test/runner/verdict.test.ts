import * as assert from 'uvu/assert'
import type { Code } from '../../src/errors/codes.ts'
import { LockstepError } from '../../src/errors/error.ts'
import type { Phase } from '../../src/runner/events.ts'
import { judgeRun } from '../../src/runner/verdict.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('runner/verdict')

const cause = (code: Code, phase: Phase) => ({ error: new LockstepError(code, `${code} in ${phase}`), phase })
const expectation = (outcome: 'met' | 'not met' | 'not measured') => ({
  expectation: 'lost == 0',
  flow: 'a',
  value: '1',
  outcome,
})

const cases: [string, Parameters<typeof judgeRun>, [string | undefined, number]][] = [
  ['nothing went wrong', [[], [expectation('met')]], ['pass', 0]],
  ['nothing was expected', [[], []], ['pass', 0]],
  ['an expectation was not met', [[], [expectation('met'), expectation('not met')]], ['fail', 1]],
  ['a figure was not measured', [[], [expectation('not met'), expectation('not measured')]], ['invalid', 3]],
  ['a host was unreachable from the start', [[cause('SSH_UNREACHABLE', 'connect')], []], [undefined, 4]],
  ['a host was claimed', [[cause('BOOK_HOST_BUSY', 'connect')], []], [undefined, 5]],
  ['a host was lost in traffic', [[cause('SSH_LOST', 'traffic')], []], ['invalid', 3]],
  ['the gate did not open', [[cause('SYNC_GATE', 'gate')], []], ['invalid', 3]],
  ['the user interrupted', [[cause('USER_INTERRUPT', 'gate')], []], [undefined, 130]],
  ['the first cause decides', [[cause('USER_INTERRUPT', 'gate'), cause('STEP_LEFT', 'cleanup')], []], [undefined, 130]],
  ['cleaning up failed after a pass', [[cause('STEP_LEFT', 'cleanup')], [expectation('met')]], ['invalid', 3]],
  ['the user interrupted the cleanup of a pass', [[cause('USER_INTERRUPT', 'cleanup')], []], ['pass', 130]],
  ['the user interrupted the report of a pass', [[cause('USER_INTERRUPT', 'report')], []], ['pass', 130]],
  [
    'the user interrupted a cleanup that failed',
    [[cause('USER_INTERRUPT', 'cleanup'), cause('STEP_LEFT', 'cleanup')], []],
    ['invalid', 130],
  ],
  [
    'the user interrupted the cleanup of a fail',
    [[cause('USER_INTERRUPT', 'cleanup')], [expectation('not met')]],
    ['fail', 1],
  ],
  ['a report could not be written', [[cause('USAGE_FILE', 'report')], [expectation('met')]], ['invalid', 3]],
  ['the run folder was full before set-up', [[cause('USAGE_FILE', 'connect')], []], [undefined, 2]],
  ['the run folder was full in traffic', [[cause('USAGE_FILE', 'traffic')], []], ['invalid', 3]],
  ['cleaning up failed after a fail', [[cause('STEP_LEFT', 'cleanup')], [expectation('not met')]], ['fail', 1]],
]

for (const [what, args, [verdict, exitCode]] of cases) {
  test(`${what}: ${verdict ?? 'no verdict'}, ${exitCode}`, () => {
    const judged = judgeRun(...args)
    assert.equal([judged.verdict, judged.exitCode], [verdict, exitCode])
    assert.is(judged.reasons.length > 0, exitCode !== 0)
  })
}

test.run()
