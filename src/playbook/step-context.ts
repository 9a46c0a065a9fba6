import { LockstepError, type Place, type Problem, placed, problemsOf } from '../errors/error.ts'
import { didYouMean } from '../errors/suggest.ts'
import { type Evaluator, evaluator, type Variables } from '../source/expressions.ts'
import type { Findings } from '../source/findings.ts'
import { isList, type ScalarNode, type SourceNode, toValue, type Value } from '../source/node.ts'
import { isTemplate, partsOf } from '../source/template.ts'
import { namesInExpression, namesInTree, type PlacedUse, type Reach, reachOf } from './step-names.ts'
import { type Standpoint, type StepWorld, stepVariables } from './step-variables.ts'

/** What a step sees of names that only the run can know. */
export interface LateNames {
  /** Whether the run gives the name a value before the step. */
  readonly has: (name: string) => boolean
  /** All of them, for suggestions. */
  readonly names: readonly string[]
  /** Names that may be missing: the step's own `when` asks whether they are there. */
  readonly guarded: ReadonlySet<string>
}

/** A value that is not known before the run. */
export const late = Symbol('late')
/** A value that is wrong, which the findings say. */
export const wrong = Symbol('wrong')
export type Unsettled = typeof late | typeof wrong
export type Settled<T> = T | Unsettled

export const isUnsettled = (value: unknown): value is Unsettled => value === late || value === wrong

/** What keeps several values from being settled: wrong ones before late ones. */
export const unsettledIn = (values: readonly unknown[]): Unsettled | undefined =>
  values.includes(wrong) ? wrong : values.includes(late) ? late : undefined

/**
 * Evaluates what stands in a step, from one standpoint. Before the run every name is looked up first, so that a mistake in a
 * value that only the run can know is found as well; `late` is then all that can be said of it.
 */
export class StepContext {
  /** Texts that must never be shown, as far as they have been used. */
  readonly secrets = new Set<string>()
  readonly #world: StepWorld
  readonly #at: Standpoint
  readonly #late: LateNames
  readonly #findings: Findings
  readonly #reaches = new Map<string, Reach>()
  #plain: Evaluator | undefined
  #opened: Evaluator | undefined

  constructor(world: StepWorld, at: Standpoint, lateNames: LateNames, findings: Findings) {
    this.#world = world
    this.#at = at
    this.#late = lateNames
    this.#findings = findings
  }

