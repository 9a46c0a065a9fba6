import type { Code } from '../errors/codes.ts'
import type { Place, Problem } from '../errors/error.ts'
import type { Remark } from '../source/tree.ts'

/** Where readers put what they find wrong (the run stops) or odd (it goes on). */
export interface Report {
  problem(code: Code, message: string, at?: Place, hint?: string): void
  warn(message: string): void
  readonly problems: readonly Problem[]
  readonly warnings: readonly string[]
}

export function newReport(): Report {
  const problems: Problem[] = []
  const warnings = new Set<string>()
  return {
    problem: (code, message, at, hint) => problems.push({ code, message, at, hint }),
    warn: message => warnings.add(message),
    problems,
    get warnings() {
      return [...warnings]
    },
  }
}

/** A warning with its place in front. */
export const remarkAt = ({ file, line, column }: Place, message: string) => `${file}:${line}:${column}: ${message}`

export const remarkText = ({ at, message, hint }: Remark) =>
  remarkAt(at, hint === undefined ? message : `${message} (${hint})`)

/** Adds everything of one report to another. */
export function passOn(from: Report, to: Report): void {
  for (const { code, message, at, hint } of from.problems) to.problem(code, message, at, hint)
  for (const warning of from.warnings) to.warn(warning)
}
