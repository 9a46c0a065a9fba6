import type { Place } from '../errors/error.ts'
import { didYouMean } from '../errors/suggest.ts'
import { child, entriesOf, itemsOf, type SourceNode, textOf } from '../source/node.ts'
import { type FlowDraft, type FlowGround, knownHost, refuseSelf, toolsOf } from './flow-drafts.ts'

interface Receiver {
  readonly name: string
  readonly host: string
  readonly node: SourceNode
  readonly at: Place
}

/** The flows of `receivers:` and `senders:`: each sender names its receiver, which may serve several. */
export function longForm(ground: FlowGround): readonly FlowDraft[] {
  const receivers = readReceivers(ground)
  const section = child(ground.document, 'receivers')
  const receiversWhole = section !== undefined && !ground.findings.within(section)
  const served = new Map<string, string>()
  const drafts = perHost('senders', ground).flatMap(({ host, node }) => {
    const to = child(node, 'to')
    const name = textOf(to && ground.evaluate.tree(to))
    if (to === undefined || name === undefined) return []
    const receiver = receivers.get(name)
    if (receiver === undefined) {
      if (!receiversWhole) return []
      const hint = didYouMean(name, [...receivers.keys()])
      ground.findings.add({ code: 'PLAYBOOK_FLOW', message: `there is no receiver '${name}'`, hint, at: to.at })
      return []
    }
    const first = served.get(name)
    const made = draft(host, node, receiver, {
      ...ground,
      shares: first === undefined ? undefined : { with: first, at: to.at },
    })
    if (first === undefined) served.set(name, made?.name ?? name)
    return made ?? []
  })
  for (const { name, at } of receivers.values()) {
    if (served.has(name)) continue
    const message = `receiver '${name}' has no sender`
    ground.findings.add({ code: 'PLAYBOOK_FLOW', message, hint: `write one under senders: {to: ${name}}`, at })
  }
  return drafts
}

function draft(
  from: string,
  node: SourceNode,
  receiver: Receiver,
  ground: FlowGround & Pick<FlowDraft, 'shares'>,
): FlowDraft | undefined {
  const name = child(node, 'name')
  const at = name?.at ?? node.at
  const flow = textOf(name) ?? receiver.name
  const tools = toolsOf(child(node, 'tool'), [node, receiver.node], at, ground)
  if (tools.length === 0) return undefined
  if (from === receiver.host) {
    refuseSelf(flow, from, child(node, 'to')?.at ?? at, ground)
    return undefined
  }
  return {
    name: flow,
    from,
    to: receiver.host,
    tools,
    receiverName: receiver.name,
    senderName: flow,
    shares: ground.shares,
    entry: flow,
    senderLayers: tool => [child(node, tool.name)],
    receiverLayers: tool => [child(receiver.node, tool.name)],
    definitions: tool => [child(receiver.node, tool.name), child(node, tool.name)],
    mixed: undefined,
    over: child(node, 'over'),
    expect: child(node, 'expect'),
    at,
  }
}

function readReceivers(ground: FlowGround): ReadonlyMap<string, Receiver> {
  const receivers = new Map<string, Receiver>()
  for (const { host, node } of perHost('receivers', ground)) {
    const name = textOf(child(node, 'name'))
    if (name === undefined) continue
    const at = child(node, 'name')?.at ?? node.at
    const earlier = receivers.get(name)
    if (earlier === undefined) receivers.set(name, { name, host, node, at })
    else {
      const message = `there is a receiver '${name}' already, in line ${earlier.at.line}`
      ground.findings.add({ code: 'PLAYBOOK_FLOW', message, at })
    }
  }
  return receivers
}

/** The entries below each host of a section, as far as the hosts are known. */
function perHost(section: string, ground: FlowGround): { host: string; node: SourceNode }[] {
  return entriesOf(child(ground.document, section)).flatMap(([host, { key, value }]) => {
    const known = ground.findings.at(key) ? undefined : knownHost(host, key, ground)
    return known === undefined ? [] : itemsOf(value).map(node => ({ host, node }))
  })
}
