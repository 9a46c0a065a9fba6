import type { Problem } from '../errors/error.ts'
import { didYouMean } from '../errors/suggest.ts'
import type { Findings } from '../source/findings.ts'
import { entriesOf } from '../source/node.ts'
import type { FlowDraft } from './flow-drafts.ts'
import type { ToolDescription } from './tool-description.ts'

/** A flow's own keys, beside which the options of its tool stand. */
export const flowKeys = ['from', 'to', 'tool', 'over', 'shares', 'receiver', 'before', 'after', 'expect'] as const
const ownKeys: ReadonlySet<string> = new Set(flowKeys)

interface Ground {
  readonly tools: readonly ToolDescription[]
  readonly findings: Findings
}

/** The schema takes the options of every tool in a flow: what its own tool does not take is found here. */
export function findStrangers(draft: FlowDraft, { tools, findings }: Ground): void {
  const { mixed, name } = draft
  for (const [key, { key: at }] of entriesOf(mixed)) {
    if (ownKeys.has(key) || findings.at(at)) continue
    const section = tools.find(tool => tool.name === key)
    const found = section === undefined ? strangerOf(key, draft.tools, tools) : unusedSection(section, draft)
    if (found !== undefined) findings.add({ ...found, message: said(name, found), at })
  }
  if (mixed === undefined) return
  for (const tool of draft.tools) {
    for (const [key, { key: at }] of draft.receiverLayers(tool).flatMap(entriesOf)) {
      const found = findings.at(at) ? undefined : receiverStranger(key, tool)
      if (found !== undefined) findings.add({ ...found, at })
    }
  }
}

/** What is wrong wherever the key stands says nothing of the flow. */
const said = (flow: string, { code, message }: Pick<Problem, 'code' | 'message'>) =>
  code === 'PLAYBOOK_OPTION' ? `flow '${flow}': ${message}` : message

const unusedSection = (section: ToolDescription, { tools }: FlowDraft) =>
  tools.includes(section)
    ? undefined
    : ({ code: 'PLAYBOOK_OPTION', message: `it has options of ${section.name}, but is not done with it` } as const)

function strangerOf(key: string, own: readonly ToolDescription[], all: readonly ToolDescription[]) {
  const tool = own.find(each => !Object.hasOwn(each.options, key))
  if (tool === undefined) return undefined
  if (Object.hasOwn(tool.refused, key)) {
    return { code: 'SCHEMA_UNKNOWN_KEY', message: refusal(key, tool.refused[key] ?? '') } as const
  }
  const owners = all.filter(each => Object.hasOwn(each.options, key)).map(each => each.name)
  const message = `${tool.name} has no option '${key}'${owners.length === 0 ? '' : `: it is one of ${owners.join(', ')}`}`
  // With several tools each has its own.
  const several =
    own.length > 1 ? `options of one of several tools stand in a section: ${owners[0] ?? tool.name}: {…}` : undefined
  return { code: 'PLAYBOOK_OPTION', message, hint: several ?? didYouMean(key, Object.keys(tool.options)) } as const
}

function receiverStranger(key: string, { name, options, refused }: ToolDescription) {
  const option = Object.hasOwn(options, key) ? options[key] : undefined
  if (option !== undefined && option.end !== 'sender') return undefined
  const reason = option === undefined ? refused[key] : 'it is an option of the sender'
  if (reason !== undefined) return { code: 'SCHEMA_UNKNOWN_KEY', message: refusal(key, reason) } as const
  const atReceiver = Object.entries(options).filter(([, { end }]) => end !== 'sender')
  const hint = didYouMean(
    key,
    atReceiver.map(([each]) => each),
  )
  return { code: 'SCHEMA_UNKNOWN_KEY', message: `a receiving ${name} has no option '${key}'`, hint } as const
}

const refusal = (key: string, reason: string) => `'${key}' cannot be set here: ${reason}`
