import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Place, type Problem, refuse } from '../errors/error.ts'
import { type Criterion, readCriterion, readSubject } from '../playbook/criteria.ts'
import { type FigureTable, figuresOfTool, figureTable } from '../playbook/known-figures.ts'
import type { ToolDescription } from '../playbook/tool-description.ts'
import { type RecordedFigures, testFolders } from '../report/recorded-figures.ts'
import { child, entriesOf, itemsOf, type SourceNode, textOf } from '../source/node.ts'
import { matchesGlob } from '../units/glob.ts'

/** A line as it was given, and where. */
export interface WrittenLine {
  readonly text: string
  readonly at?: Place | undefined
}

type Evaluate = (node: SourceNode) => SourceNode | undefined

/** `expect` of a playbook: its own lines, and those of its flows with the flow in front; or its `valid`. */
export function linesOf(document: SourceNode, key: 'expect' | 'valid', evaluate: Evaluate): WrittenLine[] {
  if (key === 'valid') return asLines(child(document, key), evaluate)
  const flows = entriesOf(child(document, 'flows'))
  return [
    ...asLines(child(document, 'expect'), evaluate),
    ...flows.flatMap(([flow, { value }]) =>
      asLines(child(value, 'expect'), evaluate).map(({ text, at }) => ({ text: `${flow}: ${text}`, at })),
    ),
  ]
}

/** YAML reads `- a: lost == 0` as a mapping of one key, which says the same as the text. */
function asLines(written: SourceNode | undefined, evaluate: Evaluate): WrittenLine[] {
  const node = written && evaluate(written)
  if (node === undefined) return []
  const items = node.kind === 'list' ? itemsOf(node) : [node]
  return items.flatMap(item => {
    const [pair] = entriesOf(item)
    const text = pair === undefined ? textOf(item) : `${pair[0]}: ${textOf(pair[1].value) ?? ''}`
    return text === undefined ? [] : [{ text, at: item.at }]
  })
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
  return byConfiguration.flatMap(([configuration, lines]) =>
    lines.map(text => ({ text: text.replace(/^([^:]*):/, `$1 cell ${configuration}:`) })),
  )
}

function expectIn(folder: string): readonly string[] {
  try {
    const { expect } = JSON.parse(readFileSync(join(folder, 'playbook.json'), 'utf8')) as { expect?: unknown }
    return Array.isArray(expect) ? expect.map(String) : []
  } catch {
    return []
  }
}

/** Throws LockstepErrors with every line that cannot be read, or names figures that are different things of different flows. */
export function readCriteria(
  lines: readonly WrittenLine[],
  recorded: readonly RecordedFigures[],
  tools: readonly ToolDescription[],
): Criterion[] {
  const all = knownFigures(recorded, tools).figures
  const problems: Problem[] = []
  const criteria = lines.flatMap(line => {
    const subject = readSubject(line.text, all)
    const meant = 'message' in subject ? [] : recorded.filter(({ flow }) => matchesGlob(flow, subject.flows))
    // A name that fits no flow is told of when it is judged.
    const { figures, twofold } = knownFigures(meant.length === 0 ? recorded : meant, tools)
    const read = readCriterion(line.text, figures)
    if ('message' in read) {
      problems.push(problemAt(line, read))
      return []
    }
    if (!twofold.has(read.figure)) return [read]
    const message = `'${read.figure}' is another thing of each of these flows`
    problems.push(problemAt(line, { message, hint: 'name the flow in front: FLOW: FIGURE …', offset: 0 }))
    return []
  })
  refuse(problems)
  return criteria
}

function problemAt({ text, at }: WrittenLine, fault: { message: string; hint?: string | undefined; offset: number }) {
  const message = at === undefined ? `'${text}': ${fault.message}` : fault.message
  const { hint } = fault
  return { code: 'PLAYBOOK_EXPECT', message, hint, at: at && { ...at, column: at.column + fault.offset } } as const
}

/** By what was recorded, and what the tools of the flows could have measured. */
function knownFigures(recorded: readonly RecordedFigures[], tools: readonly ToolDescription[]): FigureTable {
  return figureTable(
    recorded.flatMap(({ tool, figures }) => [
      ...tools.filter(({ name }) => name === tool).flatMap(figuresOfTool),
      ...[...figures].map(([name, figure]) => ({ name, ...figure })),
    ]),
  )
}
