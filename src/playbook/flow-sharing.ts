import { didYouMean } from '../errors/suggest.ts'
import type { Findings } from '../source/findings.ts'
import type { FlowDraft } from './flow-drafts.ts'
import { isGroup } from './group-address.ts'
import type { Flow, ToolChoice, ToolOptions } from './play.ts'
import type { ToolDescription } from './tool-description.ts'

interface Ground {
  readonly findings: Findings
}

/** Gives flows that share an end the name of its process: the receiver of flows to one host, the sender of those from one. */
export function joinFlows(drafts: readonly FlowDraft[], { findings }: Ground): FlowDraft[] {
  refuseTwins(drafts, findings)
  return drafts.map(draft => {
    const { shares, name } = draft
    if (shares === undefined) return draft
    const stop = (message: string, hint?: string): FlowDraft => {
      findings.add({ code: 'PLAYBOOK_FLOW', message: `flow '${name}': ${message}`, hint, at: shares.at })
      return { ...draft, shares: undefined }
    }
    const others = drafts.filter(each => each !== draft)
    const root = others.find(each => each.name === shares.with)
    if (root === undefined) {
      const names = others.map(each => each.name)
      return stop(`there is no other flow '${shares.with}' to share with`, didYouMean(shares.with, names))
    }
    if (root.shares !== undefined)
      return stop(`'${root.name}' shares an end itself`, `write shares: ${root.shares.with}`)
    if (root.to === draft.to) return { ...draft, receiverName: root.receiverName }
    if (root.from === draft.from) return { ...draft, senderName: root.senderName }
    return stop(`it has no end in common with '${root.name}'`, 'one receiver is on one host, and so is one sender')
  })
}

/** A receiver of the long form and one that belongs to a flow of the short form. */
function refuseTwins(drafts: readonly FlowDraft[], findings: Findings): void {
  const owners = drafts.filter(({ shares }) => shares === undefined)
  for (const { name, receiverName, at } of owners) {
    if (name === receiverName) continue
    const twin = owners.find(each => each.receiverName === receiverName && each.name !== name)
    if (twin === undefined) continue
    const message = `receiver '${receiverName}' has the name of the one that belongs to flow '${twin.name}'`
    findings.add({ code: 'PLAYBOOK_FLOW', message, hint: 'give one of them another name', at })
  }
}

/** Finds flows whose common end cannot be one process, and groups that a tool cannot send to. */
export function refuseUnshareable(flows: readonly Flow[], drafts: readonly FlowDraft[], { findings }: Ground): void {
  for (const flow of flows) {
    const draft = drafts.find(({ name }) => name === flow.name)
    if (draft === undefined) continue
    const root = flows.find(({ name }) => name === draft.shares?.with)
    const why = groupFault(flow, draft) ?? (root === undefined ? undefined : sharingFault(flow, root, draft))
    if (why === undefined) continue
    const at = draft.shares?.at ?? draft.over?.at ?? draft.at
    findings.add({ code: 'PLAYBOOK_FLOW', message: `flow '${flow.name}': ${why.message}`, hint: why.hint, at })
  }
}

interface Fault {
  readonly message: string
  readonly hint?: string
}

function groupFault(flow: Flow, { tools }: FlowDraft): Fault | undefined {
  if (!isGroup(flow.over)) return undefined
  const reasons = choicesOf(flow).map(choice => {
    const { groups } = toolOf(choice, tools)
    return groups === undefined ? `${choice.tool} does not send to a multicast group` : groups(choice)
  })
  const message = reasons.find(reason => reason !== undefined)
  return message === undefined ? undefined : { message }
}

function sharingFault(flow: Flow, root: Flow, { tools }: FlowDraft): Fault | undefined {
  const [own, its] = [choicesOf(flow), choicesOf(root)]
  const other = { hint: 'ends that are one process are done with one tool and its same options' }
  if (own.map(({ tool }) => tool).join() !== its.map(({ tool }) => tool).join())
    return { message: `it shares an end with '${root.name}', but not its tool`, ...other }
  if (flow.over !== root.over && (isGroup(flow.over) || isGroup(root.over)))
    return { message: `it shares an end with '${root.name}', but goes over another address`, ...other }
  const isReceiver = flow.receiverName === root.receiverName
  if (!isReceiver && !isGroup(flow.over))
    return {
      message: 'one sender reaches several receivers only by a multicast group',
      hint: 'Example: over: 239.1.1.1',
    }
  for (const [i, choice] of own.entries()) {
    const tool = toolOf(choice, tools)
    const reason = isReceiver ? unsharedReceiver(choice, flow.over, tool) : undefined
    if (reason !== undefined) return { message: reason, hint: 'write a flow for each sender: each gets a receiver' }
    const difference = differenceOf(choice, its[i] ?? choice, tool, isReceiver)
    if (difference !== undefined)
      return { message: `it shares an end with '${root.name}', but not its ${difference}`, ...other }
  }
  return undefined
}

const choicesOf = (flow: Flow): readonly ToolChoice[] => [flow, ...flow.otherwise]

function toolOf({ tool }: ToolChoice, tools: readonly ToolDescription[]): ToolDescription {
  const found = tools.find(({ name }) => name === tool)
  if (found === undefined) throw new TypeError(`a flow is done with ${tool}, which is not among its tools`)
  return found
}

const unsharedReceiver = (
  choice: ToolChoice,
  over: string | undefined,
  { name, sharing }: ToolDescription,
): string | undefined =>
  sharing === undefined ? `a receiver of ${name} serves one sender at a time` : sharing(choice, over)

/** What the common process would be told differently by the two flows. */
function differenceOf(
  own: ToolChoice,
  its: ToolChoice,
  tool: ToolDescription,
  isReceiver: boolean,
): string | undefined {
  const isTold = (option: string) => !isReceiver || tool.options[option]?.end === 'both'
  const told = (options: ToolOptions) => Object.fromEntries(Object.entries(options).filter(([name]) => isTold(name)))
  const command = (choice: ToolChoice) =>
    isReceiver ? choice.command?.receiver : choice.command && { ...choice.command, receiver: undefined }
  if (inWords(command(own)) !== inWords(command(its))) return 'command'
  return isReceiver
    ? (firstDifference(told(own.sender), told(its.sender)) ?? firstDifference(own.receiver, its.receiver))
    : firstDifference(own.sender, its.sender)
}

const firstDifference = (own: ToolOptions, its: ToolOptions): string | undefined =>
  [...new Set([...Object.keys(own), ...Object.keys(its)])].find(name => own[name] !== its[name])

const inWords = (value: unknown): string =>
  JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? `${each}n` : each)) ?? ''
