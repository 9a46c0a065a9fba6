import type { Evaluator } from '../source/expressions.ts'
import type { Findings } from '../source/findings.ts'
import { type SourceNode, textOf } from '../source/node.ts'
import { readOption } from './options.ts'
import type { ReportKind } from './play.ts'

const attempts = {
  kind: 'count',
  end: 'both',
  min: 1n,
  max: 1000n,
  summary: 'How often the traffic is started at most. Example: 3.',
} as const

/** Started attempts at the traffic before the run is invalid. */
export function readAttempts(node: SourceNode | undefined, evaluate: Evaluator, findings: Findings): number {
  if (node === undefined || findings.within(node)) return 3
  return Number(readOption('attempts', attempts, evaluate.tree(node), findings) ?? 3)
}

/** What is printed at the end. */
export function readReport(node: SourceNode | undefined): ReportKind[] {
  const kinds = node?.kind === 'list' ? node.items.map(textOf) : [node === undefined ? 'summary' : textOf(node)]
  return [...new Set(kinds.filter(kind => kind === 'summary'))]
}
