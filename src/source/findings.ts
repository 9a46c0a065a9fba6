import type { Place, Problem } from '../errors/error.ts'
import type { SourceNode } from './node.ts'

/** Collects what is wrong with a file, at most once per place and code. */
export interface Findings {
  add(problem: Problem): void
  /** Whether something was found at the place itself. */
  at(place: Place): boolean
  /** Whether something was found at a node, its keys or anything below. */
  within(node: SourceNode): boolean
  /** Everything found, in the order of the file. */
  all(): readonly Problem[]
}

export function newFindings(): Findings {
  const found = new Map<string, Problem>()
  const places = new Set<string>()
  const at = (place: Place) => places.has(keyOf(place))
  const within = (node: SourceNode): boolean => {
    if (at(node.at)) return true
    if (node.kind === 'list') return node.items.some(within)
    return node.kind === 'mapping' && [...node.entries.values()].some(({ key, value }) => at(key) || within(value))
  }
  return {
    add(problem) {
      const place = problem.at === undefined ? problem.message : keyOf(problem.at)
      const key = `${place} ${problem.code}`
      if (!found.has(key)) found.set(key, problem)
      places.add(place)
    },
    at,
    within,
    all: () => [...found.values()].sort(inOrderOfFile),
  }
}

const keyOf = ({ file, line, column }: Place) => `${file}:${line}:${column}`

function inOrderOfFile({ at: a }: Problem, { at: b }: Problem): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined)
  if (a.file !== b.file) return 0
  return a.line - b.line || a.column - b.column
}
