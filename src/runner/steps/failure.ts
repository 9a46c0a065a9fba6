import { LockstepError } from '../../errors/error.ts'
import type { Step, TaskResult } from '../../playbook/step.ts'

/** Lines of what a command said that go into a message. */
const saidLines = 5

/** A step that did not succeed at a host: what it was, why, what it said. Nothing of what a secret step said. */
export function stepFailed(
  step: Step,
  at: { readonly host: string; readonly item?: string },
  reason: string,
  result?: TaskResult,
): LockstepError {
  const item = at.item === undefined ? '' : ` (${at.item})`
  const code = step.kind === 'assert' ? 'STEP_ASSERT' : 'STEP_FAILED'
  return new LockstepError(code, `${at.host}: ${step.name}${item}: ${reason}`, {
    hint: result?.error?.hint ?? (step.secret ? undefined : saidIn(result)),
    at: step.at,
    cause: result?.error,
  })
}

function saidIn(result: TaskResult | undefined): string | undefined {
  const last = (text: string | undefined) =>
    (text ?? '')
      .split('\n')
      .map(line => line.trim())
      .filter(line => line !== '')
      .slice(-saidLines)
  const lines = last(result?.stderr)
  const said = lines.length > 0 ? lines : last(result?.stdout)
  return said.length === 0 ? undefined : `it said: ${said.join(' | ')}`
}
