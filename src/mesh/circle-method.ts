import { type Colouring, type Graph, multiplicities, pairOf } from './graph.ts'

/**
 * The circle method of round-robin tournaments, for graphs in which every pair has the same number of edges: size - 1
 * colours per layer when size is even, size when it is odd, which is the least there can be. Undefined for other graphs.
 *
 * All vertices but the last of an even size stand on a circle of odd length n; i and j meet in round i + j mod n, and
 * whoever would meet itself, i + i, meets the last one, or rests where the size is odd.
 */
export function circleMethod(graph: Graph): Colouring | undefined {
  const { size, edges } = graph
  const counts = multiplicities(graph)
  const layers = edges.length / ((size * (size - 1)) / 2)
  if (size < 2 || [...counts.values()].some(count => count !== layers)) return undefined
  if (counts.size !== (size * (size - 1)) / 2) return undefined
  const circle = size % 2 === 0 ? size - 1 : size
  const taken = new Map<number, number>()
  const colours = edges.map(edge => {
    const layer = taken.get(pairOf(edge, size)) ?? 0
    taken.set(pairOf(edge, size), layer + 1)
    const [a, b] = edge
    const onCircle = a < circle ? a : b
    const sum = Math.max(a, b) < circle ? a + b : 2 * onCircle
    return layer * circle + (sum % circle)
  })
  return { colours, count: layers * circle }
}
