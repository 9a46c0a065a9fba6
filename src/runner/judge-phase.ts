import { LockstepError } from '../errors/error.ts'
import type { Play } from '../playbook/play.ts'
import { decodeDat, encodeDat } from '../stats/dat-file.ts'
import type { Figure } from '../stats/figure.ts'
import { measure } from '../stats/figures.ts'
import { figuresInWords } from '../stats/figures-in-words.ts'
import { judge } from '../stats/judge.ts'
import { summaryOf } from '../stats/summary.ts'
import { type CollectedPair, hasLog } from './collect.ts'
import { datOf, filesOf } from './packet-logs.ts'
import type { RunRecord } from './record.ts'

/** Writes every packet log, computes the figures and holds them against what the playbook expects. */
export function judgePhase(play: Pick<Play, 'expect'>, collected: readonly CollectedPair[], record: RunRecord): void {
  const figures = new Map(collected.map(pair => [pair.open.pair.name, measureFlow(pair, record)] as const))
  for (const judgement of judge(play.expect, figures)) record.noteJudgement(judgement)
}

function measureFlow(collected: CollectedPair, record: RunRecord): ReadonlyMap<string, Figure> | undefined {
  const { name } = collected.open.pair
  const dat = datOf(collected)
  const missing = noteMissing(collected, record)
  if (dat === undefined || missing.length > 0) {
    for (const { name: file, bytes } of filesOf(collected)) record.folder.write(`flows/${file}`, bytes)
    record.noteFlow(name, { missing, figures: {} })
    return undefined
  }
  const file = `flows/${name}.dat`
  const bytes = encodeDat(dat)
  record.folder.write(file, bytes)
  // What is judged is what was written, so that anybody can judge it again.
  const written = decodeDat(bytes, file)
  const { sent, received, figures } = measure(written)
  record.emit({ kind: 'collected', flow: name, file, sent, received })
  const inWords = figuresInWords(figures)
  record.noteFlow(name, { file, sent, received, figures: inWords })
  record.emit({ kind: 'flow_figures', flow: name, figures: inWords, summary: summaryOf(written).text })
  return figures
}

/** An end whose log could not be had makes the run invalid, whatever is expected of it. */
function noteMissing({ open, sender, receiver }: CollectedPair, record: RunRecord): string[] {
  const { pair } = open
  return (['sender', 'receiver'] as const).flatMap(end => {
    const log = end === 'sender' ? sender : receiver
    if (hasLog(log)) return []
    record.emit({ kind: 'not_collected', flow: pair.name, end, reason: log.missing })
    record.fail(
      new LockstepError(
        'STEP_COLLECT',
        `the log of ${end} ${pair.name} on ${pair[end].host} could not be read: ${log.missing}`,
      ),
    )
    return [`${end}: ${log.missing}`]
  })
}
