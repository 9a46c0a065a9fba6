import { LockstepError } from '../errors/error.ts'
import type { Expectation, Play } from '../playbook/play.ts'
import { type DatFile, datParts } from '../stats/dat-file.ts'
import type { ToolFigure } from '../stats/tool-figure.ts'
import { isEndless } from '../tools/isochron.ts'
import type { FigureKind } from '../units/figure-kind.ts'
import type { AttemptOutcome } from './attempt.ts'
import type { CollectedFlow } from './flow-outputs.ts'
import { datOf, logFile } from './packet-logs.ts'
import { allOf } from './patience.ts'
import type { RunRecord } from './record.ts'
import type { ExpectationResult } from './result.ts'

/** What is to be judged: packet logs as they are or will be in the run folder, so that anybody can judge the same again. */
export interface JudgeTask {
  /** The run folder. */
  readonly folder: string
  /** Every flow; without a file where it has no packet log. */
  readonly flows: readonly JudgedFlow[]
  readonly expect: readonly Expectation[]
  /** What has to hold for the figures to count. */
  readonly valid: readonly Expectation[]
  /** Statistics that are to be kept beside the usual ones: what nobody can compute again from a folder without packet logs. */
  readonly keep?: readonly string[]
  /** Whether the lines of isochron's own report are wanted. */
  readonly withSummary: boolean
}

export interface JudgedFlow {
  readonly name: string
  readonly file: string | undefined
  /** What stands in the file, when it is at hand. */
  readonly log?: DatFile | undefined
  /** Hosts whose clocks stamped its packets. */
  readonly ends?: { readonly from: string; readonly to: string }
  /** What its program measured itself: there is no packet log then. */
  readonly figures?: ReadonlyMap<string, ToolFigure>
}

export interface JudgedLogs {
  readonly flows: readonly MeasuredFlow[]
  readonly expectations: readonly ExpectationResult[]
  /** Likewise of `valid`. */
  readonly conditions: readonly ExpectationResult[]
}

export interface MeasuredFlow {
  readonly name: string
  /** Missing for a flow whose program measures itself, as are the counts. */
  readonly log?: { readonly file: string; readonly sent: number; readonly received: number }
  /** As result.json has them. */
  readonly figures: Readonly<Record<string, string>>
  /** Of the figures that do not come out of a packet log as isochron defines them. */
  readonly kinds?: Readonly<Record<string, FigureKind>>
  /** Empty when it was not wanted. */
  readonly summary: string
}

/** Reads and judges packet logs. A million packets take a second, so it must not be done where the leases are kept. */
export type JudgeLogs = (task: JudgeTask) => Promise<JudgedLogs>

/** Writes every packet log, meanwhile has the figures computed and held against what the playbook expects. */
export async function judgePhase(
  { expect, valid, report, overall }: Pick<Play, 'expect' | 'valid' | 'report'> & Partial<Pick<Play, 'overall'>>,
  { collected, outputs }: Pick<AttemptOutcome, 'collected' | 'outputs'>,
  record: RunRecord,
  judgeLogs: JudgeLogs,
): Promise<void> {
  const logs = collected.map((collectedPair): JudgedFlow => {
    const { name, sender, receiver, test } = collectedPair.open.pair
    if (isEndless(test)) tellEndless(name, record)
    const log = datOf(collectedPair)
    const file = log && logFile(name)
    return { name, file, log, ends: { from: sender.host, to: receiver.host } }
  })
  const written = [
    ...logs.flatMap(({ file, log }) => (file && log ? [record.folder.writeBeside(file, datParts(log))] : [])),
    ...outputs.map(output => writeOutputs(output, record)),
  ]
  const others = outputs.map(({ flow, reading }): JudgedFlow => {
    return { name: flow.name, file: undefined, figures: reading.figures }
  })
  const flows = [...logs, ...others]
  const withSummary = report.includes('summary')
  const keep = (overall?.lines ?? []).flatMap(({ statistic = [] }) => statistic)
  const judging = judgeLogs({ folder: record.folder.path, flows, expect, valid, keep, withSummary })
  await allOf<unknown>([judging, ...written])
  const judged = await judging
  for (const { name: flow, log, figures, kinds, summary } of judged.flows) {
    const described = { figures, ...(kinds === undefined ? {} : { kinds }) }
    if (log !== undefined) record.emit({ kind: 'collected', flow, ...log })
    record.noteFlow(flow, { ...log, ...described })
    record.emit({ kind: 'flow_figures', flow, ...described, summary })
  }
  for (const judgement of judged.expectations) record.noteJudgement(judgement)
  for (const { flow, expectation, outcome, value } of judged.conditions)
    if (outcome !== 'met')
      record.fail(new LockstepError('STEP_CONDITION', `${flow}: valid needs ${expectation}, got ${value}`))
}

const nothingMeasured = 'no packet log is kept of frames without a count, so nothing is measured'

function tellEndless(flow: string, { noteFlow, emit }: RunRecord): void {
  noteFlow(flow, { missing: [nothingMeasured] })
  emit({ kind: 'warning', message: `${flow}: ${nothingMeasured}` })
}

async function writeOutputs({ flow, files, start }: CollectedFlow, { folder, noteFlow, emit }: RunRecord) {
  const outputs = files.map(({ name }) => `flows/${name}`)
  await Promise.all(files.map(({ name, bytes }) => folder.writeBeside(`flows/${name}`, bytes)))
  const released = start.released === undefined ? {} : { released: String(start.released) }
  noteFlow(flow.name, { outputs, start: { due: String(start.due), ...released } })
  emit({ kind: 'outputs_collected', flow: flow.name, files: outputs })
}
