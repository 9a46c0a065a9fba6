import type { Place, Problem } from '../errors/error.ts'
import { expected, show } from '../source/expected.ts'
import type { Evaluator } from '../source/expressions.ts'
import { child, entriesOf, type SourceNode, textOf } from '../source/node.ts'
import type { Nanoseconds } from '../units/quantity.ts'
import { type FlowDraft, type FlowGround, shortForm } from './flow-drafts.ts'
import { joinFlows, refuseUnshareable } from './flow-sharing.ts'
import { findStrangers } from './flow-strangers.ts'
import { kinds } from './kinds.ts'
import { longForm } from './long-form.ts'
import { meshForm } from './mesh-form.ts'
import { readOptions, type WrittenOptions, writtenOptions } from './options.ts'
import type { Flow, ToolChoice, ToolOptions } from './play.ts'
import { readCommand } from './read-command.ts'
import type { GivenFlow, OptionFault, ToolDescription } from './tool-description.ts'

export interface FlowsGround extends FlowGround {
  /** The variables of a host of the play. */
  readonly evaluateFor: (host: string) => Evaluator
  /** The gate's limit for a host; undefined without a gate. */
  readonly gateLimit: ((host: string) => Nanoseconds) | undefined
  /** `sync: none` */
  readonly withoutSync: boolean
}

export interface ReadFlows {
  /** Flows that are whole: every option read, nothing that contradicts. */
  readonly flows: readonly Flow[]
  /** Every flow whose ends and tool are known. */
  readonly drafts: readonly FlowDraft[]
}

/** Reads the flows of both forms, fills in what the tools fill in, and finds what cannot work. */
export function readFlows(ground: FlowsGround): ReadFlows {
  const forms = [...shortForm(ground), ...longForm(ground), ...meshForm(ground)]
  const written = joinFlows(withoutDoubles(forms, ground), ground)
  for (const draft of written) findStrangers(draft, ground)
  const drafts = written.map(draft => withDefinitions(draft, ground))
  const read = drafts.flatMap(draft => draft.tools.map(tool => readDraft(draft, tool, ground)))
  const tools = new Set(read.map(({ tool }) => tool))
  const settled = new Map([...tools].flatMap(tool => settle(tool, read, ground)))
  const flows = drafts.flatMap(draft => {
    const choices = read.filter(each => each.draft === draft).map(each => settled.get(each))
    const [first, ...otherwise] = choices.flatMap(choice => choice ?? [])
    const over = readOver(draft, ground)
    if (first === undefined || choices.includes(undefined) || over === null || !hasSync(draft, ground)) return []
    const { name, from, to, receiverName, senderName, at } = draft
    const shares = draft.shares === undefined ? {} : { shares: draft.shares.with }
    return [
      { name, from, to, ...first, otherwise, over, ...shares, receiverName, senderName, before: [], after: [], at },
    ]
  })
  refuseUnshareable(flows, drafts, ground)
  return { drafts, flows }
}

/** With each tool that the flow defines made; one that cannot be is left as it is, without a definition. */
function withDefinitions(draft: FlowDraft, ground: FlowsGround): FlowDraft {
  const { document, evaluateFor, findings } = ground
  const made = (tool: ToolDescription): ToolDescription => {
    if (tool.definedBy === undefined) return tool
    const layers = [child(document, tool.name), ...draft.definitions(tool)]
    const at = { atSender: evaluateFor(draft.from), atReceiver: evaluateFor(draft.to), findings }
    const definition = readCommand(layers, draft, at)
    return definition === undefined ? tool : tool.definedBy(definition)
  }
  return { ...draft, tools: draft.tools.map(made) }
}

function withoutDoubles(drafts: readonly FlowDraft[], { findings }: FlowsGround): FlowDraft[] {
  const places = new Map<string, Place>()
  return drafts.filter(({ name, at }) => {
    const earlier = places.get(name)
    if (earlier === undefined) places.set(name, at)
    else {
      const message = `there is a flow '${name}' already, in line ${earlier.line}`
      findings.add({ code: 'PLAYBOOK_FLOW', message, hint: "give it a 'name' of its own", at })
    }
    return earlier === undefined
  })
}

interface ReadDraft {
  readonly draft: FlowDraft
  readonly tool: ToolDescription
  readonly given: GivenFlow
  readonly defaults: WrittenOptions
  readonly own: WrittenOptions
  readonly receiver: WrittenOptions
  /** Whether every value could be read: only then does it make sense to look at them together. */
  readonly whole: boolean
}

/**
 * The sender's options come from the tool's section, then from the receiver as far as both ends share them, then from the
 * flow. They are evaluated with the sending host's variables, those written at the receiver with the receiving host's.
 */
