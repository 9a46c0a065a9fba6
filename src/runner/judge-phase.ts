import type { Play } from '../playbook/play.ts'
import { decodeDat, encodeDat } from '../stats/dat-file.ts'
import type { Figure } from '../stats/figure.ts'
import { measure } from '../stats/figures.ts'
import { figuresInWords } from '../stats/figures-in-words.ts'
import { judge } from '../stats/judge.ts'
import { summaryOf } from '../stats/summary.ts'
import type { CollectedPair } from './collect.ts'
import { datOf } from './packet-logs.ts'
import type { RunRecord } from './record.ts'

/** Writes every packet log, computes the figures and holds them against what the playbook expects. */
export function judgePhase(play: Pick<Play, 'expect'>, collected: readonly CollectedPair[], record: RunRecord): void {
  const figures = new Map(collected.map(pair => [pair.open.pair.name, measureFlow(pair, record)] as const))
  for (const judgement of judge(play.expect, figures)) record.noteJudgement(judgement)
}

/** Undefined when there is nothing to measure: an endless test keeps no packets. */
function measureFlow(collected: CollectedPair, record: RunRecord): ReadonlyMap<string, Figure> | undefined {
  const { name } = collected.open.pair
  const dat = datOf(collected)
  if (dat === undefined) return undefined
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
