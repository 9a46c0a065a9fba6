import type { Place, Problem } from './error.ts'

/** Gives the text of a file named in a Place, or undefined when it cannot be had. */
export type ReadText = (file: string) => string | undefined

/** A finding as the author of the file wants to see it: place, message, code, the line with a caret, the hint. */
export function renderProblem(problem: Problem, readText: ReadText): string {
  const where = problem.at === undefined ? '' : `${problem.at.file}:${problem.at.line}:${problem.at.column}: `
  const lines = [`${where}${problem.message}  [${problem.code}]`, ...frame(problem.at, readText)]
  if (problem.hint !== undefined) lines.push(`      hint: ${problem.hint}`)
  return lines.join('\n')
}

function frame(at: Place | undefined, readText: ReadText): string[] {
  const line = at && readText(at.file)?.split(/\r?\n/)[at.line - 1]
  if (at === undefined || line === undefined) return []
  // A tab moves the caret as far as it moves the text, so keep tabs and blank the rest.
  const margin = line.slice(0, at.column - 1).replaceAll(/[^\t]/g, ' ')
  return [`${String(at.line).padStart(7)} | ${line}`, `${' '.repeat(7)} | ${margin}^`]
}
