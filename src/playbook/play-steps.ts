import { evaluator } from '../source/expressions.ts'
import type { Findings } from '../source/findings.ts'
import { child, entriesOf, type SourceNode, textOf } from '../source/node.ts'
import type { FlowDraft } from './flow-drafts.ts'
import type { Step } from './step.ts'
import type { FileScope, PlayFiles } from './step-files.ts'
import type { StepLanguage } from './step-kind.ts'
import { type StepWorld, stepVariables } from './step-variables.ts'
import { readSteps, type Setters, type StepsGround, type WrittenList } from './steps.ts'
import type { SharedVariables } from './variables.ts'
import { type WrittenStep, writtenSteps } from './written-steps.ts'

/** The steps of a playbook as written: setup, after, and those of each flow. */
export interface PlaySteps<S> {
  readonly setup: readonly S[]
  readonly after: readonly S[]
  readonly flows: ReadonlyMap<string, { readonly before: readonly S[]; readonly after: readonly S[] }>
}

export interface WritingSteps {
  readonly file: string
  readonly shared: SharedVariables
  readonly files: PlayFiles
  readonly language: StepLanguage
  readonly findings: Findings
}

/** Every step as written, included files read. */
export function writeSteps(document: SourceNode, ground: WritingSteps): PlaySteps<WrittenStep> {
  const { shared, findings, files, language } = ground
  const scope: FileScope = { file: ground.file, given: new Map(), includedBy: undefined }
  // No host has a say in which file is included.
  const world: StepWorld = { shared, hostNames: [], scopeOf: host => unreachable(host) }
  const text = (node: SourceNode, from: FileScope) => {
    const at = { host: undefined, scope: from, locals: new Map(), known: undefined }
    const variables = stepVariables(world, { ...at, unavailable: shared.unavailable })
    return textOf(evaluator(variables, findings).tree(node))
  }
  const read = (list: SourceNode | undefined) =>
    writtenSteps(list, scope, { kinds: language.kinds, files, findings, text })
  const flows = entriesOf(child(document, 'flows')).map(([name, { value }]) => {
    return [name, { before: read(child(value, 'before')), after: read(child(value, 'after')) }] as const
  })
  return { setup: read(child(document, 'setup')), after: read(child(document, 'after')), flows: new Map(flows) }
}

function unreachable(host: string): never {
  throw new TypeError(`the name of an included file asks for the variables of host ${host}`)
}

/** The variables that some step gives a value to, whether or not the step can be used. */
export function learntNames(steps: PlaySteps<WrittenStep>): readonly string[] {
  const all = [steps.setup, steps.after, ...[...steps.flows.values()].flatMap(({ before, after }) => [before, after])]
  const names = all.flat().flatMap(step => {
    const as = step.modifiers.get('as')?.node
    const set = step.kind.name === 'set' ? entriesOf(step.value.node).map(([name]) => name) : []
    return [...(textOf(as) === undefined ? entriesOf(as).map(([name]) => name) : [textOf(as) ?? '']), ...set]
  })
  return [...new Set(names)]
}

/**
 * Reads and checks every step, in the order in which a run does them: what setup learns is known to all that follows, what
 * the steps of a flow learn to that flow and to `after`.
 */
export function readPlaySteps(
  written: PlaySteps<WrittenStep>,
  drafts: readonly FlowDraft[],
  ground: StepsGround,
): PlaySteps<Step> {
  const everywhere = ground.hosts.names
  const list = (steps: readonly WrittenStep[], usualHosts: readonly string[], isAfter = false): WrittenList => ({
    ...{ steps, usualHosts, isAfter },
  })
  const setup = readSteps(list(written.setup, everywhere), new Map(), ground)
  const all = new Map(setup.setters)
  const flows = new Map<string, { before: readonly Step[]; after: readonly Step[] }>()
  for (const [name, { before, after }] of written.flows) {
    const own = drafts.filter(each => each.entry === name)
    const isEnd = (host: string) => own.some(({ from, to }) => host === from || host === to)
    const ends = own.length === 0 ? everywhere : everywhere.filter(isEnd)
    const first = readSteps(list(before, ends), setup.setters, ground)
    const last = readSteps(list(after, ends), first.setters, ground)
    flows.set(name, { before: first.steps, after: last.steps })
    addTo(all, last.setters)
  }
  const after = readSteps(list(written.after, everywhere, true), all, ground)
  return { setup: setup.steps, after: after.steps, flows }
}

/** By the name of a flow instead of the key in `flows:`: those of an entry with several flows are done once, with the first. */
export function byFlow<S>({ flows, ...lists }: PlaySteps<S>, drafts: readonly FlowDraft[]): PlaySteps<S> {
  const nameOf = (entry: string) => drafts.find(draft => draft.entry === entry)?.name ?? entry
  return { ...lists, flows: new Map([...flows].map(([entry, steps]) => [nameOf(entry), steps])) }
}

function addTo(all: Map<string, NonNullable<ReturnType<Setters['get']>>>, more: Setters): void {
  for (const [name, setters] of more) {
    const known = all.get(name) ?? []
    all.set(name, [...known, ...setters.filter(each => !known.includes(each))])
  }
}
