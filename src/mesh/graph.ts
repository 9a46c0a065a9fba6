/** A multigraph without loops: vertices are 0 to `size` - 1, edges are pairs of them. */
export interface Graph {
  readonly size: number
  readonly edges: readonly Edge[]
}

export type Edge = readonly [number, number]

/** A number per edge, from 0; edges with one number share no vertex. */
export interface Colouring {
  readonly colours: readonly number[]
  /** How many numbers there are. */
  readonly count: number
}

export function degreesOf({ size, edges }: Graph): number[] {
  const degrees = new Array<number>(size).fill(0)
  for (const vertex of edges.flat()) degrees[vertex] = (degrees[vertex] ?? 0) + 1
  return degrees
}

/** How many edges each pair has that has any, by a number that the pair has to itself. */
export function multiplicities({ size, edges }: Graph): ReadonlyMap<number, number> {
  const counts = new Map<number, number>()
  for (const edge of edges) counts.set(pairOf(edge, size), (counts.get(pairOf(edge, size)) ?? 0) + 1)
  return counts
}

export const pairOf = ([a, b]: Edge, size: number) => Math.min(a, b) * size + Math.max(a, b)

/** Largest of many; a spread would put them all on the stack. */
export const largest = (values: Iterable<number>): number => {
  let most = 0
  for (const value of values) most = Math.max(most, value)
  return most
}

/**
 * No schedule that lets a vertex take part in `capacity` edges of a round has fewer rounds: the busiest vertex needs its
 * share, and a round holds at most half of all places.
 */
export function fewestRounds(graph: Graph, capacity: number): number {
  if (graph.edges.length === 0) return 0
  const perRound = Math.floor((graph.size * capacity) / 2)
  return Math.max(
    Math.ceil(largest(degreesOf(graph)) / capacity),
    Math.ceil(graph.edges.length / Math.max(perRound, 1)),
  )
}
