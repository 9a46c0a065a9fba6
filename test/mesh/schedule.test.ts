import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { type MeshFlow, meshFlows } from '../../src/mesh/pairs.ts'
import { type MeshLimits, type MeshSchedule, scheduleMesh } from '../../src/mesh/schedule.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('mesh/schedule')

const names = (count: number) => Array.from({ length: count }, (_, i) => `h${i}`)
const complete = (count: number, pairs: 'both' | 'one') => meshFlows(names(count), pairs)

/** How often each key comes up. */
function tally(keys: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1)
  return counts
}
const most = (keys: readonly string[]) => Math.max(0, ...tally(keys).values())
const endsOf = (flows: readonly MeshFlow[]) => flows.flatMap(({ from, to }) => [from, to])
const mostPerHost = (flows: readonly MeshFlow[]) => most(endsOf(flows))
const mostPerPair = (flows: readonly MeshFlow[]) => most(flows.map(({ from, to }) => [from, to].sort().join(' ')))

/** Every flow once, nobody over a limit, and not below the bound that the schedule itself claims. */
function isSound(flows: readonly MeshFlow[], limits: MeshLimits, { rounds, lowerBound }: MeshSchedule<MeshFlow>) {
  assert.equal(new Set(rounds.flat()), new Set(flows))
  assert.is(rounds.flat().length, flows.length)
  for (const round of rounds) {
    assert.ok(round.length > 0, 'no round is empty')
    assert.ok(mostPerHost(round) <= (limits.host ?? 1), 'a host over its limit')
    for (const [name, capacity] of limits.resources ?? [])
      assert.ok(round.filter(({ needs }) => needs?.includes(name)).length <= capacity, `${name} over its limit`)
  }
  assert.ok(lowerBound <= rounds.length, `${rounds.length} rounds, ${lowerBound} claimed to be the least`)
}

const schedule = (flows: readonly MeshFlow[], limits: MeshLimits = {}) => {
  const made = scheduleMesh(flows, limits)
  isSound(flows, limits, made)
  return made
}

/** Random flows between up to `hosts` hosts; `parallel` allows more than one between a pair. */
const flowsBetween = (hosts: number, parallel: boolean) =>
  fc
    .array(fc.tuple(fc.nat(hosts - 1), fc.nat(hosts - 1)), { maxLength: 5 * hosts })
    .map(pairs => pairs.filter(([a, b]) => a !== b))
    .map(pairs => {
      const seen = new Set<string>()
      const key = ([a, b]: readonly [number, number]) => `${Math.min(a, b)} ${Math.max(a, b)}`
      return parallel ? pairs : pairs.filter(pair => !seen.has(key(pair)) && seen.add(key(pair)))
    })
    .map(pairs => pairs.map(([a, b]): MeshFlow => ({ from: `h${a}`, to: `h${b}` })))
const limit = fc.integer({ min: 1, max: 5 })

test('a complete mesh takes the fewest rounds that there can be', () => {
  for (let count = 2; count <= 33; count++) {
    const fewest = count % 2 === 0 ? count - 1 : count
    for (const [pairs, layers] of [
      ['one', 1],
      ['both', 2],
    ] as const) {
      const { rounds, lowerBound } = schedule(complete(count, pairs))
      assert.is(rounds.length, layers * fewest, `${count} hosts, ${pairs}`)
      assert.is(lowerBound, layers * fewest)
    }
  }
})

test('16 hosts in both directions: 30 rounds of 8 pairs, with two per host 15 rounds of 16 flows', () => {
  const flows = complete(16, 'both')
  const sizes = (limits: MeshLimits) => schedule(flows, limits).rounds.map(({ length }) => length)
  assert.equal(sizes({}), new Array(30).fill(8))
  assert.equal(sizes({ host: 2 }), new Array(15).fill(16))
})

test('a hub takes one round per flow, and what hangs not together runs side by side', () => {
  assert.is(schedule(meshFlows(names(9), { hub: 'h4' })).rounds.length, 16)
  const apart = [3, 3, 12].flatMap((count, i) =>
    complete(count, 'one').map(({ from, to }) => ({ from: `${i}${from}`, to: `${i}${to}` })),
  )
  assert.is(schedule(apart).rounds.length, 11)
  const triangles = schedule(apart.slice(0, 6))
  assert.equal([triangles.rounds.length, triangles.lowerBound], [3, 3], 'though half of all hosts rest in each round')
})

test('any flows, one between a pair: at most one round more than the busiest host has flows', () => {
  fc.assert(
    fc.property(flowsBetween(12, false), limit, (flows, host) => {
      const { rounds } = schedule(flows, { host })
      assert.ok(rounds.length <= Math.ceil((mostPerHost(flows) + 1) / host))
    }),
    { numRuns: 500 },
  )
})

test('flows in parallel: as many more rounds as one pair has flows, at most', () => {
  fc.assert(
    fc.property(flowsBetween(6, true), limit, (flows, host) => {
      const { rounds } = schedule(flows, { host })
      assert.ok(rounds.length <= Math.ceil((mostPerHost(flows) + mostPerPair(flows)) / host))
    }),
    { numRuns: 500 },
  )
})

