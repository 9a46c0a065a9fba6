import { LockstepError, placed, refuse } from '../errors/error.ts'
import { newFindings } from '../source/findings.ts'
import { parseJson } from '../source/json.ts'
import { record, type Value } from '../source/node.ts'
import type { Tree } from '../source/tree.ts'
import type { Action, Task, TaskResult } from './step.ts'
import { isUnsettled, type StepContext } from './step-context.ts'
import type { ReadyStep } from './step-unfold.ts'

/** What `as` keeps of a result: a variable and what it holds. */
export interface Kept {
  readonly name: string
  readonly form: 'text' | 'lines' | 'json' | 'result'
}

/** Judges the tries of one task: whether one was good, whether it was the last one wanted, what is kept of it. */
export class Judge {
  readonly #step: ReadyStep
  readonly #context: StepContext
  readonly #kept: readonly Kept[]

  constructor(step: ReadyStep, context: StepContext, kept: readonly Kept[]) {
    this.#step = step
    this.#context = context
    this.#kept = kept
  }

  /** Before the run: every name in `until` and `fails_when` is known. */
  check(): void {
    const names = new Set(['result', ...this.#kept.map(({ name }) => name)])
    const lateNames = this.#context.lateNames
    const has = (name: string) => names.has(name) || lateNames.has(name)
    for (const modifier of ['until', 'fails_when']) {
      const written = this.#step.written.modifiers.get(modifier)
      const inFile =
        written &&
        this.#context.with({ scope: written.scope }, { ...lateNames, has, names: [...lateNames.names, ...names] })
      if (written !== undefined) inFile?.holds(written.node, modifier)
    }
  }

  task(item: string | undefined, action: Action, secrets: readonly string[]): Task {
    return {
      ...{ item, action, secrets },
      failure: result => this.#failure(action, result),
      enough: result => this.#enough(action, result),
      keep: result => this.#keep(action, result),
    }
  }

  #failure(action: Action, result: TaskResult): string | undefined {
    const own = this.#ownFailure(action, result)
    if (own !== undefined) return own
    return this.#holds('until', action, result) === false ? `until does not hold: ${this.#written('until')}` : undefined
  }

  /** Without `until`, whose not holding is a failure of the last try only. */
  #ownFailure(action: Action, result: TaskResult): string | undefined {
    const failure = ownFailure(action, result)
    if (failure !== undefined) return failure
    const unreadable = this.#kept.find(({ form }) => form === 'json' && jsonIn(result.stdout) === undefined)
    if (unreadable !== undefined) return `its output is no JSON, as '${unreadable.name}' wants it`
    const fails = this.#holds('fails_when', action, result) === true
    return fails ? `fails_when holds: ${this.#written('fails_when')}` : undefined
  }

  #enough(action: Action, result: TaskResult): boolean {
    return this.#holds('until', action, result) ?? this.#ownFailure(action, result) === undefined
  }

  /** Undefined when the step has no such modifier. */
  #holds(modifier: 'until' | 'fails_when', action: Action, result: TaskResult): boolean | undefined {
    const written = this.#step.written.modifiers.get(modifier)
    if (written === undefined) return undefined
    const findings = newFindings()
    const locals = new Map<string, Value>([
      ...this.#context.locals,
      ...this.#kept.flatMap(kept => {
        const value = heldBy(kept, action, result)
        return value === undefined ? [] : [[kept.name, value] as const]
      }),
      ['result', resultValue(action, result)],
    ])
    const holds = this.#context
      .with({ scope: written.scope, locals }, undefined, findings)
      .holds(written.node, modifier)
    refuse(findings.all().map(problem => placed(problem, written.node.at)))
    if (isUnsettled(holds))
      throw new LockstepError('SCHEMA_EXPRESSION', `${modifier} cannot be evaluated`, { at: written.node.at })
    return holds
  }

  #written(modifier: string): string {
    const node = this.#step.written.modifiers.get(modifier)?.node
    return node?.kind === 'scalar' ? String(node.value) : modifier
  }

  #keep(action: Action, result: TaskResult): ReadonlyMap<string, Value> {
    if (action.kind === 'set') return action.values
    return new Map(
      this.#kept.flatMap(kept => {
        const value = heldBy(kept, action, result)
        // What cannot be read as it is wanted is a failure, and has no value where that does not matter.
        return value === undefined ? [] : [[kept.name, value] as const]
      }),
    )
  }
}

/** Why a try was not good, whatever the step's own conditions say. */
function ownFailure(action: Action, { code, stderr, error }: TaskResult): string | undefined {
  if (error !== undefined) return error.message
  if (action.kind === 'assert') {
    const broken = action.claims.find(({ holds }) => !holds)
    return broken && (action.message ?? `does not hold: ${broken.text}`)
  }
  if (code === undefined) return 'ended by a signal'
  const okCodes = action.kind === 'command' || action.kind === 'script' ? action.okCodes : [0]
  if (okCodes.includes(code)) return undefined
  const said = stderr.trim().split('\n').at(-1) ?? ''
  return `exit status ${code}${said === '' ? '' : `: ${said}`}`
}

/** Undefined for an output that is not what is wanted. */
function heldBy({ form }: Kept, action: Action, result: TaskResult): Value | undefined {
  if (form === 'result') return resultValue(action, result)
  const text = withoutLastNewlines(result.stdout)
  if (form === 'text') return text
  if (form === 'lines') return text === '' ? [] : text.split('\n')
  return jsonIn(result.stdout)
}

function resultValue(action: Action, result: TaskResult): Value {
  return record<Value>([
    ['code', result.code === undefined ? null : BigInt(result.code)],
    ['stdout', withoutLastNewlines(result.stdout)],
    ['stderr', withoutLastNewlines(result.stderr)],
    ['changed', result.changed],
    ['failed', ownFailure(action, result) !== undefined],
  ])
}

const withoutLastNewlines = (text: string) => text.replace(/\n+$/, '')

function jsonIn(text: string): Value | undefined {
  const tree = parseJson('', text)
  return tree && bare(tree)
}

function bare(tree: Tree): Value {
  if (tree.kind === 'list') return tree.items.map(bare)
  return tree.kind === 'scalar'
    ? tree.value
    : record([...tree.entries].map(([key, { value }]) => [key, bare(value)] as const))
}
