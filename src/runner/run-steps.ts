import type { Play } from '../playbook/play.ts'
import { localSessions } from '../transport/local-sessions.ts'
import type { HostSession } from './host-session.ts'
import type { Masker } from './masker.ts'
import type { RunRecord } from './record.ts'
import type { RunDependencies } from './run.ts'
import type { StepGround } from './steps/ground.ts'
import { type RunKnown, runKnown } from './steps/known.ts'
import { numberedSteps, type PlaySteps } from './steps/numbered.ts'
import { walkAll, walkSteps } from './steps/walk.ts'

/** What a step of `after` may take in all once the user has pressed Ctrl-C. */
const hurryMs = 30_000

/** The steps of a run, each list at its place. */
export interface RunSteps {
  readonly known: RunKnown
  setup(signal: AbortSignal): Promise<void>
  /** What the flows want done before their receivers are started; within that phase. */
  before(signal: AbortSignal): Promise<void>
  /** Does nothing unless set-up has begun; otherwise everything, whatever became of the run. Failures go to the record. */
  after(): Promise<void>
  /** Ends what commands of the controller have left in the background. */
  end(): Promise<void>
}

export interface StepParts {
  readonly dependencies: RunDependencies
  readonly record: RunRecord
  readonly masker: Masker
  readonly sessions: ReadonlyMap<string, HostSession>
  /** What steps before these have learned; default nothing. */
  readonly knownBefore?: RunKnown
}

export function runSteps(play: Play, parts: StepParts): RunSteps {
  const { dependencies, record, masker, sessions, knownBefore } = parts
  const { forks, workFolder, playbookFolder, env, diff, interrupted } = dependencies
  const steps = numberedSteps(play)
  const names = play.hosts.map(({ name }) => name)
  const known = runKnown(names, record.failed, knownBefore)
  const asked = new Map<string, Promise<void>>()
  const askFacts = (host: string) => {
    const session = sessions.get(host)
    const asking =
      asked.get(host) ?? session?.askFacts().then(facts => known.setFacts(host, facts)) ?? Promise.resolve()
    asked.set(host, asking)
    return asking
  }
  const tooShort = { said: false }
  const here = localSessions()
  const groundOf = (signal: AbortSignal): StepGround => ({
    doors: new Map([...sessions].filter(([, { lost }]) => !lost.aborted)),
    known,
    askFacts,
    masker,
    folder: record.folder,
    emit: record.emit,
    signal,
    hurry: { signal: interrupted, ms: hurryMs },
    forks,
    workFolder,
    playbookFolder,
    env,
    sessions: here,
    diff,
    tooShort,
    note: record.noteStep,
  })
  // What flows want put back is theirs only once something was done for them.
  let begun: 'no' | 'set-up' | 'flows' = 'no'
  return {
    known,
    setup: async signal => {
      begun = 'set-up'
      if (steps.setup.length > 0) await record.inPhase('setup', () => walkSteps(steps.setup, groundOf(signal)))
    },
    before: async signal => {
      begun = 'flows'
      await walkSteps(steps.before, groundOf(signal))
    },
    after: async () => {
      const own = new Set(play.after)
      const due = steps.after.filter(({ step }) => begun === 'flows' || own.has(step))
      if (begun === 'no' || due.length === 0) return
      await record.inPhase('after', () => walkAll(due, groundOf(new AbortController().signal), record.fail))
    },
    end: async () => {
      const stopped = await here.end()
      if (stopped > 0) record.emit({ kind: 'cleanup_done', host: 'local', stopped, left: [] })
    },
  }
}

/** Hosts on which steps become other users. */
export function raisedBy({ setup, before, after }: PlaySteps): ReadonlySet<string> {
  const becoming = [...setup, ...before, ...after].filter(({ step }) => typeof step.become === 'string')
  return new Set(becoming.flatMap(({ step: { on } }) => (on === 'local' ? [] : on)))
}
