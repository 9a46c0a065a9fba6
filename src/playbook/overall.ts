import type { Place } from '../errors/error.ts'
import type { Findings } from '../source/findings.ts'
import { entriesOf, type SourceNode, textOf } from '../source/node.ts'
import type { Criterion } from './criteria.ts'
import { readCriteriaLines, type WrittenLine } from './criteria-lines.ts'
import type { ExpectationGround } from './expectations.ts'
import { figuresOfTool } from './known-figures.ts'

/** Lines of `expect` that are judged when everything has been measured: over all cells, or beside another run. */
export interface Overall {
  readonly lines: readonly Criterion[]
  /** The folder of the run that lines with worse_by hold this one against; relative paths begin at the playbook. */
  readonly comparedTo: ComparedTo | undefined
}

export interface ComparedTo {
  readonly folder: string
  readonly at: Place
}

/** Whether a line means more than each flow of each test by itself. One that begins with the name of a flow does not. */
export function isOverall(text: string, flowNames: readonly string[] = []): boolean {
  const colon = text.indexOf(':')
  const scope = colon < 0 ? '' : text.slice(0, colon).trim()
  if (/\bworse_by\b/.test(text)) return true
  if (flowNames.includes(scope)) return false
  return /^(each|all|any)(\s|$)/.test(colon < 0 ? text.trim() : scope) || /(^|\s)(cells?|hosts?)\s+\S/.test(scope)
}

/** A line of `expect` in one piece; `flow` is the one whose own `expect` it is. Undefined for what is no line at all. */
export function writtenLine(node: SourceNode, flow?: string): WrittenLine | undefined {
  const [pair] = entriesOf(node)
  // YAML reads `- a: lost == 0` as a mapping of one key, which says the same as the text.
  const [scope, value] = pair === undefined ? [flow, node] : [pair[0], pair[1].value]
  const body = textOf(value)
  if (body === undefined) return undefined
  const head = scope === undefined ? '' : `${scope}: `
  const place = (offset: number): Place => {
    if (pair !== undefined && offset < head.length) return { ...pair[1].key, column: pair[1].key.column + offset }
    const begin = value.kind === 'scalar' ? value.textAt : undefined
    return begin === undefined ? value.at : { ...begin, column: begin.column + Math.max(0, offset - head.length) }
  }
  return { text: `${head}${body}`, place }
}

/** The nodes of `expect` that are judged test by test, and the lines that are not. */
export function partsOfExpect(
  node: SourceNode | undefined,
  flowNames: readonly string[],
  flow?: string,
): { readonly single: SourceNode | undefined; readonly overall: readonly WrittenLine[] } {
  if (node === undefined) return { single: undefined, overall: [] }
  const items = node.kind === 'list' ? node.items : [node]
  const overall: WrittenLine[] = []
  const single = items.filter(item => {
    const line = writtenLine(item, flow)
    const isOne = line !== undefined && isOverall(line.text, flowNames)
    if (isOne) overall.push(line)
    return !isOne
  })
  if (overall.length === 0) return { single: node, overall }
  return { single: { kind: 'list', items: single, at: node.at }, overall }
}

export function readOverall(
  lines: readonly WrittenLine[],
  comparedTo: ComparedTo | undefined,
  { flowNames, toolsOf }: ExpectationGround,
  findings: Findings,
): Overall {
  const flows = flowNames.map(flow => ({ flow, figures: toolsOf(flow).flatMap(figuresOfTool) }))
  const { criteria, problems } = readCriteriaLines(lines, flows)
  for (const problem of problems) findings.add(problem)
  const change = lines.find(({ text }) => /\bworse_by\b/.test(text))
  if (change !== undefined && comparedTo === undefined)
    findings.add({
      code: 'PLAYBOOK_EXPECT',
      message: 'worse_by needs a run to compare with',
      hint: 'as compared_to: runs/FOLDER beside expect',
      at: change.place?.(0),
    })
  return { lines: criteria, comparedTo }
}
