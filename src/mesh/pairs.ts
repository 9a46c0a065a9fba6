import { LockstepError } from '../errors/error.ts'
import { didYouMean } from '../errors/suggest.ts'

/** One test between two hosts. It takes a place at both of them, and one of every resource that it needs. */
export interface MeshFlow {
  readonly from: string
  readonly to: string
  /** Names of resources that several hosts share: a link, a chamber, a licence. */
  readonly needs?: readonly string[]
}

/**
 * Which pairs are tested: `both` every pair in both directions, `one` every pair once, from the host that stands first;
 * a hub is tested with every other host in both directions, the others not among each other.
 */
export type Pairs = 'both' | 'one' | { readonly hub: string }

/** The flows of a mesh, in the order of the hosts. */
export function meshFlows(hosts: readonly string[], pairs: Pairs): MeshFlow[] {
  const twice = hosts.find((host, index) => hosts.indexOf(host) !== index)
  if (twice !== undefined) throw new LockstepError('PLAYBOOK_HOST', `host '${twice}' stands in the mesh twice`)
  if (hosts.length < 2) throw new LockstepError('PLAYBOOK_FLOW', `a mesh has at least 2 hosts, got ${hosts.length}`)
  if (typeof pairs !== 'string') return star(hosts, pairs.hub)
  return hosts.flatMap((from, index) =>
    hosts.slice(index + 1).flatMap(to => (pairs === 'both' ? bothWays(from, to) : [{ from, to }])),
  )
}

function star(hosts: readonly string[], hub: string): MeshFlow[] {
  if (!hosts.includes(hub)) {
    const hint = didYouMean(hub, hosts)
    throw new LockstepError('PLAYBOOK_HOST', `the hub '${hub}' is no host of the mesh`, { hint })
  }
  return hosts.filter(host => host !== hub).flatMap(host => bothWays(hub, host))
}

const bothWays = (a: string, b: string): MeshFlow[] => [
  { from: a, to: b },
  { from: b, to: a },
]
