import type { Findings } from '../source/findings.ts'
import { HostClasses } from './host-classes.ts'
import type { Known, Step } from './step.ts'
import type { LateNames } from './step-context.ts'
import type { PlayFiles } from './step-files.ts'
import type { StepHosts } from './step-hosts.ts'
import type { StepLanguage } from './step-kind.ts'
import { keptBy, namesSet, readSettings, type StepSettings } from './step-settings.ts'
import { type ReadyStep, tasksIn, unfold } from './step-unfold.ts'
import { checkFacts, needsOf, usesOf } from './step-uses.ts'
import type { StepWorld } from './step-variables.ts'
import type { WrittenStep } from './written-steps.ts'

export interface StepsGround {
  readonly world: StepWorld
  readonly hosts: StepHosts
  readonly files: PlayFiles
  readonly language: StepLanguage
  readonly findings: Findings
}

/** A list of steps as written, and where those are done that do not say it. */
export interface WrittenList {
  readonly steps: readonly WrittenStep[]
  readonly usualHosts: readonly string[]
  /** Whether `failed` is known. */
  readonly isAfter: boolean
}

/** Who gives a variable its value, and at which hosts it can be read then. */
interface Setter {
  readonly hosts: readonly string[] | 'all'
  readonly by: string
}
export type Setters = ReadonlyMap<string, readonly Setter[]>

/**
 * Reads and checks the steps of one list, as they would be done: each sees what the ones before it learn, and what `earlier`
 * lists have learnt. Gives what is known after them as well.
 */
export function readSteps(
  list: WrittenList,
  earlier: Setters,
  ground: StepsGround,
): { readonly steps: readonly Step[]; readonly setters: Setters } {
  const setters = new Map(earlier)
  const steps = list.steps.flatMap(written => readStep(written, list, setters, ground) ?? [])
  return { steps, setters }
}

function readStep(
  written: WrittenStep,
  list: WrittenList,
  setters: Map<string, readonly Setter[]>,
  ground: StepsGround,
): Step | undefined {
  const { findings, world, files, hosts } = ground
  const kept = keptBy(written, findings)
  const sets = [...kept.map(({ name }) => name), ...namesSet(written, findings)]
  const learnt = world.shared.learnt
  const settings = written.whole
    ? readSettings(written, { world, files, hosts, findings, usualHosts: list.usualHosts, learnt })
    : undefined
  if (settings === undefined) {
    // Wrong as it is; whoever reads what it would have learnt makes no second mistake.
    for (const name of sets) setters.set(name, [{ hosts: 'all', by: written.kind.name }])
    return undefined
  }
  const ready: ReadyStep = { written, kept, okCodes: settings.okCodes, world, files }
  check(ready, settings, list, new Map(setters), ground)
  const before = new Map(setters)
  for (const name of sets) setters.set(name, [...(setters.get(name) ?? []), setterOf(written, settings)])
  const { okCodes: _, ...shown } = settings
  return {
    ...shown,
    ...{ kind: written.kind.name, sets, at: written.at },
    needs: needsOf(written, world, name => before.has(name)),
    tasksFor: (host: string | undefined, known: Known) => tasksIn(ready, host, known, missing(before)),
  }
}

/** What is learnt once or here is known everywhere. */
const setterOf = ({ at }: WrittenStep, { name, on, once }: StepSettings): Setter => ({
  hosts: on === 'local' || once ? 'all' : on,
  by: `'${name}' in line ${at.line}`,
})

/** Why a result is not there in the run, though a step should have brought it. */
const missing = (setters: Setters) => (name: string) => {
  const by = setters.get(name)?.map(each => each.by)
  if (by !== undefined) return `has no value: the step ${by.join(' or ')} was not done there`
  return name === 'facts' ? 'is known of hosts only' : undefined
}

/** Looks at the step from every host that could see something else than another one. */
function check(
  ready: ReadyStep,
  settings: StepSettings,
  list: WrittenList,
  setters: Setters,
  ground: StepsGround,
): void {
  const { world, language, findings } = ground
  const uses = usesOf(ready.written)
  checkFacts(ready.written, language.facts, findings)
  const hosts = settings.on === 'local' ? [undefined] : settings.once ? settings.on.slice(0, 1) : settings.on
  const available = (name: string, host: string | undefined) =>
    (setters.get(name) ?? []).some(each => each.hosts === 'all' || (host !== undefined && each.hosts.includes(host)))
  const names = uses.map(({ name }) => name)
  for (const host of new HostClasses(world).representatives(hosts, names, setters)) {
    const has = (name: string) =>
      available(name, host) ||
      (name === 'facts' && host !== undefined) ||
      (name === 'failed' && list.isAfter) ||
      // It may be asked for a result.
      (name === 'hostvars' && setters.size > 0)
    const lateNames: LateNames = { has, names: [...setters.keys()], guarded: new Set() }
    unfold(ready, host, lateNames, findings, undefined, unavailable(setters, world, host))
  }
}

const unavailable =
  (setters: Setters, { shared }: StepWorld, host: string | undefined) =>
  (name: string) => {
    const by = setters
      .get(name)
      ?.map(each => `${each.by} at ${each.hosts === 'all' ? 'all hosts' : each.hosts.join(', ')}`)
    if (by !== undefined)
      return `has no value ${host === undefined ? 'here' : `at ${host}`}: it is set by ${by.join(' and ')}`
    if (name === 'failed') return "is known in 'after' only"
    if (name === 'facts') return 'is known of hosts, and this step is done here'
    if (name === 'result') return "is known in 'until' and 'fails_when' only"
    return shared.learnt.includes(name) ? 'is the result of a later step' : undefined
  }
