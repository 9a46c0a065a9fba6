import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { refuse } from '../errors/error.ts'
import type { Criterion } from '../playbook/criteria.ts'
import { readCriteriaLines, type WrittenLine } from '../playbook/criteria-lines.ts'
import { figuresOfTool, type NamedFigure } from '../playbook/known-figures.ts'
import { isOverall, writtenLine } from '../playbook/overall.ts'
import type { ToolDescription } from '../playbook/tool-description.ts'
import { type RecordedFigures, testFolders } from '../report/recorded-figures.ts'
import { child, entriesOf, itemsOf, type SourceNode } from '../source/node.ts'

type Evaluate = (node: SourceNode) => SourceNode | undefined

/** `expect` of a playbook: its own lines, and those of its flows with the flow in front; or its `valid`. */
export function linesOf(document: SourceNode, key: 'expect' | 'valid', evaluate: Evaluate): WrittenLine[] {
  if (key === 'valid') return asLines(child(document, key), evaluate)
  const flows = entriesOf(child(document, 'flows'))
  return [
    ...asLines(child(document, 'expect'), evaluate),
    ...flows.flatMap(([flow, { value }]) => asLines(child(value, 'expect'), evaluate, flow)),
  ]
}

function asLines(written: SourceNode | undefined, evaluate: Evaluate, flow?: string): WrittenLine[] {
  const node = written && evaluate(written)
  if (node === undefined) return []
  const items = node.kind === 'list' ? itemsOf(node) : [node]
  return items.flatMap(item => writtenLine(item, flow) ?? [])
}

/** What the playbooks in the folder expected; where the configurations expected different things, each of its own cells. */
export function linesIn(folder: string): WrittenLine[] {
  const byConfiguration = [...testFolders(folder)].map(([configuration, folders]) => {
    return [configuration, folders[0] === undefined ? [] : expectIn(folders[0])] as const
  })
  const [first] = byConfiguration
  if (first === undefined) return []
  const isSame = byConfiguration.every(([, lines]) => lines.join('\n') === first[1].join('\n'))
  if (isSame) return first[1].map(text => ({ text }))
  const single = byConfiguration.flatMap(([configuration, lines]) =>
    lines
      .filter(text => !isOverall(text))
      .map(text => ({ text: text.replace(/^([^:]*):/, `$1 cell ${configuration}:`) })),
  )
  return [...single, ...first[1].filter(text => isOverall(text)).map(text => ({ text }))]
}

/** The run that the playbook in the folder compared with, as a path from where the playbook was. */
export function comparedToIn(folder: string): string | undefined {
  const [first] = [...testFolders(folder).values()].flat()
  const compared = first === undefined ? undefined : playbookIn(first)['compared_to']
  return typeof compared === 'string' ? compared : undefined
}

function expectIn(folder: string): readonly string[] {
  const { expect } = playbookIn(folder)
  return Array.isArray(expect) ? expect.map(String) : []
}

/** Empty when it cannot be read. */
function playbookIn(folder: string): { readonly expect?: unknown; readonly compared_to?: unknown } {
  try {
    return JSON.parse(readFileSync(join(folder, 'playbook.json'), 'utf8'))
  } catch {
    return {}
  }
}

/** Throws LockstepErrors with every line that cannot be read, or names figures that are different things of different flows. */
export function readCriteria(
  lines: readonly WrittenLine[],
  recorded: readonly RecordedFigures[],
  tools: readonly ToolDescription[],
): readonly Criterion[] {
  const flows = recorded.map(each => ({ flow: each.flow, figures: namedFigures(each, tools) }))
  const { criteria, problems } = readCriteriaLines(lines, flows)
  refuse(problems)
  return criteria
}

/** By what was recorded, and what the tool of the flow could have measured. */
const namedFigures = ({ tool, figures }: RecordedFigures, tools: readonly ToolDescription[]): NamedFigure[] => [
  ...tools.filter(({ name }) => name === tool).flatMap(figuresOfTool),
  ...[...figures].map(([name, figure]) => ({ name, ...figure })),
]
