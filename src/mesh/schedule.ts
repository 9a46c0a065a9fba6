import { LockstepError } from '../errors/error.ts'
import { didYouMean } from '../errors/suggest.ts'
import { random, shuffled } from '../units/random.ts'
import { circleMethod } from './circle-method.ts'
import { colourEdges } from './edge-colouring.ts'
import { type Colouring, type Edge, fewestRounds, type Graph, largest } from './graph.ts'
import type { MeshFlow } from './pairs.ts'
import { twoFactors } from './two-factors.ts'

export interface MeshLimits {
  /** Tests that a host takes part in at a time; default 1. */
  readonly host?: number
  /** Tests at a time that need a resource, by its name. */
  readonly resources?: ReadonlyMap<string, number>
  /** Puts the rounds into an order of its own. */
  readonly seed?: number
}

export interface MeshSchedule<Flow extends MeshFlow> {
  /** Flows of one round run at the same time. Within a round they stand in the order given. */
  readonly rounds: readonly (readonly Flow[])[]
  /** No schedule has fewer rounds than this. */
  readonly lowerBound: number
}

/**
 * Rounds in which no host and no resource is over its limit. With one test per host at a time: the fewest there can be
 * where every pair of the hosts has equally many flows, and where they fall into two sides; otherwise at most D + m, with D
 * the most flows of a host and m the most between one pair. With k per host: the k-th part of that, rounded up; for an even
 * k the k-th part of D, rounded up, which is the least. With resources, each flow goes into the first round of that order
 * in which there is room. The same flows in the same order give the same schedule.
 */
export function scheduleMesh<Flow extends MeshFlow>(
  flows: readonly Flow[],
  limits: MeshLimits = {},
): MeshSchedule<Flow> {
  const host = limits.host ?? 1
  checkLimits(flows, host, limits.resources)
  const parts = connectedParts(flows)
  const plain = parts.map(part => roundsOf(part, host))
  const wide = Array.from({ length: largest(plain.map(({ length }) => length)) }, (_, round) =>
    plain.flatMap(rounds => rounds[round] ?? []),
  )
  const resources = limits.resources ?? new Map<string, number>()
  const rounds = resources.size === 0 ? wide : firstFit(wide.flat(), flows, { host, resources })
  const inOrder = rounds.map(round => [...round].sort((a, b) => a - b).map(index => flows[index] as Flow)) // all are indices
  const lowerBound = Math.max(
    largest(parts.map(({ graph }) => fewestRounds(graph, host))),
    largest([...resources].map(([name, capacity]) => Math.ceil(usesOf(flows, name) / capacity))),
  )
  const numbers = limits.seed === undefined ? undefined : random(limits.seed)
  return { rounds: numbers === undefined ? inOrder : shuffled(inOrder, numbers), lowerBound }
}

const usesOf = (flows: readonly MeshFlow[], name: string) => flows.filter(({ needs }) => needs?.includes(name)).length

function checkLimits(flows: readonly MeshFlow[], host: number, resources: MeshLimits['resources']): void {
  const refuse = (message: string, hint?: string) => {
    throw new LockstepError('PLAYBOOK_FLOW', message, { hint })
  }
  for (const [name, limit] of [['host', host] as const, ...(resources ?? [])])
    if (!Number.isSafeInteger(limit) || limit < 1)
      refuse(`the limit of '${name}' is a whole number from 1, got ${limit}`)
  for (const { from, to, needs = [] } of flows) {
    if (from === to) refuse(`a flow goes from '${from}' to itself`)
    const unknown = needs.find(name => resources?.has(name) !== true)
    if (unknown !== undefined)
      refuse(`there is no resource '${unknown}'`, didYouMean(unknown, [...(resources?.keys() ?? [])]))
  }
}

/** Flows that hang together over their hosts, by their index, as a graph. */
interface Part {
  readonly members: readonly number[]
  readonly graph: Graph
}

function connectedParts(flows: readonly MeshFlow[]): Part[] {
  const leaders = new Map<string, string>()
  const leaderOf = (host: string): string => {
    let leader = host
    for (let next = leaders.get(leader); next !== undefined && next !== leader; next = leaders.get(leader))
      leader = next
    leaders.set(host, leader)
    return leader
  }
  for (const { from, to } of flows) leaders.set(leaderOf(to), leaderOf(from))
  const parts = new Map<string, number[]>()
  for (const [index, { from }] of flows.entries()) {
    const members = parts.get(leaderOf(from))
    if (members === undefined) parts.set(leaderOf(from), [index])
    else members.push(index)
  }
  return [...parts.values()].map(members => ({ members, graph: graphOf(members, flows) }))
}

function graphOf(members: readonly number[], flows: readonly MeshFlow[]): Graph {
  const numbers = new Map<string, number>()
  const numberOf = (host: string) => {
    const number = numbers.get(host) ?? numbers.size
    numbers.set(host, number)
    return number
  }
  const edges = members.map((member): Edge => {
    const { from, to } = flows[member] as MeshFlow // members are indices
    return [numberOf(from), numberOf(to)]
  })
  return { size: numbers.size, edges }
}

/** Rounds in which a host takes part in at most `host` flows: as many colours go into a round as that allows. */
function roundsOf({ members, graph }: Part, host: number): number[][] {
  const { colours, count, perRound } = colourFor(graph, host)
  const rounds = Array.from({ length: Math.ceil(count / perRound) }, (): number[] => [])
  for (const [index, member] of members.entries()) rounds[Math.floor((colours[index] ?? 0) / perRound)]?.push(member)
  return rounds.filter(round => round.length > 0)
}

function colourFor(graph: Graph, host: number): Colouring & { readonly perRound: number } {
  const circle = circleMethod(graph)
  if (circle !== undefined && (host % 2 === 1 || Math.ceil(circle.count / host) === fewestRounds(graph, host)))
    return { ...circle, perRound: host }
  return host % 2 === 0 ? { ...twoFactors(graph), perRound: host / 2 } : { ...colourEdges(graph), perRound: host }
}

/**
 * Each flow in the first round with room. A flow from round r of the order finds room in round r at the latest when no
 * resource is in the way: until its turn that round holds flows of the same one only.
 */
function firstFit(
  order: readonly number[],
  flows: readonly MeshFlow[],
  { host, resources }: { readonly host: number; readonly resources: ReadonlyMap<string, number> },
): number[][] {
  const rounds: { readonly members: number[]; readonly taken: Map<string, number> }[] = []
  for (const member of order) {
    const { from, to, needs } = flows[member] as MeshFlow // the order is one of indices
    const wanted = [...new Set(needs)].map(name => [`needs ${name}`, resources.get(name) ?? 0] as const)
    const places = [[`host ${from}`, host] as const, [`host ${to}`, host] as const, ...wanted]
    let round = rounds.find(({ taken }) => places.every(([place, limit]) => (taken.get(place) ?? 0) < limit))
    if (round === undefined) {
      round = { members: [], taken: new Map() }
      rounds.push(round)
    }
    round.members.push(member)
    for (const [place] of places) round.taken.set(place, (round.taken.get(place) ?? 0) + 1)
  }
  return rounds.map(({ members }) => members)
}
