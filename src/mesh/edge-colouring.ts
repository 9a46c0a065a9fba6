import { type Colouring, degreesOf, type Edge, fewestRounds, type Graph, largest, multiplicities } from './graph.ts'

/**
 * Colours the edges of a multigraph so that edges of one colour share no vertex. With D the largest degree and m the most
 * edges between one pair it takes at most D + m colours (Vizing 1964), D for a bipartite graph (König 1916), and often
 * fewer than the bound: it begins with as few as can be, and adds one only when an edge finds none.
 *
 * Edge after edge is coloured; where none is free at both ends, with the multi-fan of Stiebitz, Scheide, Toft and
 * Favrholdt (Graph Edge Coloring, 2012, section 2.1), for simple graphs the fan of Misra and Gries (1992).
 */
export function colourEdges(graph: Graph): Colouring {
  const { size, edges } = graph
  const most = largest(degreesOf(graph)) + largest(multiplicities(graph).values())
  const palette: Palette = {
    edges,
    width: most,
    holders: new Int32Array(size * most).fill(none),
    colours: new Int32Array(edges.length).fill(none),
    open: fewestRounds(graph, 1),
  }
  edges.forEach(([a, b], edge) => {
    // At most `most` colours are ever open: with so many one of the two fans succeeds (the count in `extend`).
    while (!extend(palette, edge, a) && !extend(palette, edge, b)) palette.open++
  })
  return { colours: [...palette.colours], count: palette.open }
}

const none = -1

/** Edges with their colours so far; at every vertex, the edge that holds each colour. */
interface Palette {
  readonly edges: readonly Edge[]
  readonly width: number
  readonly holders: Int32Array
  readonly colours: Int32Array
  /** Colours in use: 0 to open - 1. */
  open: number
}

const holder = ({ holders, width }: Palette, vertex: number, colour: number): number =>
  holders[vertex * width + colour] as number // colours are below width

const isFree = (palette: Palette, vertex: number, colour: number) => holder(palette, vertex, colour) === none

function paint({ edges, holders, colours, width }: Palette, edge: number, colour: number): void {
  for (const vertex of edges[edge] as Edge) holders[vertex * width + colour] = edge
  colours[edge] = colour
}

/** Gives the edge's colour free; returns it. */
function strip({ edges, holders, colours, width }: Palette, edge: number): number {
  const colour = colours[edge] as number
  if (colour === none) return none
  for (const vertex of edges[edge] as Edge) holders[vertex * width + colour] = none
  colours[edge] = none
  return colour
}

function otherEnd({ edges }: Palette, edge: number, end: number): number {
  const [a, b] = edges[edge] as Edge
  return a === end ? b : a
}

/**
 * Colours an edge that has no colour, recolouring others at need; false when the fan around `hub` cannot.
 *
 * The fan holds neighbours of the hub; each but the first came in by an edge whose colour is free at one before it. So
 * when a colour is free at the hub and at a neighbour, the edges on the way back to the first pass their colours on. If a
 * colour c is free at a neighbour and `spare` at the hub, swapping both along the chain from the neighbour frees `spare`
 * there, unless the chain ends at the hub. Only one neighbour's chain of c can: so as long as nothing succeeds, no two
 * neighbours share a free colour, all these colours are held by edges at the hub, and the fan holds the other ends of
 * those. Each neighbour y has at least open - degree(y) free colours, the first one more; with D + m open that makes more
 * colours than edges between the hub and its fan, so something succeeds.
 */
function extend(palette: Palette, edge: number, hub: number): boolean {
  const spare = freeColours(palette, hub).next().value
  if (spare === undefined) return false
  const fan = [edge]
  const before = new Map<number, number>()
  const members = new Set([otherEnd(palette, edge, hub)])
  for (const entrance of fan) {
    const neighbour = otherEnd(palette, entrance, hub)
    for (const colour of freeColours(palette, neighbour)) {
      const held = holder(palette, hub, colour)
      if (held === none) return passOn(palette, entrance, colour, before)
      if (swapChain(palette, neighbour, [spare, colour], hub)) return passOn(palette, entrance, spare, before)
      const next = otherEnd(palette, held, hub)
      if (members.has(next)) continue
      members.add(next)
      before.set(held, entrance)
      fan.push(held)
    }
  }
  return false
}

function* freeColours(palette: Palette, vertex: number): Generator<number, undefined> {
  for (let colour = 0; colour < palette.open; colour++) if (isFree(palette, vertex, colour)) yield colour
}

/** The edge takes the colour, the one before it the edge's old colour, and so on to the one that had none. */
function passOn(palette: Palette, edge: number, colour: number, before: ReadonlyMap<number, number>): true {
  const old = strip(palette, edge)
  paint(palette, edge, colour)
  const next = before.get(edge)
  return next === undefined ? true : passOn(palette, next, old, before)
}

/** Swaps both colours along the chain that begins at `from` with the first of them; leaves one alone that ends at `end`. */
function swapChain(palette: Palette, from: number, [first, second]: readonly [number, number], end: number): boolean {
  const chain: number[] = []
  let vertex = from
  for (let colour = first; ; colour = colour === first ? second : first) {
    const edge = holder(palette, vertex, colour)
    if (edge === none) break
    chain.push(edge)
    vertex = otherEnd(palette, edge, vertex)
  }
  if (vertex === end) return false
  const old = chain.map(edge => strip(palette, edge))
  chain.forEach((edge, index) => {
    paint(palette, edge, old[index] === first ? second : first)
  })
  return true
}
