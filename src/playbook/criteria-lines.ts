import type { Place, Problem } from '../errors/error.ts'
import { matchesGlob } from '../units/glob.ts'
import { type Criterion, readCriterion, readSubject } from './criteria.ts'
import { type FigureTable, figureTable, type NamedFigure } from './known-figures.ts'

/** A line over cells, flows and hosts as it was given. */
export interface WrittenLine {
  readonly text: string
  /** Where the character at this offset stands; undefined where the line stands in no file. */
  readonly place?: ((offset: number) => Place) | undefined
}

/** A flow, and what can be or was measured of it. */
export interface FlowFigures {
  readonly flow: string
  readonly figures: readonly NamedFigure[]
}

/** The lines that can be judged, and a problem for each of the others. */
export function readCriteriaLines(
  lines: readonly WrittenLine[],
  flows: readonly FlowFigures[],
): { readonly criteria: readonly Criterion[]; readonly problems: readonly Problem[] } {
  const all = tableOf(flows)
  const problems: Problem[] = []
  const criteria = lines.flatMap(line => {
    const subject = readSubject(line.text, all.figures)
    const meant = 'message' in subject ? [] : flows.filter(({ flow }) => matchesGlob(flow, subject.flows))
    // A name that fits no flow is told of when it is judged.
    const { figures, twofold } = meant.length === 0 ? all : tableOf(meant)
    const read = readCriterion(line.text, figures)
    if ('message' in read) {
      problems.push(problemAt(line, read))
      return []
    }
    if (!twofold.has(read.figure)) return [read]
    const message = `'${read.figure}' is another thing of each of these flows`
    problems.push(problemAt(line, { message, hint: 'name the flow in front: FLOW: FIGURE …', offset: 0 }))
    return []
  })
  return { criteria, problems }
}

const tableOf = (flows: readonly FlowFigures[]): FigureTable => figureTable(flows.flatMap(({ figures }) => figures))

function problemAt(
  { text, place }: WrittenLine,
  fault: { message: string; hint?: string | undefined; offset: number },
): Problem {
  const message = place === undefined ? `'${text}': ${fault.message}` : fault.message
  return { code: 'PLAYBOOK_EXPECT', message, hint: fault.hint, at: place?.(fault.offset) }
}
