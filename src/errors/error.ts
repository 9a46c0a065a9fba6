import type { Code } from './codes.ts'

/** A place in a file: line and column count from 1. */
export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** One finding: what was expected and what came, where, and what to do about it. */
export interface Problem {
  readonly code: Code
  /** Starts small, no full stop. */
  readonly message: string
  readonly hint?: string | undefined
  readonly at?: Place | undefined
}

/** The one error class: callers branch on `code`, people read `message`, `hint` and `at`. */
export class LockstepError extends Error {
  readonly code: Code
  readonly hint: string | undefined
  readonly at: Place | undefined

  constructor(
    code: Code,
    message: string,
    more: { hint?: string | undefined; at?: Place | undefined; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause })
    this.name = 'LockstepError'
    this.code = code
    this.hint = more.hint
    this.at = more.at
  }
}

/** Several findings at once: every problem of a file, every failed host of a step. The first one names the whole. */
export class LockstepErrors extends LockstepError {
  readonly problems: readonly Problem[]

  constructor(problems: readonly [Problem, ...Problem[]]) {
    super(problems[0].code, problems[0].message, { hint: problems[0].hint, at: problems[0].at })
    this.problems = problems
  }
}

/** Throws when there is anything to report. */
export function refuse(problems: readonly Problem[]): void {
  const [first, ...rest] = problems
  if (first !== undefined) throw new LockstepErrors([first, ...rest])
}

/** The findings inside any thrown value; one that is not ours is a single finding without a place. */
export const problemsOf = (error: LockstepError): readonly Problem[] =>
  error instanceof LockstepErrors ? error.problems : [error]

/** The finding with a place: its own, else this one. */
export const placed = ({ code, message, hint, at }: Problem, otherwise: Place): Problem => ({
  ...{ code, message, hint },
  at: at ?? otherwise,
})

/** Several failures as one error that lists the findings of all; the first one names the whole. */
export function together(first: LockstepError, rest: readonly LockstepError[]): LockstepError {
  if (rest.length === 0) return first
  return new LockstepErrors([first, ...[...problemsOf(first).slice(1), ...rest.flatMap(problemsOf)]])
}
