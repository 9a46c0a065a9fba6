import type { Expectation, Play } from '../playbook/play.ts'
import { encodeDat } from '../stats/dat-file.ts'
import type { CollectedPair } from './collect.ts'
import { datOf } from './packet-logs.ts'
import type { RunRecord } from './record.ts'
import type { ExpectationResult } from './result.ts'

/** What is to be judged: packet logs that are written already, so that what is judged is what anybody can judge again. */
export interface JudgeTask {
  /** The run folder. */
  readonly folder: string
  /** Every flow; without a file where it has no packet log. */
  readonly flows: readonly { readonly name: string; readonly file: string | undefined }[]
  readonly expect: readonly Expectation[]
  /** Whether the lines of isochron's own report are wanted. */
  readonly withSummary: boolean
}

export interface JudgedLogs {
  readonly flows: readonly MeasuredFlow[]
  readonly expectations: readonly ExpectationResult[]
}

export interface MeasuredFlow {
  readonly name: string
  readonly file: string
  readonly sent: number
  readonly received: number
  /** As result.json has them. */
  readonly figures: Readonly<Record<string, string>>
  /** Empty when it was not wanted. */
  readonly summary: string
}

/** Reads and judges packet logs. A million packets take a second, so it must not be done where the leases are kept. */
export type JudgeLogs = (task: JudgeTask) => Promise<JudgedLogs>

/** Writes every packet log, has the figures computed and held against what the playbook expects. */
export async function judgePhase(
  { expect, report }: Pick<Play, 'expect' | 'report'>,
  collected: readonly CollectedPair[],
  record: RunRecord,
  judgeLogs: JudgeLogs,
): Promise<void> {
  const flows = collected.map(pair => ({ name: pair.open.pair.name, file: writeLog(pair, record) }))
  const withSummary = report.includes('summary')
  const judged = await judgeLogs({ folder: record.folder.path, flows, expect, withSummary })
  for (const { name: flow, file, sent, received, figures, summary } of judged.flows) {
    record.emit({ kind: 'collected', flow, file, sent, received })
    record.noteFlow(flow, { file, sent, received, figures })
    record.emit({ kind: 'flow_figures', flow, figures, summary })
  }
  for (const judgement of judged.expectations) record.noteJudgement(judgement)
}

/** Undefined when there is nothing to keep: an endless test has no packet log. */
function writeLog(pair: CollectedPair, { folder }: RunRecord): string | undefined {
  const dat = datOf(pair)
  if (dat === undefined) return undefined
  const file = `flows/${pair.open.pair.name}.dat`
  folder.write(file, encodeDat(dat))
  return file
}
