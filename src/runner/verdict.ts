import { type ExitCode, exit, exitCodeOf } from '../errors/codes.ts'
import { type LockstepError, problemsOf } from '../errors/error.ts'
import type { Phase, Verdict } from './events.ts'
import type { ExpectationResult } from './result.ts'

/** Something that went wrong, and in which phase. */
export interface Cause {
  readonly error: LockstepError
  readonly phase: Phase | undefined
}

export interface Judged {
  /** Undefined when there was no test to judge: a host could not be used, or the user interrupted. */
  readonly verdict: Verdict | undefined
  readonly exitCode: ExitCode
  /** Why the exit code is not 0. */
  readonly reasons: readonly string[]
}

/** Phases after the verdict has fallen: what happens in them turns only a pass around. */
const afterwards: ReadonlySet<Phase | undefined> = new Set<Phase>(['after', 'report', 'cleanup'])

/** The first cause in time decides. */
export function judgeRun(causes: readonly Cause[], expectations: readonly ExpectationResult[]): Judged {
  const first = causes.find(({ phase }) => !afterwards.has(phase))
  const said = causes.flatMap(({ error }) => problemsOf(error).map(({ message }) => message))
  if (first !== undefined) {
    const exitCode = exitCodeIn(first)
    return { verdict: verdictOf(exitCode), exitCode, reasons: said }
  }
  const unmeasured = expectations.filter(({ outcome }) => outcome === 'not measured')
  if (unmeasured.length > 0) {
    return {
      verdict: 'invalid',
      exitCode: exit.invalid,
      reasons: unmeasured.map(each => `${each.flow}: ${each.expectation} was not measured: ${each.value}`),
    }
  }
  const unmet = expectations.filter(({ outcome }) => outcome === 'not met')
  if (unmet.length > 0) {
    return {
      verdict: 'fail',
      exitCode: exit.fail,
      reasons: unmet.map(each => `${each.flow}: ${each.expectation}, got ${each.value}`),
    }
  }
  const [late] = causes
  if (late === undefined) return { verdict: 'pass', exitCode: exit.ok, reasons: [] }
  // Whoever interrupts the cleanup does not doubt the figures.
  const doubt = causes.find(cause => !isInterrupt(cause))
  const verdict = doubt === undefined ? 'pass' : verdictOf(exitCodeIn(doubt))
  return { verdict, exitCode: exitCodeIn(late), reasons: said }
}

/** Of a run that something went wrong with. An assert of the playbook is a judgement like any other. */
const verdictOf = (exitCode: ExitCode): Verdict | undefined =>
  exitCode === exit.invalid ? 'invalid' : exitCode === exit.fail ? 'fail' : undefined

const isInterrupt = ({ error }: Cause) => exitCodeOf(error.code) === exit.interrupted

/** Before set-up began a failure means that a host cannot be used, or is busy; afterwards it makes the run invalid. */
function exitCodeIn({ error, phase }: Cause): ExitCode {
  const code = exitCodeOf(error.code)
  if (code === exit.interrupted || code === exit.fail) return code
  if (phase === 'reserve') return code
  if (phase !== 'connect') return exit.invalid
  return code === exit.invalid ? exit.host : code
}
