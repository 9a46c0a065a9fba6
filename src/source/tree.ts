import type { Place } from '../errors/error.ts'
import type { Scalar } from './node.ts'

/** A value as a YAML 1.1, JSON or INI file wrote it: it knows its places, its written numbers and its tags. */
export type Tree = Leaf | Sequence | Mapping

export interface Leaf {
  readonly kind: 'scalar'
  readonly value: Scalar
  readonly at: Place
  /** The written form of a number, where it is not the number's own shortest form. */
  readonly written?: string
  /** `vault`: the value is an encrypted text. `unsafe`: a text that is never a template. */
  readonly tag?: 'vault' | 'unsafe'
}

export interface Sequence {
  readonly kind: 'list'
  readonly items: readonly Tree[]
  readonly at: Place
}

export interface Mapping {
  readonly kind: 'mapping'
  /** By the key's text; a key that is no text stands under what JSON would print for it. */
  readonly entries: ReadonlyMap<string, MappingEntry>
  readonly at: Place
}

export interface MappingEntry {
  /** Place of the key itself. */
  readonly key: Place
  /** False for `1:` or `yes:`, which YAML does not read as a text. */
  readonly keyIsText: boolean
  readonly value: Tree
}

/** What a reader of a file has to say besides its values. */
export interface Remark {
  readonly message: string
  readonly hint?: string
  readonly at: Place
}

export interface TreeReading {
  /** Undefined for an empty document, and when there are problems. */
  readonly root: Tree | undefined
  readonly problems: readonly Remark[]
  readonly warnings: readonly Remark[]
}

/** A leaf for a number keeps how it was written only where that says more than the number. */
export const leaf = (value: Scalar, at: Place, written?: string): Leaf =>
  typeof value === 'object' || typeof value === 'boolean' || written === undefined || written === String(value)
    ? { kind: 'scalar', value, at }
    : { kind: 'scalar', value, at, written }

/** What kind of value it is, in a reader's words. */
export function wordFor(tree: Tree | undefined): string {
  if (tree === undefined) return 'nothing'
  if (tree.kind !== 'scalar') return `a ${tree.kind}`
  if (tree.value === null) return 'nothing'
  return { boolean: 'a boolean', bigint: 'a number', number: 'a number', string: 'a text' }[
    typeof tree.value as 'boolean' | 'bigint' | 'number' | 'string'
  ]
}
