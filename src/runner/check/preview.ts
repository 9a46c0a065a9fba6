import { LockstepError } from '../../errors/error.ts'
import type { Step, Task } from '../../playbook/step.ts'
import { Slots } from '../../transport/slots.ts'
import type { Masker } from '../masker.ts'
import { allOf } from '../patience.ts'
import type { NumberedStep } from '../steps/numbered.ts'
import type { CheckEventOf, FilePreview, StepPreview } from './events.ts'
import { pullPreview, pushPreview } from './files.ts'
import type { CheckKnown } from './known.ts'
import type { CheckedHost } from './open.ts'
import { dependsOn, type Foreseen, foresee, learn, taskPreview } from './step.ts'

export interface PreviewGround {
  readonly hosts: ReadonlyMap<string, CheckedHost>
  readonly known: CheckKnown
  readonly masker: Masker
  readonly forks: number
  readonly workFolder: string
  readonly diff: boolean
  readonly interrupted: AbortSignal
  /** Whether a set-up comes first, which may change what is wrong in later phases. */
  readonly changesBefore: boolean
  readonly fail: (error: LockstepError, host?: string) => void
}

/** What a step would do, host by host: evaluated at all of them first, as all of them do it at once. */
export async function previewStep(
  { step, number, phase }: NumberedStep,
  ground: PreviewGround,
): Promise<CheckEventOf<'step_checked'>> {
  const { known, masker, forks, interrupted, changesBefore } = ground
  const places = placesOf(step)
  const foreseen = places.map(host => foresee(step, host, known))
  const forAll = step.on === 'local' || step.once
  for (const [i, host] of places.entries())
    learn(step, forAll ? undefined : host, foreseen[i] as Foreseen, known, masker)
  const slots = new Slots(forks)
  const previews = await allOf(
    places.map(async (host, i) => {
      const release = await slots.take(interrupted)
      try {
        return await previewsAt(step, host, foreseen[i] as Foreseen, {
          ...ground,
          changesBefore: changesBefore && phase !== 'setup',
        })
      } finally {
        release()
      }
    }),
  )
  const become = typeof step.become === 'string' ? { become: step.become } : {}
  return { kind: 'step_checked', step: number, phase, name: step.name, ...become, hosts: previews.flat() }
}

/** The controller is undefined. */
const placesOf = ({ on, once }: Step): readonly (string | undefined)[] =>
  on === 'local' ? [undefined] : once ? on.slice(0, 1) : on

async function previewsAt(
  step: Step,
  host: string | undefined,
  foreseen: Foreseen,
  ground: PreviewGround,
): Promise<readonly StepPreview[]> {
  const at = { host: host ?? 'local' }
  switch (foreseen.kind) {
    case 'unknown':
      return [{ ...at, outcome: 'unknown', reason: dependsOn(foreseen.steps) }]
    case 'wrong': {
      const { message } = foreseen.error
      if (ground.changesBefore)
        return [{ ...at, outcome: 'unknown', reason: `as things are before set-up: ${message}` }]
      ground.fail(foreseen.error, host)
      return [{ ...at, outcome: 'wrong', reason: message }]
    }
    case 'tasks':
      if (foreseen.tasks.length === 0) return [{ ...at, outcome: 'skipped' }]
      return await allOf(foreseen.tasks.map(task => taskAt(step, host, task, ground)))
  }
}

async function taskAt(step: Step, host: string | undefined, task: Task, ground: PreviewGround): Promise<StepPreview> {
  for (const secret of task.secrets) ground.masker.add(secret)
  const at = { host: host ?? 'local', ...(task.item === undefined ? {} : { item: task.item }) }
  try {
    return taskPreview(at, task, await filesOf(step, host, task, ground))
  } catch (error) {
    // Later steps may need what cannot be looked at now; a link that is gone, or the user, ends the check.
    if (ground.interrupted.aborted || !(error instanceof LockstepError) || error.code.startsWith('SSH_')) throw error
    return { ...taskPreview(at, task), outcome: 'unknown', reason: error.message }
  }
}

async function filesOf(
  step: Step,
  host: string | undefined,
  { action }: Task,
  { hosts, workFolder, diff, interrupted: signal }: PreviewGround,
): Promise<readonly FilePreview[] | undefined> {
  if (action.kind !== 'push' && action.kind !== 'pull') return undefined
  const checked = host === undefined ? undefined : hosts.get(host)
  if (checked === undefined)
    throw new LockstepError('STEP_FAILED', `a ${action.kind} needs a host: there is nothing to copy on: local`)
  const become = typeof step.become === 'string' ? { user: step.become } : step.become
  const ground = { host: checked.seenAs(become), workFolder, diff: diff && !step.secret, signal }
  return action.kind === 'push' ? await pushPreview(action, ground) : await pullPreview(action, ground)
}