function readDraft(draft: FlowDraft, tool: ToolDescription, ground: FlowsGround): ReadDraft {
  const { from, to, name } = draft
  const [senderLayers, receiverLayers] = [draft.senderLayers(tool), draft.receiverLayers(tool)]
  const { findings, gateLimit } = ground
  const section = child(ground.document, tool.name)
  const receiver = writtenOptions(tool, receiverLayers)
  const defaults = writtenOptions(tool, [section])
  const own = writtenOptions(tool, senderLayers)

  const atSender = { evaluate: ground.evaluateFor(from), findings }
  const received = readOptions(receiver, tool, { evaluate: ground.evaluateFor(to), findings })
  const common = readOptions(defaults, tool, atSender)
  const particular = readOptions(own, tool, atSender)
  const sent = { ...common, ...only(received, option => tool.options[option]?.end === 'both'), ...particular }
  const left = [common, particular, received].flatMap(options => Object.keys(options)).length
  const given = {
    name,
    from,
    to,
    sender: sent,
    receiver: received,
    gate: gateLimit && { from: gateLimit(from), to: gateLimit(to) },
  }
  const layers = [section, ...senderLayers, ...receiverLayers]
  const misspelt = entriesOf(ground.document).some(([, { key }]) => findings.at(key))
  // An option that could not be evaluated may have been found elsewhere, where its variable is.
  const complete = left === defaults.size + own.size + receiver.size
  const defined = tool.definedBy === undefined
  const whole = defined && complete && !misspelt && !layers.some(layer => layer !== undefined && findings.within(layer))
  return { draft, tool, given, defaults, own, receiver, whole }
}

const only = (options: ToolOptions, keep: (name: string) => boolean): ToolOptions =>
  Object.fromEntries(Object.entries(options).filter(([name]) => keep(name)))

/** The options of every flow that may be done with this tool, settled together; a flow that cannot work is left out. */
function settle(
  tool: ToolDescription,
  all: readonly ReadDraft[],
  { findings }: FlowsGround,
): (readonly [ReadDraft, ToolChoice])[] {
  const reads = all.filter(read => read.whole && read.tool === tool)
  const settled = tool.settle(reads.map(({ given }) => given))
  const isNew = newOnes()
  return reads.flatMap((read, index): (readonly [ReadDraft, ToolChoice])[] => {
    const result = settled[index]
    if (result === undefined) return []
    for (const fault of result.faults) if (isNew(fault)) findings.add(problemOf(fault, read))
    const { sender, receiver } = result
    const { name, definition } = tool
    const command = definition === undefined ? {} : { command: definition }
    return result.faults.length > 0 ? [] : [[read, { tool: name, sender, receiver, ...command }]]
  })
}

/** The address of the receiving end, with the variables of its host; null when it cannot be used, which is then found. */
function readOver({ over, to, tools, name }: FlowDraft, ground: FlowsGround): string | undefined | null {
  if (over === undefined) return undefined
  if (ground.findings.within(over)) return null
  const stop = (message: string, hint?: string) => {
    ground.findings.add({ code: 'PLAYBOOK_OPTION', message: `flow '${name}': ${message}`, hint, at: over.at })
    return null
  }
  const frames = tools.find(({ addressless }) => addressless)
  if (frames !== undefined) return stop(`${frames.name} sends to a MAC address, not over ${show(over)}`)
  const node = ground.evaluateFor(to).tree(over)
  if (node === undefined) return null
  const address = textOf(node)
  if (address !== undefined && kinds.word.read(address, address) !== undefined) return address
  return stop(`over: ${expected('an address of the receiving host', node)}`, 'Example: 192.0.2.7, or {{ data_ip }}')
}

/** Whoever needs no clock says so. */
function hasSync({ name, tools, at }: FlowDraft, { gateLimit, withoutSync, findings }: FlowsGround): boolean {
  const ungated = tools.find(({ gated }) => !gated)
  if (ungated === undefined || gateLimit !== undefined || withoutSync) return true
  const message = `flow '${name}': nothing says how good the clocks have to be`
  findings.add({ code: 'PLAYBOOK_OPTION', message, hint: "write 'sync: {gate: {offset: …}}', or 'sync: none'", at })
  return false
}

/** What no flow has is one mistake, in the section that they share. */
function newOnes(): (fault: OptionFault) => boolean {
  const said = new Set<string>()
  return ({ option, message }) => option !== undefined || (!said.has(message) && said.add(message).has(message))
}

/** At the value that is to blame: the nearest to the flow wins. */
function problemOf({ option = '', end, own: ownOnly, message, hint }: OptionFault, read: ReadDraft): Problem {
  const { draft, own, receiver, defaults } = read
  const layers = end === 'receiver' ? [receiver] : ownOnly ? [own, receiver] : [own, receiver, defaults]
  const at = layers.find(layer => layer.has(option))?.get(option)?.value.at ?? draft.at
  return { code: 'PLAYBOOK_OPTION', message: `flow '${draft.name}': ${message}`, hint, at }
}

/** The nodes that hold a flow's own `expect`, with the flow's name. */
export const ownExpectations = (drafts: readonly FlowDraft[]): readonly (readonly [string, SourceNode])[] =>
  drafts.flatMap(({ name, expect }) => (expect === undefined ? [] : [[name, expect] as const]))
