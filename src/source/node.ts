import type { Place } from '../errors/error.ts'

/** A YAML document as values that know their place. Aliases and merge keys are resolved. */
export type SourceNode = ScalarNode | ListNode | MappingNode

/** What a scalar can hold: every integer is a bigint, so that nanoseconds since 1970 survive. */
export type Scalar = null | boolean | bigint | number | string

export interface ScalarNode {
  readonly kind: 'scalar'
  readonly value: Scalar
  readonly at: Place
  /** The written form of a number: `0xdead`, `0.000000100`. */
  readonly written?: string
  /** Where the text's first character stands, when the text stands in the file letter by letter on one line. */
  readonly textAt?: Place
}

export interface ListNode {
  readonly kind: 'list'
  readonly items: readonly SourceNode[]
  readonly at: Place
}

export interface MappingNode {
  readonly kind: 'mapping'
  readonly entries: ReadonlyMap<string, Entry>
  readonly at: Place
}

export interface Entry {
  /** Place of the key itself. */
  readonly key: Place
  readonly value: SourceNode
}

/** Values without places: what expressions compute with. Mappings have no prototype. */
export type Value = Scalar | readonly Value[] | { readonly [key: string]: Value }

/** The value of a child, when `node` is a mapping that has it. */
export const child = (node: SourceNode | undefined, key: string): SourceNode | undefined => entry(node, key)?.value

export const entry = (node: SourceNode | undefined, key: string): Entry | undefined =>
  node?.kind === 'mapping' ? node.entries.get(key) : undefined

export const entriesOf = (node: SourceNode | undefined): readonly (readonly [string, Entry])[] =>
  node?.kind === 'mapping' ? [...node.entries] : []

export const itemsOf = (node: SourceNode | undefined): readonly SourceNode[] =>
  node?.kind === 'list' ? node.items : []

/** The text of a scalar that is one. */
export const textOf = (node: SourceNode | undefined): string | undefined =>
  node?.kind === 'scalar' && typeof node.value === 'string' ? node.value : undefined

/** The bare value of a tree. */
export function toValue(node: SourceNode): Value {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'list') return node.items.map(toValue)
  return record([...node.entries].map(([key, { value }]) => [key, toValue(value)]))
}

/** A tree whose every part stands at one place: what an expression gave. */
export function fromValue(value: Value, at: Place): SourceNode {
  if (isList(value)) return { kind: 'list', items: value.map(item => fromValue(item, at)), at }
  if (value === null || typeof value !== 'object') return { kind: 'scalar', value, at }
  const entries = Object.entries(value).map(([key, item]) => [key, { key: at, value: fromValue(item, at) }] as const)
  return { kind: 'mapping', entries: new Map(entries), at }
}

export const isList = (value: Value): value is readonly Value[] => Array.isArray(value)

/** A mapping without prototype, so that `__proto__` and `constructor` are keys like any other. */
export function record<T>(entries: Iterable<readonly [string, T]>): Record<string, T> {
  const made: Record<string, T> = Object.create(null)
  for (const [key, value] of entries) made[key] = value
  return made
}
