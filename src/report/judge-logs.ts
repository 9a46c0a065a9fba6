import { join } from 'node:path'
import type { JudgedLogs, JudgeTask, MeasuredFlow } from '../runner/judge-phase.ts'
import { measure } from '../stats/figures.ts'
import { figuresInWords, kindsOf, toolFiguresInWords } from '../stats/figures-in-words.ts'
import { type AnyFigure, judge } from '../stats/judge.ts'
import { summaryOf } from '../stats/summary.ts'
import type { ToolFigure } from '../stats/tool-figure.ts'
import { ietfFigures } from './ietf-figures.ts'
import { readDat } from './run-folder.ts'

/** Measures the packet logs of a run folder and holds them against expectations. */
export async function judgeLogs({ folder, flows, expect, valid, keep, withSummary }: JudgeTask): Promise<JudgedLogs> {
  const figures = new Map<string, ReadonlyMap<string, AnyFigure> | undefined>()
  const measured: MeasuredFlow[] = []
  for (const { name, file, log, ends, figures: said } of flows) {
    figures.set(name, said)
    if (said !== undefined)
      measured.push({ name, figures: toolFiguresInWords(said, keep), kinds: kindsOf(said), summary: '' })
    if (file === undefined) continue
    const dat = log ?? readDat(join(folder, file), file)
    const flow = measure(dat)
    const ietf = ends === undefined ? new Map<string, ToolFigure>() : ietfFigures(folder, dat, ends)
    figures.set(name, new Map<string, AnyFigure>([...flow.figures, ...ietf]))
    const inWords = { ...figuresInWords(flow.figures), ...toolFiguresInWords(ietf, keep) }
    const { sent, received } = flow
    const summary = withSummary ? summaryOf(dat, {}, flow).text : ''
    measured.push({ name, log: { file, sent, received }, figures: inWords, kinds: kindsOf(ietf), summary })
  }
  return { flows: measured, expectations: judge(expect, figures), conditions: judge(valid, figures) }
}
