import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { colourEdges } from '../../src/mesh/edge-colouring.ts'
import { degreesOf, type Edge, fewestRounds, type Graph } from '../../src/mesh/graph.ts'
import { random, shuffled } from '../../src/units/random.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('mesh/edge-colouring')

const complete = (size: number): Edge[] =>
  Array.from({ length: size }, (_, a) => Array.from({ length: a }, (_, b): Edge => [b, a])).flat()

/** Colours that are in use; edges of one colour share no vertex. */
function count(graph: Graph): number {
  const { colours, count: used } = colourEdges(graph)
  const taken = graph.edges.flatMap((edge, index) => edge.map(vertex => `${vertex} ${colours[index]}`))
  assert.is(new Set(taken).size, taken.length, 'two edges of one colour at a vertex')
  assert.ok(colours.every(colour => colour >= 0 && colour < used))
  return used
}

test('where every colour has to be used to the last place, in whatever order the edges come', () => {
  // An odd complete graph has just as many edges as `size` colours can hold: the fans have to be followed to their ends.
  for (const size of [5, 7, 9, 11])
    for (let seed = 0; seed < 200; seed++)
      assert.is(count({ size, edges: shuffled(complete(size), random(seed)) }), size, `${size} vertices, seed ${seed}`)
})

test('a few edges short of complete, at most one colour more than the largest degree', () => {
  fc.assert(
    fc.property(fc.integer({ min: 6, max: 12 }), fc.nat(), fc.nat(6), (size, seed, less) => {
      const edges = shuffled(complete(size), random(seed)).slice(less)
      assert.ok(count({ size, edges }) <= Math.max(...degreesOf({ size, edges })) + 1)
    }),
    { numRuns: 1000 },
  )
})

test('parallel edges in any order: m between each of three vertices take 3m colours', () => {
  for (let seed = 0; seed < 100; seed++) {
    const edges = [1, 2, 3, 4, 5].flatMap(() => complete(3))
    assert.is(count({ size: 3, edges: shuffled(edges, random(seed)) }), 15)
  }
})

test('an edge is tried from both its ends before a colour is added, which mostly saves it', () => {
  let added = 0
  for (let seed = 0; seed < 500; seed++) {
    const numbers = random(seed)
    const graph = { size: 7, edges: shuffled(complete(7), numbers).slice(numbers.below(4)) }
    added += count(graph) - fewestRounds(graph, 1)
  }
  // From one end only it is 17.
  assert.ok(added <= 5, `${added} colours added`)
})

test('no edges take no colours', () => {
  assert.equal(colourEdges({ size: 3, edges: [] }), { colours: [], count: 0 })
})

test.run()
