import type { KeyEntry } from '../playbook/reference.ts'
import { figureSummaries } from '../stats/figure-summaries.ts'
import { type IsochronFigure, isochronFigures } from '../stats/figures.ts'

/** The figures that a line of `expect` may name, as if they were keys of it: `expect.path-delay`. */
export const figureEntries = (): readonly KeyEntry[] =>
  (Object.keys(isochronFigures) as IsochronFigure[]).map(name => ({
    path: `expect.${name}`,
    meaning: figureSummaries[name],
    ...(isochronFigures[name] === 'count'
      ? { takes: 'a figure: one number, compared with a bare number', example: `${name} == 0` }
      : { takes: `a figure: a time with a statistic (${statistics})`, example: `${name}.mean < 10us` }),
    ...{ limits: undefined, byDefault: undefined, needed: false, sameAs: undefined },
    place: `figures of isochron#/${name}`,
  }))

const statistics = 'min, mean, max, stddev, p50, p99.9 and so on'
