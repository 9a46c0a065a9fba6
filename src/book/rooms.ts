import { type Book, capacityOf } from './book.ts'
import { type Claim, exclusively, laneName, levelFor, portLane, portOf, type Resource } from './claims.ts'
import type { Entry } from './entry.ts'

/** Where a claim is to be met. */
export type Room =
  /** In a lane in which no more than `level` may be taken already. */
  | { readonly kind: 'lane'; readonly lane: string; readonly level: number; readonly weight: number }
  /** In any `count` of these ports. */
  | {
      readonly kind: 'ports'
      readonly range: string
      readonly lane: string
      readonly ports: Ports
      readonly count: number
    }

/** Which ports there are: ascending. */
export interface Ports {
  readonly size: number
  readonly has: (port: number) => boolean
  readonly all: () => Iterable<number>
}

/**
 * The rooms of claims. Inside a block a resource that the block has claimed is taken from the block; one that it has not is
 * taken from the endpoint, as by anybody else. Undefined where a claim wants a whole resource of which the block has a share.
 */
export function roomsFor(book: Book, claims: readonly Claim[], block: Entry | undefined): readonly Room[] | undefined {
  const rooms = claims.map(claim => roomFor(book, claim, block))
  return rooms.every(room => room !== undefined) ? rooms : undefined
}

function roomFor(book: Book, claim: Claim, block: Entry | undefined): Room | undefined {
  const { resource } = claim
  const own = block?.claims.find(each => each.resource === resource)
  const lane = laneName(resource, own && block?.rid)
  if (claim.mode === 'ports') {
    const ports = own === undefined ? portsOf(book.resources[resource]) : givenPorts(block?.ports[resource] ?? [])
    return ports.size < claim.count ? undefined : { kind: 'ports', range: resource, lane, ports, count: claim.count }
  }
  if (own?.mode === 'shared' && claim.mode === 'exclusive') return undefined
  const level = levelFor(claim, capacityOf(book, lane))
  const weight = claim.mode === 'exclusive' ? exclusively : claim.amount
  return level < 0 ? undefined : { kind: 'lane', lane, level, weight }
}

/** The port lanes of a room's range that somebody uses, out of lanes in order of their names. */
export function* usedPorts<L>(
  { lane, ports }: Room & { readonly kind: 'ports' },
  lanes: Iterable<readonly [string, L]>,
): Generator<readonly [port: number, lane: L]> {
  const last = portLane(lane, 99_999)
  for (const [name, found] of lanes) {
    if (name > last) return
    if (name.startsWith(`${lane}:`) && ports.has(portOf(name))) yield [portOf(name), found]
  }
}

function portsOf(resource: Resource | undefined): Ports {
  if (resource?.kind !== 'ports') return givenPorts([])
  const { first, last } = resource
  return { size: last - first + 1, has: port => first <= port && port <= last, all: () => upFrom(first, last) }
}

const givenPorts = (ports: readonly number[]): Ports => ({
  size: ports.length,
  has: port => ports.includes(port),
  all: () => ports,
})

function* upFrom(first: number, last: number): Generator<number> {
  for (let port = first; port <= last; port++) yield port
}
