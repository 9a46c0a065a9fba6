import { type Problem, refuse } from '../errors/error.ts'
import { didYouMean } from '../errors/suggest.ts'
import { matchesGlob } from '../units/glob.ts'
import type { Play } from './play.ts'
import type { Step } from './step.ts'

/** Which steps of a playbook are done: `--only`, `--skip` (names and globs), `--tags`, `--skip-tags` (Ansible's words). */
export interface StepSelection {
  readonly only?: readonly string[] | undefined
  readonly skip?: readonly string[] | undefined
  readonly tags?: readonly string[] | undefined
  readonly skipTags?: readonly string[] | undefined
}

/**
 * The play with the steps that are to be done. Without any choice those with the tag `never` are left out, so that every run
 * goes through here. Throws LockstepErrors for a name or tag that selects nothing, and for a step that needs the result of one
 * that is left out.
 */
export function selectSteps(play: Play, selection: StepSelection): Play {
  const steps = stepsInOrder(play)
  const wanted = new Set(steps.filter(step => isWanted(step, selection)))
  refuse([...strayWords(steps, selection), ...missingResults(steps, wanted)])
  const keep = (list: readonly Step[]) => list.filter(step => wanted.has(step))
  return {
    ...play,
    setup: keep(play.setup),
    after: keep(play.after),
    flows: play.flows.map(flow => ({ ...flow, before: keep(flow.before), after: keep(flow.after) })),
  }
}

/** As a run does them. */
const stepsInOrder = ({ setup, flows, after }: Play): readonly Step[] => [
  ...setup,
  ...flows.flatMap(flow => flow.before),
  ...flows.flatMap(flow => flow.after),
  ...after,
]

function isWanted(step: Step, { only, skip, tags, skipTags }: StepSelection): boolean {
  if (only !== undefined && !only.some(glob => matchesGlob(step.name, glob))) return false
  if (skip?.some(glob => matchesGlob(step.name, glob))) return false
  return isTagged(step.tags, tags ?? ['all']) && !isSkipped(step.tags, skipTags ?? [])
}

/** `always` is done whatever is asked for, `never` only when one of its step's tags is asked for by name. */
function isTagged(own: readonly string[], wanted: readonly string[]): boolean {
  if (own.some(tag => tag !== 'always' && wanted.includes(tag))) return true
  if (own.includes('never')) return false
  if (own.includes('always') || wanted.includes('all')) return true
  return own.length > 0 ? wanted.includes('tagged') : wanted.includes('untagged')
}

/** `all` and `tagged` spare steps with `always`, unless that is named as well. */
function isSkipped(own: readonly string[], skipped: readonly string[]): boolean {
  if (own.some(tag => skipped.includes(tag))) return true
  if (own.includes('always')) return false
  if (skipped.includes('all')) return true
  return skipped.includes(own.length > 0 ? 'tagged' : 'untagged')
}

const special = ['all', 'tagged', 'untagged', 'always', 'never']

/** Words of the command line that are no name and no tag of any step. */
function strayWords(steps: readonly Step[], { only, skip, tags, skipTags }: StepSelection): readonly Problem[] {
  const names = steps.map(({ name }) => name)
  const known = [...new Set(steps.flatMap(step => step.tags))]
  const stray = (option: string, words: readonly string[] | undefined, isKnown: (word: string) => boolean) =>
    (words ?? []).filter(word => !isKnown(word)).map(word => ({ option, word }))
  const noStep = [
    ...stray('--only', only, glob => names.some(name => matchesGlob(name, glob))),
    ...stray('--skip', skip, glob => names.some(name => matchesGlob(name, glob))),
  ]
  const noTag = [
    ...stray('--tags', tags, tag => special.includes(tag) || known.includes(tag)),
    ...stray('--skip-tags', skipTags, tag => special.includes(tag) || known.includes(tag)),
  ]
  return [
    ...noStep.map(({ option, word }) => problem(`${option} ${word}: no step has this name`, word, names)),
    ...noTag.map(({ option, word }) =>
      problem(`${option} ${word}: no step has this tag`, word, [...known, ...special]),
    ),
  ]
}

const problem = (message: string, word: string, known: readonly string[]): Problem => ({
  code: 'USAGE_VALUE',
  message,
  hint: didYouMean(word, known),
})

/** A name whose every setter is left out has no value when it is asked for. */
function missingResults(steps: readonly Step[], wanted: ReadonlySet<Step>): readonly Problem[] {
  const problems: Problem[] = []
  const setters = new Map<string, readonly Step[]>()
  for (const step of steps) {
    for (const [name, at] of wanted.has(step) ? step.needs : []) {
      const by = setters.get(name) ?? []
      if (by.length === 0 || by.some(each => wanted.has(each))) continue
      const message = `step '${step.name}' needs '${name}', and the step that sets it is left out: '${by[0]?.name ?? ''}'`
      const hint = 'select that step too, or leave this one out'
      problems.push({ code: 'PLAYBOOK_STEP', message, hint, at })
    }
    for (const name of step.sets) setters.set(name, [...(setters.get(name) ?? []), step])
  }
  return problems
}
