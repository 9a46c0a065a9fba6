import { placed, refuse } from '../errors/error.ts'
import { functions } from '../source/engine.ts'
import { type Findings, newFindings } from '../source/findings.ts'
import { child, entriesOf, isList, itemsOf, type SourceNode, toValue, type Value } from '../source/node.ts'
import { namesIn } from '../source/template.ts'
import type { Known, Task } from './step.ts'
import { isUnsettled, type LateNames, late, type Settled, StepContext, wrong } from './step-context.ts'
import type { PlayFiles } from './step-files.ts'
import { Judge, type Kept } from './step-judge.ts'
import type { Surroundings } from './step-kind.ts'
import { readParam } from './step-params.ts'
import type { Standpoint, StepWorld } from './step-variables.ts'
import type { Written, WrittenStep } from './written-steps.ts'

/** A step with what is the same at all of its hosts. */
export interface ReadyStep {
  readonly written: WrittenStep
  readonly kept: readonly Kept[]
  readonly okCodes: readonly number[]
  readonly world: StepWorld
  readonly files: PlayFiles
}

/**
 * The tasks of a step at one host, as far as they can be told. Before the run (`known` undefined) that is a check: what is
 * wrong goes to the findings, and what only the run can know is passed over.
 */
export function unfold(
  step: ReadyStep,
  host: string | undefined,
  lateNames: LateNames,
  findings: Findings,
  known?: Known,
  unavailable?: (name: string) => string | undefined,
): readonly Task[] {
  const { written, world } = step
  const at: Standpoint = {
    ...{ host, scope: written.value.scope, locals: new Map(), known },
    ...(unavailable === undefined ? {} : { unavailable }),
  }
  const guarded = known === undefined ? guardedIn(written.when) : new Set<string>()
  const context = new StepContext(world, at, { ...lateNames, guarded }, findings)
  const loop = written.modifiers.get('for')
  const name = loopName(loop)
  if (loop === undefined || name === undefined) return [...one(step, context, undefined)]
  // A step that is not done here need not be able to make its list.
  const early = written.when.filter(each => !namesOf(each.node).has(name))
  if (conditionOf(early, context) === false) return []
  const values = loopValues(loop, context)
  if (values === wrong) return []
  if (values === late) {
    const inLoop = { ...context.lateNames, has: (each: string) => each === name || lateNames.has(each) }
    return [...one(step, context.with({}, inLoop), undefined)]
  }
  return values.flatMap(value => [...one(step, context.with({ locals: new Map([[name, value]]) }), value)])
}

/** The task for one value of the loop; none when `when` says no, or when it cannot be made. */
function one(step: ReadyStep, context: StepContext, value: Value | undefined): readonly Task[] {
  const { written, world, files, okCodes, kept } = step
  if (conditionOf(written.when, context) === false) return []
  const before = context.before
  const ground = { files, environment: world.shared.environment, before }
  const read = (kind: Parameters<typeof readParam>[0], name: string, from: Written | undefined) =>
    from === undefined ? undefined : readParam(kind, name, from, context, ground)
  const given: Record<string, unknown> = {}
  for (const [name, param] of Object.entries(written.kind.params)) {
    given[name] = read(param.kind, labelOf(written, name), partOf(written, name))
  }
  const environments = written.env.map(each => read('environment', 'env', each))
  const stdin = read('secretText', 'stdin', written.modifiers.get('stdin'))
  const cwd = read('text', 'cwd', written.modifiers.get('cwd'))
  const judge = new Judge(step, context, kept)
  if (before) judge.check()
  if ([...Object.values(given), ...environments, stdin, cwd].some(isUnsettled) || before) return []
  const around: Surroundings = {
    stdin: stdin as string | undefined,
    env: Object.assign({}, ...(environments as object[])),
    cwd: cwd as string | undefined,
    okCodes,
  }
  const action = written.kind.action?.(given as never, around)
  if (action === undefined) return []
  const item = value === undefined ? undefined : inWords(value)
  return [judge.task(item, action, [...context.secrets])]
}

/** What a parameter is called in messages: `push to`, or just `run` for the value as a whole. */
const labelOf = ({ kind, value }: WrittenStep, name: string) =>
  kind.keyed && value.node.kind === 'mapping' ? `${kind.name} ${name}` : kind.name

function partOf({ kind, value }: WrittenStep, name: string): Written | undefined {
  if (!kind.keyed || value.node.kind !== 'mapping') return name === kind.bare ? value : undefined
  const node = child(value.node, name)
  return node && { ...value, node }
}

/** Whether all conditions hold; late when that is not known yet, and then the step is looked at as if they did. */
function conditionOf(conditions: readonly Written[], context: StepContext): Settled<boolean> {
  let outcome: Settled<boolean> = true
  for (const { node, scope } of conditions) {
    const holds = context.with({ scope }).holds(node, 'when')
    if (holds === false) return false
    if (holds !== true) outcome = holds
  }
  return outcome
}

/** The loop variable. */
export function loopName(loop: Written | undefined): string | undefined {
  if (loop === undefined) return undefined
  return loop.node.kind === 'mapping' ? entriesOf(loop.node)[0]?.[0] : 'item'
}

function loopValues(loop: Written, context: StepContext): Settled<readonly Value[]> {
  const node = loop.node.kind === 'mapping' ? (entriesOf(loop.node)[0]?.[1].value ?? loop.node) : loop.node
  const inFile = context.with({ scope: loop.scope })
  const value = listValue(node, inFile)
  if (isUnsettled(value)) return value
  if (isList(value)) return value
  const message = 'for: expected a list, or an expression that gives one'
  return context.find({ code: 'SCHEMA_VALUE', message, at: node.at })
}

/** A list as written, a `{{ }}`, or a bare expression. */
function listValue(node: SourceNode, context: StepContext): Settled<Value> {
  if (node.kind === 'scalar' && typeof node.value === 'string' && !node.value.includes('{{'))
    return context.expression(node, 'for')
  const tree = context.tree(node, 'for')
  return isUnsettled(tree) ? tree : toValue(tree)
}

/** Names whose being there `when` asks for. */
function guardedIn(conditions: readonly Written[]): ReadonlySet<string> {
  const uses = conditions.flatMap(({ node }) => textsOf(node).flatMap(text => namesIn(text, functions)))
  return new Set(uses.filter(({ guarded }) => guarded).map(({ name }) => name))
}

const namesOf = (node: SourceNode) =>
  new Set(textsOf(node).flatMap(text => namesIn(text, functions).map(({ name }) => name)))

const textsOf = (node: SourceNode): readonly string[] =>
  node.kind === 'scalar' ? (typeof node.value === 'string' ? [node.value] : []) : itemsOf(node).flatMap(textsOf)

const inWords = (value: Value): string =>
  typeof value === 'object' && value !== null
    ? JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? Number(each) : each))
    : String(value)

/** The same in a run: throws what is wrong. */
export function tasksIn(
  step: ReadyStep,
  host: string | undefined,
  known: Known,
  unavailable: (name: string) => string | undefined,
): readonly Task[] {
  const findings = newFindings()
  const tasks = unfold(step, host, { has: () => false, names: [], guarded: new Set() }, findings, known, unavailable)
  refuse(findings.all().map(problem => placed(problem, step.written.at)))
  return tasks
}
