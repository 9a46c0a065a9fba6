import { colourEdges } from './edge-colouring.ts'
import { type Colouring, degreesOf, type Edge, type Graph } from './graph.ts'

/**
 * Numbers the edges so that a vertex has at most two of each number, with half the largest degree, rounded up, of
 * numbers: the least there can be (Petersen 1891). The edges are walked through in circuits; each is an arc from its first
 * to its second vertex then, so that arcs leave and enter a vertex equally often but for one. Colouring arcs by where they
 * leave and where they enter is colouring a bipartite graph.
 */
export function twoFactors(graph: Graph): Colouring {
  const arcs = circuitArcs(graph)
  return colourEdges({ size: 2 * graph.size, edges: arcs.map(([from, to]): Edge => [from, graph.size + to]) })
}

/** Every edge in the direction in which the circuits go. Vertices of odd degree are tied to one more vertex, so that there are circuits. */
function circuitArcs(graph: Graph): Edge[] {
  const extra = graph.size
  const ties = degreesOf(graph).flatMap((degree, vertex): Edge[] => (degree % 2 === 1 ? [[vertex, extra]] : []))
  const edges = [...graph.edges, ...ties]
  const leaving = Array.from({ length: graph.size + 1 }, (): number[] => [])
  edges.forEach(([a, b], edge) => {
    leaving[a]?.push(edge)
    leaving[b]?.push(edge)
  })
  const arcs = new Array<Edge | undefined>(edges.length)
  /** The next edge at a vertex that nobody has walked. */
  const nextAt = (vertex: number): number | undefined => {
    const waiting = leaving[vertex] ?? []
    while (waiting.length > 0) {
      const edge = waiting.pop() as number // there is one
      if (arcs[edge] === undefined) return edge
    }
    return undefined
  }
  for (let start = 0; start <= graph.size; start++) {
    // A walk over even degrees can end only where it began; then the next one begins there.
    let vertex = start
    for (let edge = nextAt(vertex); edge !== undefined; edge = nextAt(vertex)) {
      const [a, b] = edges[edge] as Edge
      const to = a === vertex ? b : a
      arcs[edge] = [vertex, to]
      vertex = to
    }
  }
  return arcs.slice(0, graph.edges.length) as Edge[] // every edge was walked
}
