import { LockstepError } from '../../errors/error.ts'
import type { Action, Step, Task } from '../../playbook/step.ts'
import type { Masker } from '../masker.ts'
import { brokenClaims } from '../steps/actions.ts'
import { plainResult } from '../steps/command.ts'
import { listsOf } from '../steps/kept.ts'
import { textsIn } from '../steps/known.ts'
import type { FilePreview, PreviewOutcome, StepPreview } from './events.ts'
import type { CheckKnown } from './known.ts'
import { actionInWords } from './words.ts'

/** A step at one host, as far as it can be told without its results. */
export type Foreseen =
  | { readonly kind: 'tasks'; readonly tasks: readonly Task[] }
  | { readonly kind: 'unknown'; readonly steps: readonly string[] }
  | { readonly kind: 'wrong'; readonly error: LockstepError }

/** What would be done; whether a result that is missing was asked for decides before everything else. */
export function foresee(step: Step, host: string | undefined, known: CheckKnown): Foreseen {
  known.takeMissed()
  const told = tasksOf(step, host, known)
  const steps = known.takeMissed()
  return steps.length > 0 ? { kind: 'unknown', steps } : told
}

function tasksOf(step: Step, host: string | undefined, known: CheckKnown): Foreseen {
  try {
    return { kind: 'tasks', tasks: step.tasksFor(host, known) }
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    return { kind: 'wrong', error }
  }
}

/** What later steps know of this one: what `set` computes, and that the rest is open. A step that is skipped sets nothing. */
export function learn(
  step: Step,
  host: string | undefined,
  foreseen: Foreseen,
  known: CheckKnown,
  masker: Masker,
): void {
  if (foreseen.kind === 'tasks' && foreseen.tasks.length === 0) return
  known.leaveOpen(host, step.sets, step.name)
  if (foreseen.kind !== 'tasks') return
  const kept = foreseen.tasks.flatMap(({ action, keep }) => (action.kind === 'set' ? [keep(plainResult(false))] : []))
  if (kept[0] === undefined) return
  if (step.secret) for (const values of kept) for (const value of values.values()) textsIn(value).forEach(masker.add)
  known.keep(host, foreseen.tasks[0]?.item === undefined ? kept[0] : listsOf(step, kept))
}

/** A task in words; `files` is what was found on the host, for actions that bring or fetch files. */
export function taskPreview(
  at: Pick<StepPreview, 'host' | 'item'>,
  { action }: Task,
  files?: readonly FilePreview[],
): StepPreview {
  const does = actionInWords(action)
  return { ...at, outcome: outcomeOf(action, files), does, ...(files === undefined ? {} : { files }) }
}

function outcomeOf(action: Action, files: readonly FilePreview[] = []): PreviewOutcome {
  if (action.kind === 'assert') return brokenClaims(action) === undefined ? 'holds' : 'does_not_hold'
  if (action.kind !== 'push') return 'would_do'
  if (files.some(({ outcome }) => outcome === 'impossible')) return 'unknown'
  return files.every(({ outcome }) => outcome === 'unchanged') ? 'unchanged' : 'would_do'
}

/** `depends on the result of 'Look at the links'` */
export const dependsOn = (steps: readonly string[]): string =>
  `depends on the result of ${steps.map(step => `'${step}'`).join(' and ')}`
