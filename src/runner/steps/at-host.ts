import { LockstepError } from '../../errors/error.ts'
import type { Step, Task, TaskResult } from '../../playbook/step.ts'
import type { Value } from '../../source/node.ts'
import type { StepAtHost } from '../events.ts'
import { anySignal } from '../patience.ts'
import { actAt } from './actions.ts'
import { stepFailed } from './failure.ts'
import type { StepGround } from './ground.ts'
import { listsOf } from './kept.ts'
import { textsIn } from './known.ts'
import { actHere } from './local.ts'
import type { NumberedStep } from './numbered.ts'
import { stepOutput } from './output.ts'
import { type Tried, untilGood } from './tries.ts'

export interface HostWalk {
  readonly numbered: NumberedStep
  /** Undefined: the controller itself. */
  readonly host: string | undefined
  /** Whether results are every host's. */
  readonly forAll: boolean
  readonly ground: StepGround
  readonly signal: AbortSignal
  /** Aborted when another host has failed or is lost: what has begun is let finish, nothing more begins. */
  readonly halted: AbortSignal
}

/** Hears what became of a task, and how many are still to come at that host. */
export type Tell = (outcome: StepAtHost, left?: number) => void

/**
 * Everything that a step does at one host, item after item. Throws STEP_FAILED or STEP_ASSERT when one was not good and
 * the step is not optional; `told` has heard of it by then.
 */
export async function stepAtHost(walk: HostWalk, told: Tell): Promise<void> {
  const { numbered, host, ground, halted } = walk
  const name = host ?? 'local'
  const startedAt = performance.now()
  const tasks = await tasksOf(numbered.step, host, ground).catch((error: unknown) => {
    told({ host: name, outcome: 'failed', tries: 0, tookMs: since(startedAt), reason: reasonOf(error, ground) })
    throw error
  })
  if (tasks.length === 0) return told({ host: name, outcome: 'skipped', tries: 0, tookMs: 0 }, 0)
  const results: ReadonlyMap<string, Value>[] = []
  for (const [i, task] of tasks.entries()) {
    const left = tasks.length - 1 - i
    const at = { host: name, ...(task.item === undefined ? {} : { item: task.item }) }
    const tell: Tell = outcome => told(outcome, outcome.outcome === 'failed' ? 0 : left)
    if (halted.aborted) tell({ ...at, outcome: 'skipped', tries: 0, tookMs: 0, reason: 'another host failed' })
    else results.push(await oneTask(walk, task, at, tell))
    const learnt = task.item === undefined ? results[0] : listsOf(numbered.step, results)
    if (learnt !== undefined) ground.known.keep(walk.forAll ? undefined : host, learnt)
  }
}

/** What is to be done can be said only with the facts that it names: they are asked when they are wanted first. */
async function tasksOf(step: Step, host: string | undefined, ground: StepGround): Promise<readonly Task[]> {
  ground.known.takeWanted()
  const evaluated = evaluate(step, host, ground)
  const wanted = ground.known.takeWanted()
  if (wanted.length > 0) {
    await Promise.all(wanted.map(ground.askFacts))
    return tasksOf(step, host, ground)
  }
  if ('trouble' in evaluated) throw evaluated.trouble
  return evaluated.tasks
}

function evaluate(step: Step, host: string | undefined, { known }: StepGround) {
  try {
    return { tasks: step.tasksFor(host, known) }
  } catch (trouble) {
    if (!(trouble instanceof LockstepError)) throw trouble
    return { trouble }
  }
}

/** The variables that it gives values to. */
async function oneTask(
  { numbered, host, ground, signal, halted }: HostWalk,
  task: Task,
  at: Pick<StepAtHost, 'host' | 'item'>,
  told: Tell,
): Promise<ReadonlyMap<string, Value>> {
  const { step } = numbered
  const { masker, emit } = ground
  for (const secret of task.secrets) addSecret(secret, ground)
  const startedAt = performance.now()
  const output = stepOutput(numbered, at, ground)
  const act = async (limit: AbortSignal, timeoutMs: number): Promise<TaskResult> => {
    const { playbookFolder, workFolder, folder, diff, env, sessions } = ground
    const common = { output, timeoutMs, signal: limit, workFolder, folder, diff: diff && !step.secret }
    try {
      if (host === undefined) return await actHere(task.action, { ...common, env, playbookFolder, sessions })
      const door = ground.doors.get(host)
      if (door === undefined) throw new TypeError(`a step is done on ${host}, but there is no session of it`)
      const become = typeof step.become === 'string' ? { user: step.become } : step.become
      return await actAt(task.action, { ...common, door, become })
    } finally {
      output.end()
    }
  }
  const said = (outcome: StepAtHost['outcome'], more: Partial<StepAtHost>) =>
    told({ ...at, outcome, tries: 1, tookMs: since(startedAt), ...more })
  let tried: Tried
  try {
    tried = await untilGood(step, task, { signal, halted }, act)
  } catch (error) {
    said('failed', { reason: reasonOf(error, ground) })
    throw error
  }
  const { result, tries, failure } = tried
  const values = task.keep(result)
  if (step.secret) for (const value of values.values()) for (const text of textsIn(value)) masker.add(text)
  const facts = { tries, ...(result.code === undefined ? {} : { code: result.code }) }
  if (failure === undefined) {
    said(result.changed && !step.secret ? 'changed' : 'ok', facts)
    return values
  }
  const reason = masker.text(failure)
  if (!step.optional) {
    said('failed', { ...facts, reason })
    throw stepFailed(step, at, reason, result)
  }
  said('ignored', { ...facts, reason })
  const { message, hint } = stepFailed(step, at, reason, result)
  emit({ kind: 'warning', message: `${message}; the step is optional`, ...(hint === undefined ? {} : { hint }) })
  return values
}

const reasonOf = (error: unknown, { masker }: StepGround): string =>
  masker.text(error instanceof Error ? error.message : String(error))

const since = (startedAt: number) => Math.round(performance.now() - startedAt)

/** What is too short to be masked is said once, without itself. */
function addSecret(secret: string, { masker, emit, tooShort }: StepGround): void {
  if (masker.add(secret) || secret === '' || tooShort.said) return
  tooShort.said = true
  emit({ kind: 'warning', message: 'a secret of less than 4 characters is not masked in what is shown and kept' })
}

/** Aborted when the run must stop, or the host is lost. */
export const signalAt = (host: string | undefined, { doors, signal }: StepGround): AbortSignal => {
  const door = host === undefined ? undefined : doors.get(host)
  return door === undefined ? signal : anySignal(signal, door.lost)
}
