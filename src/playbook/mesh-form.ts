import { LockstepError } from '../errors/error.ts'
import { meshFlows, type Pairs } from '../mesh/pairs.ts'
import { scheduleMesh } from '../mesh/schedule.ts'
import { child, entriesOf, entry, type SourceNode, textOf } from '../source/node.ts'
import { type FlowDraft, type FlowGround, knownHost, toolsOf } from './flow-drafts.ts'
import { needsOf, readMeshResources } from './mesh-resources.ts'
import { readOption } from './options.ts'
import type { Flow, Mesh } from './play.ts'
import type { StepHosts } from './step-hosts.ts'

/** The flows between the pairs of `mesh:`, called FROM-TO; their options are those of the tool's section. */
export function meshForm(ground: FlowGround): readonly FlowDraft[] {
  const { document, hostNames, hostsWhole, findings } = ground
  const mesh = child(document, 'mesh')
  const at = entry(document, 'mesh')?.key
  const pairs = mesh && readPairs(child(mesh, 'pairs'), ground)
  if (mesh === undefined || at === undefined || pairs === undefined || findings.within(mesh)) return []
  const tools = toolsOf(child(mesh, 'tool'), [], at, ground)
  if (!hostsWhole || tools.length === 0) return []
  if (hostNames.length < 2) {
    findings.add({ code: 'PLAYBOOK_FLOW', message: 'a mesh has at least 2 hosts', at })
    return []
  }
  return meshFlows(hostNames, pairs).map(({ from, to }) => ({
    ...{ name: `${from}-${to}`, from, to, tools, entry: `${from}-${to}`, shares: undefined },
    ...{ receiverName: `${from}-${to}`, senderName: `${from}-${to}` },
    senderLayers: () => [],
    receiverLayers: () => [],
    definitions: () => [],
    mixed: undefined,
    over: child(mesh, 'over'),
    expect: undefined,
    at,
  }))
}

/** Nothing where the schema or the hosts say what is wrong with them. */
function readPairs(node: SourceNode | undefined, ground: FlowGround): Pairs | undefined {
  const text = node === undefined ? undefined : textOf(node)
  if (text === 'both' || text === 'one') return text
  const named = child(node, 'hub')
  if (named === undefined || ground.findings.within(named)) return undefined
  const name = textOf(ground.evaluate.tree(named))
  const hub = name === undefined ? undefined : knownHost(name, named.at, ground)
  return hub === undefined ? undefined : { hub }
}

const limit = {
  kind: 'count',
  end: 'both',
  min: 1n,
  max: 1000n,
  summary: 'In how many flows of a round a host may take part. Example: 1.',
} as const

/** The rounds of a mesh, over all flows of the play; undefined without one. */
export function readMesh(
  flows: readonly Flow[],
  { document, evaluate, findings }: FlowGround,
  hosts: StepHosts,
): Mesh | undefined {
  const mesh = child(document, 'mesh')
  if (mesh === undefined || findings.within(mesh)) return undefined
  const node = child(mesh, 'host')
  const host = node === undefined ? 1n : readOption('host', limit, evaluate.tree(node), findings)
  const capture = entriesOf(document).find(([key]) => key === 'capture')
  if (capture !== undefined) {
    const message = 'a mesh runs in rounds, and a capture would not know which: leave one of them out'
    findings.add({ code: 'PLAYBOOK_CAPTURE', message, at: capture[1].key })
  }
  for (const { name, shares, at } of flows.filter(flow => flow.shares !== undefined)) {
    const message = `flow '${name}' has an end in common with '${shares}', and in a mesh each runs in a round of its own`
    findings.add({ code: 'PLAYBOOK_FLOW', message, at })
  }
  const resources = readMeshResources(child(mesh, 'resources'), { hosts, evaluate, findings })
  if (typeof host !== 'bigint' || resources === undefined || flows.length === 0) return undefined
  try {
    const limits = new Map([...resources].map(([name, { limit: most }]) => [name, most]))
    const needing = flows.map(({ name, from, to }) => ({ name, from, to, needs: needsOf({ from, to }, resources) }))
    const { rounds, lowerBound } = scheduleMesh(needing, { host: Number(host), resources: limits })
    return { host: Number(host), resources, rounds: rounds.map(round => round.map(({ name }) => name)), lowerBound }
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    findings.add({ code: error.code, message: error.message, hint: error.hint, at: mesh.at })
    return undefined
  }
}
