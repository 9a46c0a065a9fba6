import type { Evaluator } from '../source/expressions.ts'
import type { Findings } from '../source/findings.ts'
import { child, entriesOf, itemsOf, type SourceNode } from '../source/node.ts'
import { readOption } from './options.ts'
import type { MeshResource } from './play.ts'
import { hostsOn, type StepHosts } from './step-hosts.ts'

interface ResourceGround {
  readonly hosts: StepHosts
  readonly evaluate: Evaluator
  readonly findings: Findings
}

const limit = {
  kind: 'count',
  end: 'both',
  min: 1n,
  max: 1000n,
  summary: 'How many flows of a round may need it. Example: 2.',
} as const

/** What flows of a mesh share beside their hosts; undefined when one of them cannot be read, which is found. */
export function readMeshResources(
  node: SourceNode | undefined,
  ground: ResourceGround,
): ReadonlyMap<string, MeshResource> | undefined {
  const read = entriesOf(node).map(([name, { value }]) => [name, readResource(name, value, ground)] as const)
  const whole = read.flatMap(([name, resource]) => (resource === undefined ? [] : [[name, resource] as const]))
  return whole.length < read.length ? undefined : new Map(whole)
}

function readResource(name: string, node: SourceNode, ground: ResourceGround): MeshResource | undefined {
  const { evaluate, findings } = ground
  if (findings.within(node)) return undefined
  const [at, between, written] = [child(node, 'at'), child(node, 'between'), child(node, 'limit')]
  if ((at === undefined) === (between === undefined)) {
    const message = `resource '${name}' takes either 'at' or 'between'`
    findings.add({ code: 'SCHEMA_MISSING_KEY', message, hint: 'as at: [A, B] or between: [A, B]', at: node.at })
    return undefined
  }
  const most = written === undefined ? 1n : readOption('limit', limit, evaluate.tree(written), findings)
  const hosts = at === undefined ? readSides(between, ground) : readAt(at, ground)
  return typeof most !== 'bigint' || hosts === undefined ? undefined : { limit: Number(most), hosts }
}

function readAt(node: SourceNode, ground: ResourceGround): MeshResource['hosts'] | undefined {
  const at = hostsIn(node, ground)
  return at && { at }
}

function readSides(node: SourceNode | undefined, ground: ResourceGround): MeshResource['hosts'] | undefined {
  const [one, other] = itemsOf(node).map(side => hostsIn(side, ground))
  return one && other && { between: [one, other] }
}

function hostsIn(node: SourceNode, { hosts, evaluate, findings }: ResourceGround): readonly string[] | undefined {
  const evaluated = evaluate.tree(node)
  const selected = evaluated && hostsOn(evaluated, hosts, findings)
  if (selected !== 'local') return selected
  findings.add({ code: 'PLAYBOOK_HOST', message: "'local' is no host of a mesh", at: node.at })
  return undefined
}

/** The names of the resources that a flow needs. */
export function needsOf(
  { from, to }: { readonly from: string; readonly to: string },
  resources: ReadonlyMap<string, MeshResource>,
): string[] {
  const isNeeded = ({ hosts }: MeshResource) => {
    if ('at' in hosts) return hosts.at.includes(from) || hosts.at.includes(to)
    const [one, other] = hosts.between
    return (one.includes(from) && other.includes(to)) || (other.includes(from) && one.includes(to))
  }
  return [...resources].flatMap(([name, resource]) => (isNeeded(resource) ? [name] : []))
}
