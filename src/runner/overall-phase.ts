import type { Criterion } from '../playbook/criteria.ts'
import type { Play } from '../playbook/play.ts'
import type { CellVerdict } from '../stats/judge-cells.ts'
import type { RunRecord } from './record.ts'

/** Lines over everything that a run folder holds. */
export interface OverallTask {
  /** The run folder of a test, or of an experiment. */
  readonly folder: string
  readonly criteria: readonly Criterion[]
  /** Conditions that cells have to meet beside those of their own runs, to count. */
  readonly conditions: readonly Criterion[]
  /** The run folder that lines with worse_by hold it against. */
  readonly comparedTo: string | undefined
}

export interface OverallJudged {
  readonly verdicts: readonly CellVerdict[]
  /** Cells that were begun and came to no verdict. */
  readonly unfinished: readonly string[]
  /** What of either folder cannot be read. */
  readonly damage: readonly string[]
}

/** Judges by the folders alone, so that anybody can do it again. */
export type JudgeOverall = (task: OverallTask) => Promise<OverallJudged>

/** Judges what is expected of everything together, once all of it has been measured. */
export async function overallPhase(
  { overall: { lines, comparedTo } }: Pick<Play, 'overall'>,
  record: RunRecord,
  judge: JudgeOverall,
): Promise<void> {
  if (lines.length === 0 || record.folder.failed.aborted) return
  await record.inPhase('judge', async () => {
    record.save()
    const task = { folder: record.folder.path, criteria: lines, conditions: [], comparedTo: comparedTo?.folder }
    const { verdicts, damage } = await judge(task)
    for (const message of damage) record.emit({ kind: 'warning', message })
    for (const { expectation, outcome, cell, flow, value } of verdicts)
      record.noteJudgement({
        expectation,
        outcome,
        value,
        flow: /^(run(@1)?|\*)$/.test(cell) ? flow : `${flow} in ${cell}`,
      })
  })
}
