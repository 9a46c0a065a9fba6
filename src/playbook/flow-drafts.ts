import type { Place } from '../errors/error.ts'
import { didYouMean } from '../errors/suggest.ts'
import type { Evaluator } from '../source/expressions.ts'
import type { Findings } from '../source/findings.ts'
import { child, entriesOf, type SourceNode, textOf } from '../source/node.ts'
import type { ToolDescription } from './tool-description.ts'

/** A flow as written, in the short or the long form: both ends known, options not read yet. */
export interface FlowDraft {
  readonly name: string
  readonly from: string
  readonly to: string
  /** The tool, or the tools in the order of preference; at least one. */
  readonly tools: readonly ToolDescription[]
  readonly receiverName: string
  readonly senderName: string
  /** The flow that has an end in common with this one, which is one process. */
  readonly shares: { readonly with: string; readonly at: Place } | undefined
  /** Its key in `flows:`; several flows have one where an end is a list. In the long form its name. */
  readonly entry: string
  /** Mappings with the sender's options of one of the tools; later ones win. */
  readonly senderLayers: (tool: ToolDescription) => readonly (SourceNode | undefined)[]
  readonly receiverLayers: (tool: ToolDescription) => readonly (SourceNode | undefined)[]
  /** Mappings with the definition of a tool that flows define for themselves; later ones win. */
  readonly definitions: (tool: ToolDescription) => readonly (SourceNode | undefined)[]
  /** The mapping of the short form, whose own keys stand beside the options. */
  readonly mixed: SourceNode | undefined
  /** The address of the receiving end, as it was written. */
  readonly over: SourceNode | undefined
  readonly expect: SourceNode | undefined
  readonly at: Place
}

export interface FlowGround {
  readonly document: SourceNode
  readonly tools: readonly ToolDescription[]
  readonly hostNames: readonly string[]
  /** Whether all hosts could be read: only then is a name that is not among them a mistake of its own. */
  readonly hostsWhole: boolean
  /** For values that belong to no host: `from`, `to`, `tool`. */
  readonly evaluate: Evaluator
  readonly findings: Findings
}

/** The flows of `flows:`, one for each pair of ends. What cannot be used is found and left out. */
export function shortForm(ground: FlowGround): readonly FlowDraft[] {
  return entriesOf(child(ground.document, 'flows')).flatMap(([entry, { key, value }]) => {
    const from = hostsIn(child(value, 'from'), ground)
    const to = hostsIn(child(value, 'to'), ground)
    const tools = toolsOf(child(value, 'tool'), [value], key, ground)
    if (from === undefined || to === undefined || tools.length === 0) return []
    if (from.isList && to.isList) return refuseLists(entry, child(value, 'to')?.at ?? key, ground)
    const ends = from.hosts.flatMap(sender => to.hosts.map(receiver => ({ sender, receiver })))
    const named = ends.map(({ sender, receiver }) => ({
      name: from.isList ? `${entry}-${sender}` : to.isList ? `${entry}-${receiver}` : entry,
      from: sender,
      to: receiver,
    }))
    return named.flatMap((flow, i): readonly FlowDraft[] => {
      if (flow.from === flow.to) {
        refuseSelf(entry, flow.to, child(value, 'to')?.at ?? key, ground)
        return []
      }
      const shares = i === 0 ? sharesOf(value, ground) : { with: named[0]?.name ?? entry, at: key }
      return [{ ...draftOf(value, key), ...flow, tools, receiverName: flow.name, senderName: flow.name, shares, entry }]
    })
  })
}

/** What the flows of an entry have in common. */
const draftOf = (value: SourceNode, key: Place) => ({
  senderLayers: (tool: ToolDescription) => [value, child(value, tool.name)],
  receiverLayers: () => [child(value, 'receiver')],
  definitions: (tool: ToolDescription) => [child(value, tool.name)],
  mixed: value,
  over: child(value, 'over'),
  expect: child(value, 'expect'),
  at: key,
})

function sharesOf(value: SourceNode, { evaluate, findings }: FlowGround): FlowDraft['shares'] {
  const node = child(value, 'shares')
  const name = node === undefined || findings.within(node) ? undefined : textOf(evaluate.tree(node))
  return node === undefined || name === undefined ? undefined : { with: name, at: node.at }
}

function refuseLists(name: string, at: Place, { findings }: FlowGround): [] {
  const message = `flow '${name}' has a list at both ends`
  findings.add({ code: 'PLAYBOOK_FLOW', message, hint: 'write a flow for each sender', at })
  return []
}

export function refuseSelf(name: string, host: string, at: Place, { findings }: FlowGround): void {
  const message = `flow '${name}' goes from ${host} to itself`
  findings.add({ code: 'PLAYBOOK_FLOW', message, hint: 'a flow goes from one host to another', at })
}

interface Ends {
  readonly hosts: readonly string[]
  readonly isList: boolean
}

/** The host of the play that stands in `node`, or the hosts of a list. */
function hostsIn(node: SourceNode | undefined, ground: FlowGround): Ends | undefined {
  if (node === undefined || ground.findings.within(node)) return undefined
  const tree = ground.evaluate.tree(node)
  if (tree === undefined) return undefined
  const isList = tree.kind === 'list'
  const hosts = (isList ? tree.items : [tree]).map(each => {
    const name = textOf(each)
    return name === undefined ? undefined : knownHost(name, isList ? each.at : node.at, ground)
  })
  if (hosts.length === 0 || hosts.includes(undefined)) return undefined
  return { hosts: [...new Set(hosts.flatMap(host => host ?? []))], isList }
}

export function knownHost(
  name: string,
  at: Place,
  { hostNames, hostsWhole, findings }: FlowGround,
): string | undefined {
  if (hostNames.includes(name)) return name
  if (!hostsWhole) return undefined
  const message = `there is no host '${name}' in this playbook`
  findings.add({ code: 'PLAYBOOK_HOST', message, hint: didYouMean(name, hostNames), at })
  return undefined
}

/** The tools that are named, else the one whose section the flow or the file has. None when that cannot be said. */
export function toolsOf(
  node: SourceNode | undefined,
  sections: readonly (SourceNode | undefined)[],
  at: Place,
  ground: FlowGround,
): readonly ToolDescription[] {
  const { document, tools, findings } = ground
  if (node !== undefined) {
    if (findings.within(node)) return []
    const names = node.kind === 'list' ? node.items : [node]
    const named = names.map(each => namedTool(each, ground))
    return named.includes(undefined) ? [] : [...new Set(named.flatMap(tool => tool ?? []))]
  }
  for (const places of [sections, [document]]) {
    const named = tools.filter(each => places.some(place => child(place, each.name) !== undefined))
    if (named.length === 1) return named
  }
  if (tools.length === 1) return tools
  findings.add({ code: 'PLAYBOOK_FLOW', message: "which tool is meant? write 'tool:'", at })
  return []
}

function namedTool(node: SourceNode, { tools, evaluate, findings }: FlowGround): ToolDescription | undefined {
  const name = textOf(evaluate.tree(node))
  const tool = tools.find(each => each.name === name)
  if (tool === undefined && name !== undefined) {
    const hint = didYouMean(
      name,
      tools.map(each => each.name),
    )
    findings.add({ code: 'PLAYBOOK_FLOW', message: `there is no tool '${name}'`, hint, at: node.at })
  }
  return tool
}
