import { LockstepError, type Place } from '../errors/error.ts'
import { functions } from '../source/engine.ts'
import { isList, type ScalarNode, type SourceNode, type Value } from '../source/node.ts'
import { isTemplate, namesIn, partsOf } from '../source/template.ts'
import { parameter } from './step-files.ts'
import type { StepWorld } from './step-variables.ts'
import { baseVariables, type Standpoint } from './step-variables.ts'

/** A variable that an expression names, where it first stands. */
export interface PlacedUse {
  readonly name: string
  readonly guarded: boolean
  readonly at: Place
}

/** The names in the `{{ }}` of a tree. A text that cannot be cut into parts names nothing. */
export function namesInTree(node: SourceNode): readonly PlacedUse[] {
  if (node.kind === 'list') return node.items.flatMap(namesInTree)
  if (node.kind === 'mapping') return [...node.entries.values()].flatMap(({ value }) => namesInTree(value))
  if (typeof node.value !== 'string' || !isTemplate(node.value)) return []
  const parts = partsOf(node.value)
  if ('fault' in parts) return []
  return parts.flatMap(part => ('text' in part ? [] : namesInExpression(part.expression, node, part.from)))
}

/** The names of an expression that begins `from` characters behind the start of a text. */
export const namesInExpression = (expression: string, node: ScalarNode, from = 0): readonly PlacedUse[] =>
  namesIn(expression, functions).map(use => ({
    name: use.name,
    guarded: use.guarded,
    at: node.textAt === undefined ? node.at : { ...node.textAt, column: node.textAt.column + from + use.from },
  }))

/** What a variable comes to when everything that it is made of is followed. */
export interface Reach {
  /** Names that only the run can know. */
  readonly late: ReadonlySet<string>
  /** Secret variables. */
  readonly secret: ReadonlySet<string>
  /** Whether the name has no value at all. */
  readonly unknown: boolean
}

/** Follows a variable through the templates that it is made of. `isLate` says which names only the run can know. */
export function reachOf(name: string, world: StepWorld, at: Standpoint, isLate: (name: string) => boolean): Reach {
  const late = new Set<string>()
  const secret = new Set<string>()
  const seen = new Set<string>()
  const unknown = !follow(name, at)
  return { late, secret, unknown }

  /** Whether the name has a value here. */
  function follow(each: string, from: Standpoint): boolean {
    if (from.locals.has(each)) return true
    const extra = world.shared.extra.has(each)
    if (isLate(each) && !extra && parameter(from.scope, each) === undefined) {
      late.add(each)
      return true
    }
    if (each === 'hostvars') return true
    const key = `${each} ${from.scope.file}`
    if (seen.has(key)) return true
    seen.add(key)
    const given = extra ? undefined : parameter(from.scope, each)
    if (given !== undefined) {
      for (const use of namesInTree(given.node)) follow(use.name, { ...from, scope: given.scope })
      return true
    }
    try {
      const variable = baseVariables(world, from).get(each)
      if (variable === undefined) return false
      if (variable.ready === undefined) for (const inner of namesInValue(variable.value)) follow(inner, from)
      return true
    } catch (error) {
      if (!(error instanceof LockstepError && error.code === 'INVENTORY_VAULT')) throw error
      secret.add(each)
      return true
    }
  }
}

/** The names in the templates of a value. */
export function namesInValue(value: Value): readonly string[] {
  if (typeof value === 'string') {
    const parts = isTemplate(value) ? partsOf(value) : []
    if ('fault' in parts) return []
    return parts.flatMap(part => ('text' in part ? [] : namesIn(part.expression, functions).map(({ name }) => name)))
  }
  if (value === null || typeof value !== 'object') return []
  return (isList(value) ? value : Object.values(value)).flatMap(namesInValue)
}