  /** The same with other local variables, in another file, or with other names that only the run can know. */
  with(changes: Partial<Pick<Standpoint, 'locals' | 'scope'>>, lateNames = this.#late, findings = this.#findings) {
    return new StepContext(this.#world, { ...this.#at, ...changes }, lateNames, findings)
  }

  /** Whether nothing is known yet that only the run can know. */
  get before(): boolean {
    return this.#at.known === undefined
  }

  get locals(): ReadonlyMap<string, Value> {
    return this.#at.locals
  }

  get lateNames(): LateNames {
    return this.#late
  }

  get findings(): Findings {
    return this.#findings
  }

  find(problem: Problem): typeof wrong {
    this.#findings.add(problem)
    return wrong
  }

  /** The tree with every `{{ }}` evaluated. `what` names it where a secret is refused; undefined: secrets may stand in it. */
  tree(node: SourceNode, what: string | undefined): Settled<SourceNode> {
    const fault = faultIn(node)
    if (fault !== undefined) return this.find(fault)
    const looked = this.look(namesInTree(node), what)
    if (looked !== 'known' && looked !== 'secret') return looked
    if (looked === 'secret') return this.#openedTree(node)
    const tree = this.#evaluator().tree(node)
    return tree ?? wrong
  }

  /** Whether a bare expression, or every one of a list, is true. */
  holds(node: SourceNode, what: string): Settled<boolean> {
    if (node.kind === 'list') {
      const all: Settled<boolean>[] = []
      for (const item of node.items) {
        all.push(this.holds(item, what))
        // Before the run every mistake is looked for; in it, what stands behind a condition need not make sense without it.
        if (all.at(-1) === false && !this.before) return false
      }
      return all.includes(false) ? false : (unsettledIn(all) ?? true)
    }
    if (node.kind !== 'scalar' || node.value === null || typeof node.value === 'number')
      return this.find({ code: 'SCHEMA_TYPE', message: `${what}: expected an expression`, at: node.at })
    if (typeof node.value === 'boolean') return node.value
    const value = this.expression(node, what)
    if (typeof value === 'boolean' || typeof value === 'symbol') return value
    const message = `'${String(node.value)}' is ${inWords(value)}, and neither true nor false`
    const hint = "compare it, such as == 0 or != '', or write | bool"
    return this.find({ code: 'SCHEMA_EXPRESSION', message, hint, at: node.at })
  }

  /** The value of a bare expression. */
  expression(node: ScalarNode, what: string): Settled<Value> {
    const source = node.written ?? String(node.value)
    if (source.includes('{{')) {
      const message = `${what} is an expression as it stands`
      return this.find({ code: 'SCHEMA_EXPRESSION', message, hint: 'leave {{ and }} out', at: node.at })
    }
    const looked = this.look(namesInExpression(source, node), what)
    if (typeof looked === 'symbol') return looked
    return this.attempt(() => this.#evaluator().expression(source.trim(), node.at), node.at)
  }

  /** Runs what may throw a LockstepError, which becomes a finding. */
  attempt<T>(use: () => T, at: Place): Settled<T> {
    try {
      return use()
    } catch (error) {
      if (!(error instanceof LockstepError)) throw error
      for (const problem of problemsOf(error)) this.find(placed(problem, at))
      return wrong
    }
  }

  /** The value of a variable, with secrets opened; what is secret of it is remembered. */
  variable(name: string, at: Place): Settled<Value | undefined> {
    const { secret } = this.#reach(name)
    if (secret.size === 0) return this.attempt(() => this.#evaluator().variable(name, at), at)
    this.#remember(secret, at)
    return this.attempt(() => {
      const value = withoutLeak(() => this.#open().variable(name, at), at)
      for (const text of textsIn(value ?? null)) this.secrets.add(text)
      return value
    }, at)
  }

  /** Looks every name up; what is not known or must not stand here is found. */
  look(uses: readonly PlacedUse[], what: string | undefined): 'known' | 'secret' | Unsettled {
    let outcome: 'known' | 'secret' | Unsettled = 'known'
    for (const use of uses) {
      const { unknown, secret, late: ofRun } = this.#reach(use.name)
      const [hidden] = secret
      if (unknown && !use.guarded && !this.#late.guarded.has(use.name)) outcome = this.#unknown(use)
      else if (hidden !== undefined && what !== undefined) outcome = this.#refused(hidden, what, use.at)
      else if (ofRun.size > 0 && outcome !== wrong) outcome = late
      else if (unknown && !use.guarded && outcome !== wrong) outcome = late
      else if (hidden !== undefined && outcome === 'known') outcome = 'secret'
    }
    return outcome
  }

  #unknown({ name, at }: PlacedUse): typeof wrong {
    const variables = this.#variables()
    const reason = variables.unavailable?.(name)
    if (reason !== undefined) return this.find({ code: 'SCHEMA_UNDEFINED', message: `'${name}' ${reason}`, at })
    const of = this.#at.host === undefined ? '' : ` for host ${this.#at.host}`
    const hint = didYouMean(name, [...variables.names(), ...this.#late.names])
    return this.find({ code: 'SCHEMA_UNDEFINED', message: `'${name}' is not defined${of}`, hint, at })
  }

  #refused(name: string, what: string, at: Place): typeof wrong {
    const message = `'${name}' is secret and cannot stand in ${what}`
    const hint = `give it to a command by its environment: env: {NAME: "{{ ${name} }}"}`
    return this.find({ code: 'INVENTORY_VAULT', message, hint, at })
  }

  #reach(name: string): Reach {
    const known = this.#reaches.get(name)
    if (known !== undefined) return known
    const isLate = this.#at.known === undefined ? this.#late.has : () => false
    const learnt = this.#at.known !== undefined && this.#isLearnt(name)
    const reach = learnt ? learntReach : reachOf(name, this.#world, this.#at, isLate)
    this.#reaches.set(name, reach)
    return reach
  }

  #isLearnt(name: string): boolean {
    if (this.#world.shared.extra.has(name)) return false
    return name === 'failed' || this.#at.known?.get(this.#at.host, name) !== undefined
  }

  #openedTree(node: SourceNode): Settled<SourceNode> {
    for (const { name, at } of namesInTree(node)) this.#remember(this.#reach(name).secret, at)
    return this.attempt(() => {
      const tree = withoutLeak(() => this.#open().tree(node), node.at)
      if (tree === undefined) return wrong
      // What was made of a secret, by a filter or by what stands around it, is one as well.
      for (const text of textsIn(toValue(tree))) this.secrets.add(text)
      return tree
    }, node.at) as Settled<SourceNode>
  }

  /** Every text of a secret variable is masked from now on. */
  #remember(names: ReadonlySet<string>, at: Place): void {
    for (const name of names) {
      const value = this.attempt(() => withoutLeak(() => this.#open().variable(name, at), at), at)
      if (typeof value !== 'symbol') for (const text of textsIn(value ?? null)) this.secrets.add(text)
    }
  }

  #evaluator(): Evaluator {
    this.#plain ??= evaluator(this.#variables(), this.#findings)
    return this.#plain
  }

  #variables(): Variables {
    return stepVariables(this.#world, this.#at)
  }

  /** Its findings are thrown away: what goes wrong with what is secret must not be told in full. */
  #open(): Evaluator {
    const silent: Findings = { ...this.#findings, add: problem => fail(problem) }
    this.#opened ??= evaluator(stepVariables(this.#world, { ...this.#at, secrets: 'opened' }), silent)
    return this.#opened
  }
}

const learntReach: Reach = { late: new Set(), secret: new Set(), unknown: false }

function fail({ code, message, hint, at }: Problem): never {
  throw new LockstepError(code, message, { hint, at })
}

/** An expression that fails quotes what it was given. */
function withoutLeak<T>(use: () => T, at: Place): T {
  try {
    return use()
  } catch (error) {
    if (!(error instanceof LockstepError) || error.code === 'INVENTORY_VAULT') throw error
    throw new LockstepError(error.code, 'this cannot be evaluated with what is secret', { at })
  }
}

/** Every text and number in a value, for masking; nothing to mask in an empty text. */
function textsIn(value: Value): readonly string[] {
  if (value === null || typeof value === 'boolean') return []
  if (typeof value !== 'object') return String(value) === '' ? [] : [String(value)]
  return (isList(value) ? value : Object.values(value)).flatMap(textsIn)
}

/** A text that cannot be cut into its parts. */
function faultIn(node: SourceNode): Problem | undefined {
  if (node.kind === 'list') return firstOf(node.items)
  if (node.kind === 'mapping') return firstOf([...node.entries.values()].map(({ value }) => value))
  if (typeof node.value !== 'string' || !isTemplate(node.value)) return undefined
  const parts = partsOf(node.value)
  return 'fault' in parts ? { code: 'SCHEMA_EXPRESSION', message: parts.fault, at: node.at } : undefined
}

function firstOf(nodes: readonly SourceNode[]): Problem | undefined {
  for (const node of nodes) {
    const fault = faultIn(node)
    if (fault !== undefined) return fault
  }
  return undefined
}

const inWords = (value: Value): string => {
  if (value === null) return 'nothing'
  if (isList(value)) return 'a list'
  return { string: 'a text', object: 'a mapping' }[typeof value as 'string' | 'object'] ?? 'a number'
}
