import type { FigureKind } from '../units/figure-kind.ts'
import type { Worse } from './compare.ts'

/** Figures of which less is worse beside rates: what arrived, and the time that was left. */
const lowerIsWorse: ReadonlySet<string> = new Set(['received', 'sent', 'latency-budget'])

/** In which direction a figure gets worse: a rate when it is lower, a delay or a loss when it is higher. */
export const worseOf = (figure: string, kind: FigureKind | undefined): Worse =>
  kind === 'rate' || lowerIsWorse.has(figure) ? 'lower' : 'higher'
