import type { SourceNode } from './node.ts'

/** What was expected and what came, in the words of the author of the file. */
export const expected = (what: string, got: SourceNode): string => `expected ${what}, got ${show(got)}`

/** A value as its author wrote it, cut where it gets long. */
export function show(node: SourceNode): string {
  if (node.kind === 'list') return 'a list'
  if (node.kind === 'mapping') return 'a mapping'
  if (node.value === null) return 'nothing'
  if (typeof node.value !== 'string') return node.written ?? String(node.value)
  return `'${node.value.length > 60 ? `${node.value.slice(0, 57)}…` : node.value}'`
}

/** `1 to 10`, `at least 1`, `at most 10`: both ends included. */
export function limits(min: string | number | undefined, max: string | number | undefined): string {
  if (min !== undefined && max !== undefined) return `${min} to ${max}`
  return min !== undefined ? `at least ${min}` : `at most ${max}`
}
