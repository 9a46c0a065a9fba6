import type { OverallJudged, OverallTask } from '../runner/overall-phase.ts'
import { judgeCells, withValidity } from '../stats/judge-cells.ts'
import { worseOf } from '../stats/worse.ts'
import { readExperiment } from './experiment-folder.ts'
import { recordedFigures } from './recorded-figures.ts'

/** Holds the figures in a run folder against lines over all cells, flows and hosts, and against those of another run. */
export async function judgeOverall({ folder, criteria, conditions, comparedTo }: OverallTask): Promise<OverallJudged> {
  const wanted = [...criteria, ...conditions].map(({ figure, statistic }) => ({ figure, statistic }))
  const run = readExperiment(folder, wanted)
  const before = comparedTo === undefined ? undefined : readExperiment(comparedTo, wanted)
  const kinds = new Map(
    recordedFigures(folder).flatMap(({ figures }) => [...figures].map(([name, { kind }]) => [name, kind] as const)),
  )
  const settings = { worse: (figure: string) => worseOf(figure, kinds.get(figure)) }
  const baseline = before && { baseline: withValidity(conditions, before.readings, settings) }
  const readings = withValidity(conditions, run.readings, settings)
  return {
    verdicts: judgeCells(criteria, readings, { ...settings, ...baseline }),
    unfinished: run.unfinished,
    damage: [...run.damage, ...(before?.damage ?? [])],
  }
}
