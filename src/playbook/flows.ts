import type { Place, Problem } from '../errors/error.ts'
import type { Evaluator } from '../source/expressions.ts'
import { child, entriesOf, type SourceNode } from '../source/node.ts'
import type { Nanoseconds } from '../units/quantity.ts'
import { type FlowDraft, type FlowGround, shortForm } from './flow-drafts.ts'
import { longForm } from './long-form.ts'
import { readOptions, type WrittenOptions, writtenOptions } from './options.ts'
import type { Flow, ToolOptions } from './play.ts'
import type { GivenFlow, OptionFault, ToolDescription } from './tool-description.ts'

export interface FlowsGround extends FlowGround {
  /** The variables of a host of the play. */
  readonly evaluateFor: (host: string) => Evaluator
  /** The gate's limit; undefined without a gate. */
  readonly gateOffset: Nanoseconds | undefined
}

export interface ReadFlows {
  /** Flows that are whole: every option read, nothing that contradicts. */
  readonly flows: readonly Flow[]
  /** Every flow whose ends and tool are known. */
  readonly drafts: readonly FlowDraft[]
}

/** Reads the flows of both forms, fills in what the tools fill in, and finds what cannot work. */
export function readFlows(ground: FlowsGround): ReadFlows {
  const drafts = withoutDoubles([...shortForm(ground), ...longForm(ground)], ground)
  const given = drafts.map(draft => readDraft(draft, ground))
  const flows = ground.tools.flatMap(tool => settle(tool, given, ground))
  const order = new Map(drafts.map(({ name }, index) => [name, index]))
  return { drafts, flows: flows.sort((a, b) => (order.get(a.name) ?? 0) - (order.get(b.name) ?? 0)) }
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
function readDraft(draft: FlowDraft, ground: FlowsGround): ReadDraft {
  const { tool, from, to, name } = draft
  const { findings, gateOffset } = ground
  const section = child(ground.document, tool.name)
  const receiver = writtenOptions(tool, draft.receiverLayers)
  const defaults = writtenOptions(tool, [section])
  const own = writtenOptions(tool, draft.senderLayers)

  const atSender = { evaluate: ground.evaluateFor(from), findings }
  const received = readOptions(receiver, tool, { evaluate: ground.evaluateFor(to), findings })
  const common = readOptions(defaults, tool, atSender)
  const particular = readOptions(own, tool, atSender)
  const sent = { ...common, ...only(received, option => tool.options[option]?.end === 'both'), ...particular }
  const left = [common, particular, received].flatMap(options => Object.keys(options)).length
  const given = { name, from, to, sender: sent, receiver: received, gateOffset }
  const layers = [section, ...draft.senderLayers, ...draft.receiverLayers]
  const misspelt = entriesOf(ground.document).some(([, { key }]) => findings.at(key))
  // An option that could not be evaluated may have been found elsewhere, where its variable is.
  const complete = left === defaults.size + own.size + receiver.size
  const whole = complete && !misspelt && !layers.some(layer => layer !== undefined && findings.within(layer))
  return { draft, given, defaults, own, receiver, whole }
}

const only = (options: ToolOptions, keep: (name: string) => boolean): ToolOptions =>
  Object.fromEntries(Object.entries(options).filter(([name]) => keep(name)))

function settle(tool: ToolDescription, all: readonly ReadDraft[], { findings }: FlowsGround): Flow[] {
  const reads = all.filter(({ draft, whole }) => whole && draft.tool === tool)
  const settled = tool.settle(reads.map(({ given }) => given))
  const isNew = newOnes()
  return reads.flatMap((read, index): Flow[] => {
    const result = settled[index]
    if (result === undefined) return []
    for (const fault of result.faults) if (isNew(fault)) findings.add(problemOf(fault, read))
    if (result.faults.length > 0) return []
    const { name, from, to, receiverName, at } = read.draft
    const { sender, receiver } = result
    return [{ name, from, to, tool: 'isochron', sender, receiver, receiverName, before: [], after: [], at }]
  })
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
