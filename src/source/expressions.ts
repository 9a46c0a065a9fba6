import { LockstepError, type Place, problemsOf } from '../errors/error.ts'
import { didYouMean } from '../errors/suggest.ts'
import { evaluateJinja, functions, type ReadEnvironment } from './engine.ts'
import type { Findings } from './findings.ts'
import { fromValue, isList, record, type ScalarNode, type SourceNode, type Value } from './node.ts'
import { isTemplate, namesIn, partsOf, pathOf } from './template.ts'

/** A variable as written: templates in it are evaluated when it is used, and only then. */
export interface Variable {
  readonly value: Value
  /** Where it was written; undefined for the command line and for what we know ourselves. */
  readonly at?: Place | undefined
  /** The written form of a number: it is what a text around the expression gets. */
  readonly written?: string | undefined
  /** The value needs no evaluation any more; reading a part of it may throw LockstepError (`hostvars`). */
  readonly ready?: true
}

export interface Variables {
  /** Throws a LockstepError for a variable that is there and cannot be used. */
  get(name: string): Variable | undefined
  names(): readonly string[]
  /** Why a name that is known elsewhere has no value here, in words that follow the name. */
  unavailable?(name: string): string | undefined
  /** Whose they are, for messages: `host A`. */
  readonly owner?: string | undefined
  readonly environment: ReadEnvironment
}

export interface Evaluator {
  /** The tree with every `{{ }}` evaluated; undefined when something in it cannot be, which the findings then say. */
  tree(node: SourceNode): SourceNode | undefined
  /** The value of a variable, evaluated. `usedAt` takes the blame for a variable without a place. Throws LockstepError. */
  variable(name: string, usedAt: Place): Value | undefined
  /** The value of an expression that stands without `{{ }}`. Throws LockstepError. */
  expression(source: string, at: Place): Value
}

/**
 * Evaluates templates with one set of variables. A value that is one expression keeps the type of the result; an unknown
 * name, an attribute that is not there and variables that refer to each other in a circle are errors.
 */
