import type { Findings } from '../source/findings.ts'
import { entriesOf, type SourceNode, textOf } from '../source/node.ts'
import { ms, type Nanoseconds } from '../units/quantity.ts'
import { isUnsettled, StepContext } from './step-context.ts'
import type { PlayFiles } from './step-files.ts'
import { hostsOn, type StepHosts } from './step-hosts.ts'
import type { Kept } from './step-judge.ts'
import type { ParamKind, ParamTypes } from './step-kind.ts'
import { readParam } from './step-params.ts'
import { reservedNames, type StepWorld } from './step-variables.ts'
import { inOneLine, shortName, type Written, type WrittenStep } from './written-steps.ts'

/** What a step says that is the same at all of its hosts: it is read before the first one is asked. */
export interface StepSettings {
  readonly name: string
  readonly does: string
  readonly on: readonly string[] | 'local'
  readonly tags: readonly string[]
  readonly once: boolean
  readonly optional: boolean
  readonly secret: boolean
  readonly timeout: Nanoseconds
  readonly retries: number
  readonly delay: Nanoseconds
  readonly become: string | false | undefined
  readonly okCodes: readonly number[]
}

export interface SettingsGround {
  readonly world: StepWorld
  readonly files: PlayFiles
  readonly hosts: StepHosts
  readonly findings: Findings
  /** Where a step is done that does not say it. */
  readonly usualHosts: readonly string[]
  /** Names that only the run can know. */
  readonly learnt: readonly string[]
}

/** Undefined when a step cannot be done as it is, which the findings then say. */
export function readSettings(step: WrittenStep, ground: SettingsGround): StepSettings | undefined {
  const { modifiers } = step
  const read = <K extends ParamKind>(kind: K, name: string) => {
    const written = modifiers.get(name)
    return written === undefined ? undefined : setting(kind, name, written, ground)
  }
  const does = inOneLine(step)
  const on = modifiers.get('on')
  const tags = step.tags.map(written => setting('texts', 'tags', written, ground))
  const values = {
    name: read('text', 'name'),
    once: read('flag', 'once'),
    optional: read('flag', 'optional'),
    secret: read('flag', 'secret'),
    timeout: read('interval', 'timeout'),
    retries: read('count', 'retries'),
    delay: read('duration', 'delay'),
    become: read('user', 'become'),
    okCodes: read('codes', 'ok_codes'),
  }
  const where = on === undefined ? ground.usualHosts : readOn(on, ground)
  if (where === undefined || [...Object.values(values), ...tags].includes(null)) return undefined
  const { become } = values
  return {
    ...{ does, on: where, tags: [...new Set(tags.flatMap(each => each ?? []))] },
    name: values.name ?? shortName(does),
    once: values.once ?? false,
    optional: values.optional ?? false,
    secret: values.secret ?? false,
    timeout: values.timeout ?? ms(300_000),
    retries: values.retries ?? (modifiers.has('until') ? 3 : 0),
    delay: values.delay ?? ms(1000),
    become: become === true ? 'root' : (become ?? undefined),
    okCodes: values.okCodes ?? [0],
  }
}

/** Null for what cannot be read. */
function setting<K extends ParamKind>(
  kind: K,
  name: string,
  written: Written,
  ground: SettingsGround,
): ParamTypes[K] | null {
  const { world, files, learnt } = ground
  const known = [...learnt, 'facts', 'failed', 'result']
  const at = {
    ...{ host: undefined, scope: written.scope, locals: new Map(), known: undefined },
    unavailable: (each: string) =>
      known.includes(each) ? `cannot stand in '${name}', which is read before the first step` : undefined,
  }
  const context = new StepContext(world, at, { has: () => false, names: [], guarded: new Set() }, ground.findings)
  const environment = world.shared.environment
  const value = readParam(kind, name, written, context, { files, environment, before: true })
  return isUnsettled(value) ? null : value
}

function readOn(written: Written, ground: SettingsGround): readonly string[] | 'local' | undefined {
  const read = setting('texts', 'on', written, ground)
  if (read === null) return undefined
  // Where each part stands is worth more than where the list does.
  const { node } = written
  const parts = node.kind === 'list' && node.items.length === read.length ? node.items.map(({ at }) => at) : undefined
  const items = read.map((value, index) => ({ kind: 'scalar', value, at: parts?.[index] ?? node.at }) as const)
  return hostsOn({ kind: 'list', items, at: node.at }, ground.hosts, ground.findings)
}

/** The variables that a step gives values to; those that cannot be are found and left out. */
export function keptBy(step: WrittenStep, findings: Findings): readonly Kept[] {
  const as = step.modifiers.get('as')?.node
  if (as === undefined || findings.within(as)) return []
  const name = textOf(as)
  const onlyResult = !step.kind.modifiers.has('ok_codes')
  const all = name === undefined ? entriesOf(as).map(([each, { key, value }]) => ({ each, at: key, value })) : []
  const kept = all.map(({ each, at, value }) => ({ name: each, form: textOf(value) as Kept['form'], at }))
  const whole = name === undefined || as.kind !== 'scalar' ? kept : [{ name, form: 'text' as const, at: as.at }]
  return whole.flatMap(({ name: variable, form, at }) => {
    if (!isFree(variable, at, findings)) return []
    if (!onlyResult || form === 'result') return [{ name: variable, form }]
    const message = `'${step.kind.name}' prints nothing that '${variable}' could hold`
    findings.add({ code: 'PLAYBOOK_STEP', message, hint: `write as: {${variable}: result}`, at })
    return []
  })
}

/** The names that `set` gives values to. */
export function namesSet(step: WrittenStep, findings: Findings): readonly string[] {
  if (step.kind.name !== 'set' || findings.within(step.value.node)) return []
  return entriesOf(step.value.node).flatMap(([name, { key }]) => (isFree(name, key, findings) ? [name] : []))
}

function isFree(name: string, at: SourceNode['at'], findings: Findings): boolean {
  if (!reservedNames.has(name)) return true
  const message = `'${name}' has a meaning of its own and cannot be set`
  findings.add({ code: 'PLAYBOOK_STEP', message, at })
  return false
}
