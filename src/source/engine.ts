import minijinja from 'minijinja-js'
import { LockstepError } from '../errors/error.ts'
import { type EngineFunction, filters, tests } from './filters.ts'
import { isList, record, type Value } from './node.ts'

/** Reads an environment variable for `lookup('env', NAME)`; undefined when it is not set. */
export type ReadEnvironment = (name: string) => string | undefined

/** What an expression may call besides filters. */
export const functions: ReadonlySet<string> = new Set(['lookup', 'range', 'dict'])

/** More steps than any value needs; an endless expression ends here instead of never. */
const mostSteps = 100_000
const mostCharacters = 4_000

/**
 * Evaluates one Jinja2 expression with the variables that it names. Throws an Error whose message says in one line what
 * is wrong; gives undefined when the result is an attribute that is not there.
 */
export function evaluateJinja(
  expression: string,
  variables: ReadonlyMap<string, Value>,
  environment: ReadEnvironment,
): Value | undefined {
  if (expression.length > mostCharacters) throw new Error(`the expression is longer than ${mostCharacters} characters`)
  const context = record([...variables].map(([name, value]) => [name, toEngine(value)]))
  const result = withEngine(environment, engine => engine.evalExpr(expression, context))
  if (result !== undefined) return fromEngine(result)
  // The engine answers `undefined` for none as well as for nothing.
  return withEngine(environment, engine => engine.evalExpr(`(${expression}) is defined`, context)) ? null : undefined
}

/** What is wrong with a text as the file of a template; undefined when it can be rendered. */
export function templateFault(text: string): TemplateFault | undefined {
  return faultOf(() =>
    withEngine(
      () => undefined,
      engine => engine.addTemplate('template', text),
    ),
  )
}

/** The file of a template with every variable that it names in its place. */
export function renderJinja(
  text: string,
  variables: ReadonlyMap<string, Value>,
  environment: ReadEnvironment,
): string | TemplateFault {
  const context = record([...variables].map(([name, value]) => [name, toEngine(value)]))
  let rendered = ''
  const fault = faultOf(() => {
    rendered = String(
      withEngine(environment, engine => {
        // As Ansible's module `template` sets them.
        engine.keepTrailingNewline = true
        engine.trimBlocks = true
        return engine.renderStr(text, context)
      }),
    )
  })
  return fault ?? rendered
}

export interface TemplateFault {
  readonly reason: string
  /** Of the template, counted from 1. */
  readonly line: number
}

function faultOf(use: () => unknown): TemplateFault | undefined {
  try {
    use()
    return undefined
  } catch (error) {
    const { cause } = error as { cause?: unknown }
    const line = Number(/\(in (?:<string>|template):(\d+)\)/.exec(String(cause ?? error))?.[1] ?? 1)
    return { reason: reasonOf(error), line: Math.max(1, line) }
  }
}

/** A fresh engine each time (30 us): one that threw once stays locked for ever. */
function withEngine(environment: ReadEnvironment, use: (engine: minijinja.Environment) => unknown): unknown {
  const engine = new minijinja.Environment()
  // A function that throws inside the engine breaks it, so faults leave by this door.
  const faults: string[] = []
  engine.undefinedBehavior = 'strict'
  engine.fuel = mostSteps
  engine.enablePyCompat()
  engine.addGlobal('lookup', guarded(faults, lookup(environment)))
  for (const [name, filter] of Object.entries(filters)) engine.addFilter(name, guarded(faults, filter))
  for (const [name, test] of Object.entries(tests)) engine.addTest(name, guarded(faults, test))
  try {
    const result = use(engine)
    if (faults[0] !== undefined) throw new Error(faults[0])
    return result
  } catch (cause) {
    throw new Error(faults[0] ?? reasonOf(cause), { cause })
  }
}

const guarded =
  (faults: string[], call: EngineFunction): EngineFunction =>
  (...args) => {
    try {
      return call(...args)
    } catch (cause) {
      faults.push(reasonOf(cause))
      return ''
    }
  }

const lookup =
  (environment: ReadEnvironment): EngineFunction =>
  (kind, name) => {
    if (kind !== 'env') throw new Error(`lookup knows 'env' only, got '${String(kind)}'`)
    return environment(String(name)) ?? ''
  }

const reasonOf = (cause: unknown): string => {
  const first = (cause instanceof Error ? cause.message : String(cause)).split('\n', 1)[0] ?? ''
  return first.replace(/ \(in (?:<\w+>|template):\d+\)$/, '').replace(/^Error: /, '')
}

/** The engine wants plain objects, and a BigInt only where a number would lose digits. */
function toEngine(value: Value): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value
  if (value === null || typeof value !== 'object') return value
  if (isList(value)) return value.map(toEngine)
  return record(Object.keys(value).flatMap(key => partToEngine(key, value)))
}

/** A part that cannot be evaluated is left out: of all variables of all hosts the expression wants just one. */
function partToEngine(key: string, whole: { readonly [key: string]: Value }): (readonly [string, unknown])[] {
  try {
    return [[key, toEngine(whole[key] ?? null)]]
  } catch (error) {
    if (error instanceof LockstepError) return []
    throw error
  }
}

/** The engine hands out Maps for mappings and `undefined` for none. */
function fromEngine(value: unknown): Value {
  if (value === undefined || value === null) return null
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value
  if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'bigint') return value
  if (Array.isArray(value)) return value.map(fromEngine)
  if (value instanceof Map) return record([...value].map(([key, each]) => [String(key), fromEngine(each)]))
  throw new Error('the result is no value that a file could hold')
}