test("three hosts with m flows between each pair need 3m rounds, which is Vizing's bound itself", () => {
  const flows = complete(3, 'one').flatMap(flow => [flow, { ...flow }, { ...flow }, { ...flow }])
  const uneven = [...flows, { from: 'h0', to: 'h1' }]
  assert.is(schedule(flows).rounds.length, 12)
  assert.is(schedule(uneven).rounds.length, 13)
  assert.is(mostPerHost(flows) + mostPerPair(flows), 12)
})

test('a graph that needs one round more than its busiest host has flows: the one of Petersen', () => {
  const edges = [0, 1, 2, 3, 4].flatMap(i => [
    [i, (i + 1) % 5],
    [i, i + 5],
    [i + 5, ((i + 2) % 5) + 5],
  ])
  const flows = edges.map(([a, b]) => ({ from: `h${a}`, to: `h${b}` }))
  assert.is(schedule(flows).rounds.length, 4)
  assert.is(schedule(flows, { host: 2 }).rounds.length, 2)
})

test('between two sides, and with an even number per host, no schedule is shorter', () => {
  const sides = flowsBetween(8, true).map(flows => flows.map(({ from, to }) => ({ from: `l${from}`, to: `r${to}` })))
  fc.assert(
    fc.property(sides, flows => {
      assert.is(schedule(flows).rounds.length, mostPerHost(flows))
    }),
  )
  fc.assert(
    fc.property(flowsBetween(7, true), fc.constantFrom(2, 4, 6), (flows, host) => {
      assert.is(schedule(flows, { host }).rounds.length, Math.ceil(mostPerHost(flows) / host))
    }),
  )
})

test('resources are respected, and cost nothing while they are in nobody’s way', () => {
  const needing = fc
    .tuple(flowsBetween(8, true), fc.infiniteStream(fc.subarray(['uplink', 'chamber'])))
    .map(([flows, needs]) => flows.map((flow): MeshFlow => ({ ...flow, needs: needs.next().value })))
  fc.assert(
    fc.property(needing, limit, limit, limit, (flows, host, uplink, chamber) => {
      const bound = Math.ceil((mostPerHost(flows) + mostPerPair(flows)) / host)
      schedule(flows, {
        host,
        resources: new Map([
          ['uplink', uplink],
          ['chamber', chamber],
        ]),
      })
      const plenty = new Map([
        ['uplink', flows.length + 1],
        ['chamber', flows.length + 1],
      ])
      assert.ok(schedule(flows, { host, resources: plenty }).rounds.length <= bound)
    }),
  )
})

test('the lower bound counts hosts, rounds that cannot be filled, and resources', () => {
  const shared = complete(6, 'one').map(flow => ({ ...flow, needs: ['uplink'] }))
  const bound = (flows: readonly MeshFlow[], limits: MeshLimits = {}) => schedule(flows, limits).lowerBound
  assert.is(bound([]), 0)
  assert.is(bound(complete(5, 'one')), 5, '10 flows, 2 to a round, though no host has more than 4')
  assert.is(bound(complete(6, 'one'), { host: 3 }), 2)
  assert.is(bound(shared, { resources: new Map([['uplink', 2]]) }), 8)
  assert.is(schedule(shared, { resources: new Map([['uplink', 1]]) }).rounds.length, 15)
})

test('the same flows give the same rounds; a seed puts the same rounds into another order', () => {
  const flows = complete(8, 'both')
  const rounds = (seed?: number) =>
    schedule(flows, seed === undefined ? {} : { seed }).rounds.map(round =>
      round.map(({ from, to }) => from + to).join(),
    )
  assert.equal(rounds(), rounds())
  assert.equal(rounds(5), rounds(5))
  assert.is.not(rounds(5).join('\n'), rounds().join('\n'))
  assert.equal(rounds(5).sort(), rounds().sort())
})

test('a hundred hosts in both directions are planned well under a second, and so are as many flows at random', () => {
  const timed = (flows: readonly MeshFlow[], host: number) => {
    const from = performance.now()
    scheduleMesh(flows, { host })
    return performance.now() - from
  }
  const flows = complete(100, 'both')
  const uneven = flows.filter((_, index) => index % 7 !== 0)
  for (const host of [1, 2, 3])
    for (const each of [flows, uneven]) {
      const took = timed(each, host)
      assert.ok(took < 1000, `${each.length} flows, ${host} per host: ${Math.round(took)} ms`)
    }
})

test('what cannot be planned is refused in words', () => {
  const flow = { from: 'a', to: 'b', needs: ['uplnk'] }
  const cases: [() => unknown, RegExp][] = [
    [() => scheduleMesh([{ from: 'a', to: 'a' }]), /a flow goes from 'a' to itself/],
    [() => scheduleMesh([flow], { resources: new Map([['uplink', 1]]) }), /there is no resource 'uplnk'/],
    [() => scheduleMesh([flow]), /there is no resource 'uplnk'/],
    [() => scheduleMesh([], { host: 0 }), /the limit of 'host' is a whole number from 1, got 0/],
    [
      () => scheduleMesh([], { resources: new Map([['x', 1.5]]) }),
      /the limit of 'x' is a whole number from 1, got 1.5/,
    ],
  ]
  for (const [attempt, message] of cases) assert.throws(attempt, message)
})

test.run()
