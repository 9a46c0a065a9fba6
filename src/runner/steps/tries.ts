import { LockstepError } from '../../errors/error.ts'
import type { Step, Task, TaskResult } from '../../playbook/step.ts'
import { deadline, pause } from '../../transport/deadline.ts'
import { formatDuration } from '../../units/duration.ts'
import { toMs } from '../../units/quantity.ts'
import { brokenClaims } from './actions.ts'

/** What became of a task after its last try. */
export interface Tried {
  readonly result: TaskResult
  readonly tries: number
  /** Undefined: it was good. */
  readonly failure: string | undefined
}

export interface TryOptions {
  /** Aborted when the run must stop, or the host is lost. */
  readonly signal: AbortSignal
  /** Aborted when another host has ended the step: a try that runs is let finish, none begins. */
  readonly halted: AbortSignal
}

/** A try, with its own deadline. Throws what cannot be repaired by another one: the end of the run, a lost host. */
export async function untilGood(
  step: Step,
  task: Task,
  { signal, halted }: TryOptions,
  act: (signal: AbortSignal, timeoutMs: number) => Promise<TaskResult>,
): Promise<Tried> {
  for (let tries = 1; ; tries++) {
    const result = await oneTry(step, signal, act)
    const failure = brokenAssert(task) ?? task.failure(result)
    const enough = task.enough(result)
    if (failure === undefined && enough) return { result, tries, failure: undefined }
    if (tries > step.retries || (await isOver(toMs(step.delay), signal, halted)))
      return {
        result,
        tries,
        failure: failure ?? `what 'until' waits for is not so after ${tries === 1 ? 'the only try' : `${tries} tries`}`,
      }
  }
}

/** The pause before the next try; true when there shall be none. */
async function isOver(delayMs: number, signal: AbortSignal, halted: AbortSignal): Promise<boolean> {
  try {
    await pause(delayMs, AbortSignal.any([signal, halted]))
  } catch {
    signal.throwIfAborted()
  }
  return halted.aborted
}

const brokenAssert = ({ action }: Task) => (action.kind === 'assert' ? brokenClaims(action) : undefined)

async function oneTry(
  step: Step,
  signal: AbortSignal,
  act: (signal: AbortSignal, timeoutMs: number) => Promise<TaskResult>,
): Promise<TaskResult> {
  const late = () => new LockstepError('STEP_TIMEOUT', `it took longer than ${formatDuration(step.timeout)}`)
  const limit = deadline(toMs(step.timeout), late, signal)
  try {
    // A command is ended at its host first, so it hears of its deadline by the signal alone.
    return await act(limit.signal, toMs(step.timeout) + graceMs)
  } catch (error) {
    if (signal.aborted) throw signal.reason
    if (!(error instanceof LockstepError) || isFinal(error)) throw error
    return { code: undefined, stdout: '', stderr: '', changed: false, error }
  } finally {
    limit.done()
  }
}

const graceMs = 5_000

/** The link, or the supervisor at its other end, is gone. */
const isFinal = ({ code }: LockstepError): boolean => code === 'SSH_LOST' || code === 'USER_INTERRUPT'
