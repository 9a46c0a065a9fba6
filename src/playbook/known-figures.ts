import { type FigureKind, figureKinds, parseLimit } from '../units/figure-kind.ts'
import type { KnownFigure } from './criteria.ts'
import type { ToolDescription } from './tool-description.ts'

/** What lines over several flows may name, and names that are another thing of another flow. */
export interface FigureTable {
  readonly figures: ReadonlyMap<string, KnownFigure>
  readonly twofold: ReadonlySet<string>
}

export interface NamedFigure {
  readonly name: string
  readonly kind: FigureKind
  readonly hasStatistics: boolean
}

export function figureTable(all: Iterable<NamedFigure>): FigureTable {
  const figures = new Map<string, KnownFigure>()
  const kinds = new Map<string, FigureKind>()
  const twofold = new Set<string>()
  for (const { name, kind, hasStatistics } of all) {
    if (kinds.has(name) && kinds.get(name) !== kind) twofold.add(name)
    kinds.set(name, kind)
    figures.set(name, { hasStatistics, expects: figureKinds[kind].expects, parse: text => parseLimit(kind, text) })
  }
  return { figures, twofold }
}

/** What a tool can measure. */
export const figuresOfTool = ({ figures }: Pick<ToolDescription, 'figures'>): NamedFigure[] =>
  Object.entries(figures).map(([name, { kind, shape }]) => ({ name, kind, hasStatistics: shape === 'spread' }))
