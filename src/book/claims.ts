/** A part of an endpoint that a reservation takes for its window, by the name that the endpoint gives it. */
export type Claim =
  /** Nobody else has any of it. */
  | { readonly resource: string; readonly mode: 'exclusive' }
  /** `amount` of its capacity, at least 1. */
  | { readonly resource: string; readonly mode: 'shared'; readonly amount: number }
  /** So many ports of a range, which the book picks. */
  | { readonly resource: string; readonly mode: 'ports'; readonly count: number }

/** What an endpoint has: something to share, or a range of ports, both ends included. */
export type Resource =
  | { readonly kind: 'shared'; readonly capacity: number }
  | { readonly kind: 'ports'; readonly first: number; readonly last: number }

export type Resources = Readonly<Record<string, Resource>>

/** Of a network interface that says nothing else. */
export const usualCapacity = 30

/**
 * The weight of an exclusive use: more than all shares together can be. So one rule, the sum of the weights at any instant,
 * says it all, whatever capacity the resource had when the use was booked.
 */
export const exclusively = 2 ** 40

/** Part of one lane: a resource, one port of a range, or either of them inside a block. */
export interface Use {
  readonly lane: string
  readonly weight: number
}

/** The name of a lane. `block` is the rid of the block that the resource is taken inside of. */
export const laneName = (resource: string, block?: string): string =>
  block === undefined ? `/${resource}` : `${block}/${resource}`

/** Lanes of one range stand in the order of their ports. */
export const portLane = (range: string, port: number): string => `${range}:${String(port).padStart(5, '0')}`

export const portOf = (lane: string): number => Number(lane.slice(lane.lastIndexOf(':') + 1))

/** How much may be taken already where a claim is to fit. Negative: it never does. */
export const levelFor = (claim: Claim, capacity: number): number =>
  claim.mode === 'shared' ? capacity - claim.amount : 0

/** What is wrong with claims whoever asks: the resource that they name wrongly or twice, with the reason. */
export function faultOf(
  claims: readonly Claim[],
  resources: Resources,
): { resource: string; reason: string } | undefined {
  const named = new Set<string>()
  for (const claim of claims) {
    const reason = named.has(claim.resource) ? 'is claimed twice' : faultIn(claim, resources[claim.resource])
    if (reason !== undefined) return { resource: claim.resource, reason }
    named.add(claim.resource)
  }
  return undefined
}

function faultIn(claim: Claim, resource: Resource | undefined): string | undefined {
  if (resource === undefined) return 'is no resource of this endpoint'
  if ((claim.mode === 'ports') !== (resource.kind === 'ports'))
    return resource.kind === 'ports' ? 'is a range of ports, of which a number is claimed' : 'is no range of ports'
  const [amount, most] = amountOf(claim, resource)
  return Number.isInteger(amount) && amount >= 1 && amount <= most ? undefined : `has ${most}, not ${amount}`
}

function amountOf(claim: Claim, resource: Resource): readonly [number, number] {
  const most = resource.kind === 'ports' ? resource.last - resource.first + 1 : resource.capacity
  if (claim.mode === 'ports') return [claim.count, most]
  return [claim.mode === 'shared' ? claim.amount : 1, most]
}