export function evaluator(variables: Variables, findings: Findings): Evaluator {
  const known = new Map<string, Value | LockstepError>()
  const open: string[] = []

  function variable(name: string, usedAt: Place): Value | undefined {
    const cached = known.get(name)
    if (cached instanceof LockstepError) throw cached
    if (cached !== undefined) return cached
    try {
      const found = variables.get(name)
      if (found === undefined) return undefined
      const value = inside(name, found.at ?? usedAt, () =>
        found.ready ? found.value : evaluated(found.value, found.at ?? usedAt),
      )
      known.set(name, value)
      return value
    } catch (error) {
      if (error instanceof LockstepError) known.set(name, error)
      throw error
    }
  }

  function inside<T>(name: string, at: Place, evaluate: () => T): T {
    if (open.includes(name)) {
      const circle = [...open.slice(open.indexOf(name)), name].join(' → ')
      throw new LockstepError('SCHEMA_LOOP', `these variables refer to each other in a circle: ${circle}`, { at })
    }
    open.push(name)
    try {
      return evaluate()
    } finally {
      open.pop()
    }
  }

  function evaluated(value: Value, at: Place): Value {
    if (typeof value === 'string') return isTemplate(value) ? text(value, at) : value
    if (value === null || typeof value !== 'object') return value
    if (isList(value)) return value.map(item => evaluated(item, at))
    return record(Object.entries(value).map(([key, item]) => [key, evaluated(item, at)]))
  }

  function text(template: string, at: Place): Value {
    const parts = partsOf(template)
    if ('fault' in parts) throw new LockstepError('SCHEMA_EXPRESSION', parts.fault, { at })
    const [first] = parts
    if (parts.length === 1 && first !== undefined && 'expression' in first) return expression(first.expression, at)
    return parts.map(part => ('text' in part ? part.text : inText(part.expression, at))).join('')
  }

  function inText(source: string, at: Place): string {
    const value = expression(source, at)
    if (typeof value === 'bigint' || typeof value === 'number') return variables.get(source)?.written ?? String(value)
    if (typeof value === 'string') return value
    // As Ansible does: Python's spelling.
    if (typeof value === 'boolean') return value ? 'True' : 'False'
    if (value === null) return 'None'
    const kind = isList(value) ? 'list' : 'mapping'
    throw new LockstepError('SCHEMA_EXPRESSION', `'${source}' is a ${kind}, which cannot stand inside a text`, { at })
  }

  function expression(source: string, at: Place): Value {
    const path = pathOf(source)
    if (path !== undefined) return follow(path, at)
    const named = new Map<string, Value>()
    for (const { name, guarded } of namesIn(source, functions)) {
      const value = variable(name, at)
      if (value === undefined && !guarded) throw undefinedName(name, at)
      if (value !== undefined) named.set(name, value)
    }
    const result = jinja(source, named, at)
    if (result === undefined) throw new LockstepError('SCHEMA_UNDEFINED', `'${source}' is not defined${of()}`, { at })
    return result
  }

  function jinja(source: string, named: ReadonlyMap<string, Value>, at: Place): Value | undefined {
    try {
      return evaluateJinja(source, named, variables.environment)
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new LockstepError('SCHEMA_EXPRESSION', `'${source}' cannot be evaluated: ${reason}`, { at, cause })
    }
  }

  /** A plain path needs no engine, keeps every digit and can say exactly which step is missing. */
  function follow([name, ...steps]: readonly [string, ...string[]], at: Place): Value {
    let value = variable(name, at)
    if (value === undefined) throw undefinedName(name, at)
    let walked = name
    for (const step of steps) {
      const inner: Value | undefined = stepInto(value, step)
      if (inner === undefined) {
        const hint = didYouMean(step, keysOf(value))
        throw new LockstepError('SCHEMA_UNDEFINED', `'${walked}' has no '${step}'${of()}`, { at, hint })
      }
      walked += /^\d+$/.test(step) ? `[${step}]` : `.${step}`
      value = inner
    }
    return value
  }

  const of = () => (variables.owner === undefined ? '' : ` for ${variables.owner}`)

  function undefinedName(name: string, at: Place): LockstepError {
    const elsewhere = variables.unavailable?.(name)
    if (elsewhere !== undefined) return new LockstepError('SCHEMA_UNDEFINED', `'${name}' ${elsewhere}`, { at })
    const hint = didYouMean(name, variables.names())
    return new LockstepError('SCHEMA_UNDEFINED', `'${name}' is not defined${of()}`, { at, hint })
  }

  function tree(node: SourceNode): SourceNode | undefined {
    if (node.kind === 'scalar') return scalar(node)
    if (node.kind === 'list') {
      const items = node.items.map(tree)
      return items.every(item => item !== undefined) ? { ...node, items } : undefined
    }
    const entries = [...node.entries].map(([key, each]) => [key, each.key, tree(each.value)] as const)
    const whole = entries.flatMap(([name, key, value]) =>
      value === undefined ? [] : [[name, { key, value }] as const],
    )
    return whole.length === entries.length ? { ...node, entries: new Map(whole) } : undefined
  }

  function scalar(node: ScalarNode): SourceNode | undefined {
    if (typeof node.value !== 'string' || !isTemplate(node.value)) return node
    try {
      return fromValue(text(node.value, node.at), node.at)
    } catch (error) {
      if (!(error instanceof LockstepError)) throw error
      for (const problem of problemsOf(error)) findings.add(problem)
      return undefined
    }
  }

  return { tree, variable, expression }
}

function stepInto(value: Value, step: string): Value | undefined {
  if (value === null || typeof value !== 'object') return undefined
  if (isList(value)) return /^\d+$/.test(step) ? value[Number(step)] : undefined
  return Object.hasOwn(value, step) ? value[step] : undefined
}

const keysOf = (value: Value): string[] =>
  value !== null && typeof value === 'object' && !isList(value) ? Object.keys(value) : []
