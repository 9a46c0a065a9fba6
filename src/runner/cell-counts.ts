import { exit } from '../errors/codes.ts'
import type { Verdict } from './events.ts'
import type { ExpectationResult } from './result.ts'
import { type Cause, type Judged, judgeRun } from './verdict.ts'

/** A cell that is over, as far as the verdict of the experiment goes. */
export interface EndedCell {
  readonly cell: string
  readonly verdict: Verdict
  /** Why the verdict is not pass. */
  readonly reasons: readonly string[]
}

/** How many cells came to which verdict; warm-ups are not among them. */
export interface CellCounts extends Readonly<Record<Verdict, number>> {
  /** Those that were to be run and came to no verdict. */
  readonly missing: number
}

/** Reasons that are told of the whole; the rest is counted. */
const mostReasons = 20

export function countCells(wanted: number, ended: readonly Pick<EndedCell, 'verdict'>[]): CellCounts {
  const count = (verdict: Verdict) => ended.filter(each => each.verdict === verdict).length
  const counts = { pass: count('pass'), fail: count('fail'), invalid: count('invalid') }
  return { ...counts, missing: wanted - ended.length }
}

/** What happened beside the cells, and what of all of them together was expected. */
export interface Whole {
  readonly causes: readonly Cause[]
  readonly expectations: readonly ExpectationResult[]
}

/**
 * The verdict of the whole: what ended the experiment before its time decides, then cells that are invalid, then such that
 * failed, then what is expected of all together. What goes wrong after the last cell turns only a pass around.
 */
export function judgeCells({ causes, expectations }: Whole, wanted: number, ended: readonly EndedCell[]): Judged {
  const counts = countCells(wanted, ended)
  const whole = judgeRun(causes, expectations)
  if (counts.missing > 0 && whole.exitCode !== exit.ok) return whole
  const notPassed = ended.filter(({ verdict }) => verdict !== 'pass')
  if (notPassed.length === 0) return whole
  const verdict =
    counts.invalid > 0 || expectations.some(({ outcome }) => outcome === 'not measured') ? 'invalid' : 'fail'
  return { verdict, exitCode: exit[verdict], reasons: [...reasonsOf(notPassed), ...whole.reasons] }
}

function reasonsOf(cells: readonly EndedCell[]): string[] {
  const said = cells.slice(0, mostReasons).map(({ cell, verdict, reasons }) => {
    const [first, ...rest] = reasons
    return `${cell}: ${verdict}${first === undefined ? '' : `: ${first}`}${rest.length === 0 ? '' : `, and ${rest.length} more`}`
  })
  const more = cells.length - said.length
  return more === 0 ? said : [...said, `and ${more} more cells`]
}
