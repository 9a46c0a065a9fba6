import { setImmediate as nextTurn } from 'node:timers/promises'
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
export async function judgePhase(
  { expect, report }: Pick<Play, 'expect' | 'report'>,
  collected: readonly CollectedPair[],
  record: RunRecord,
): Promise<void> {
  const figures = new Map<string, ReadonlyMap<string, Figure> | undefined>()
  for (const pair of collected) {
    figures.set(pair.open.pair.name, measureFlow(pair, report.includes('summary'), record))
    // A million packets take about a second; the hosts' leases want a beat in between.
    await nextTurn()
  }
  for (const judgement of judge(expect, figures)) record.noteJudgement(judgement)
}

/** Undefined when there is nothing to measure: an endless test keeps no packets. */
function measureFlow(
  collected: CollectedPair,
  withSummary: boolean,
  record: RunRecord,
): ReadonlyMap<string, Figure> | undefined {
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
  record.emit({
    kind: 'flow_figures',
    flow: name,
    figures: inWords,
    summary: withSummary ? summaryOf(written).text : '',
  })
  return figures
}
