import { randomBytes } from 'node:crypto'
import { type ExitCode, exit } from '../errors/codes.ts'
import { LockstepError, problemsOf } from '../errors/error.ts'
import { type ClockSample, nowOf } from './clock-sample.ts'
import type { CollectedPair } from './collect.ts'
import type { KeptReading, RunContext } from './context.ts'
import type { Emit, FlowOutline, Happening, Phase, RunEvent, Verdict } from './events.ts'
import type { CollectedFlow } from './flow-outputs.ts'
import type { Masker } from './masker.ts'
import type { AttemptRecord } from './orchestrate.ts'
import { filesOf } from './packet-logs.ts'
import type { CaptureResult, ExpectationResult, FlowResult, RunResult } from './result.ts'
import { maskedFolder, type RunFolder } from './run-folder.ts'
import type { StepResult } from './steps/ground.ts'
import { type Cause, type Judged, judgeRun } from './verdict.ts'

/** What a run is about: a play, or an orchestration file. */
export interface Subject {
  readonly name: string
  /** Path as the user gave it. */
  readonly file: string
  readonly hosts: readonly string[]
  readonly clocks?: RunResult['clocks']
  readonly flows: readonly FlowOutline[]
  /** The file as resolved: plain JSON values. */
  readonly resolved: unknown
  /** The phases that have something to do. */
  readonly phases: readonly Phase[]
}

export interface RunOutcome {
  readonly verdict: Verdict | undefined
  readonly exitCode: ExitCode
  readonly reasons: readonly string[]
  readonly folder: string
}

/** Everything that is remembered of a run, in its folder and for its verdict. */
export interface RunRecord {
  readonly id: string
  readonly started: Date
  readonly folder: RunFolder
  readonly emit: Emit
  readonly inPhase: <T>(phase: Phase, body: () => Promise<T>) => Promise<T>
  readonly keepReading: (reading: KeptReading) => void
  /** What the parts of a run work with; `signal` is aborted when the run must stop. */
  readonly contextOf: (signal: AbortSignal) => RunContext
  /** How many attempts were made so far. */
  readonly attempts: () => number
  /** In which phase and attempt the run is, for readings that come by themselves; undefined when the traffic is over. */
  readonly moment: () => Pick<KeptReading, 'phase' | 'attempt'> | undefined
  readonly noteAttempt: (attempt: AttemptRecord) => void
  readonly keepVoid: (attempt: number, collected: readonly CollectedPair[], outputs?: readonly CollectedFlow[]) => void
  readonly noteFlow: (name: string, flow: Partial<Omit<FlowResult, 'name' | 'from' | 'to'>>) => void
  readonly noteCapture: (capture: CaptureResult) => void
  readonly noteStep: (step: StepResult) => void
  readonly noteJudgement: (judgement: ExpectationResult) => void
  /**
   * What went wrong, said once; the first cause decides the exit code. An error that is not ours is a bug and is thrown
   * again.
   */
  readonly fail: (error: unknown) => void
  /** Whether the run is no pass any more. */
  readonly failed: () => boolean
  /** Writes result.json as things stand, and says the verdict so far. */
  readonly save: () => RecordJudged
  /** The last word: writes result.json again, since cleaning up may have failed. */
  readonly end: () => RunOutcome
}

/** Readings that come by themselves in these phases belong to no attempt. */
const afterTraffic: ReadonlySet<Phase> = new Set(['collect', 'judge', 'after', 'report', 'cleanup'])

export interface RecordOptions {
  readonly version: string
  readonly plan: string
  readonly onEvent: (event: RunEvent) => void
  readonly masker: Masker
  /** How the whole is judged; default: by what went wrong and what was expected. */
  readonly judge?: (causes: readonly Cause[], expectations: readonly ExpectationResult[]) => RecordJudged
}

/** The verdict, with what else of it is kept in result.json. */
export type RecordJudged = Judged & Pick<RunResult, 'cells'>

export function runRecord(subject: Subject, bare: RunFolder, options: RecordOptions): RunRecord {
  const { version, plan, onEvent, masker, judge = judgeRun } = options
  const folder = maskedFolder(bare, masker)
  const started = new Date()
  const startedAt = performance.now()
  const attempts: AttemptRecord[] = []
  const flows = new Map<string, FlowResult>(subject.flows.map(flow => [flow.name, { ...flow, figures: {} }]))
  const expectations: ExpectationResult[] = []
  const captures: CaptureResult[] = []
  const steps: StepResult[] = []
  const causes: Cause[] = []
  let phase: Phase | undefined
  let clock: ClockSample | undefined

  const stamp = () => ({ at: new Date().toISOString(), ...(clock === undefined ? {} : { tai: nowOf(clock) }) })
  const emit = (happening: Happening) => {
    const event: RunEvent = { ...stamp(), ...masker.value(happening) }
    folder.line('events.ndjson', event)
    onEvent(event)
  }

  folder.writeJson('playbook.json', subject.resolved)
  folder.write('plan.txt', plan)
  emit({
    kind: 'run_started',
    name: subject.name,
    folder: folder.path,
    hosts: subject.hosts,
    flows: [...flows.values()].map(({ name, from, to, tool }) => ({ name, from, to, tool })),
    phases: subject.phases,
  })

  const save = () => {
    const judged = judge(causes, expectations)
    const result: RunResult = {
      lockstep: version,
      name: subject.name,
      playbook: subject.file,
      ...withoutNothing(judged),
      started: started.toISOString(),
      ended: new Date().toISOString(),
      hosts: subject.hosts,
      ...(subject.clocks === undefined ? {} : { clocks: subject.clocks }),
      steps,
      attempts,
      flows: [...flows.values()],
      expectations,
      ...(captures.length === 0 ? {} : { captures }),
    }
    folder.writeJson('result.json', result)
    return judged
  }

  const noteClock = (sample: ClockSample) => {
    clock = sample
  }
  const keepReading = (reading: KeptReading) => folder.line('sync.ndjson', { ...stamp(), ...reading })

  return {
    id: randomBytes(8).toString('hex'),
    started,
    folder,
    emit,
    inPhase: async (name, body) => {
      const enteredAt = performance.now()
      phase = name
      emit({ kind: 'phase_started', phase: name })
      let failed = true
      try {
        const result = await body()
        failed = false
        return result
      } finally {
        emit({ kind: 'phase_ended', phase: name, tookMs: Math.round(performance.now() - enteredAt), failed })
      }
    },
    contextOf: signal => ({ emit, noteClock, keepReading, signal }),
    keepReading,
    moment: () => {
      if (phase !== undefined && afterTraffic.has(phase)) return undefined
      return { phase: phase === 'traffic' ? 'traffic' : 'gate', attempt: attempts.length + 1 }
    },
    attempts: () => attempts.length,
    noteAttempt: attempt => attempts.push(attempt),
    keepVoid: (attempt, collected, outputs = []) => {
      for (const { name, bytes } of [...collected.flatMap(filesOf), ...outputs.flatMap(({ files }) => files)])
        folder.write(`attempts/${attempt}/${name}`, bytes)
    },
    noteFlow: (name, flow) => {
      const known = flows.get(name)
      if (known !== undefined) flows.set(name, { ...known, ...flow })
    },
    noteCapture: capture => captures.push(capture),
    noteStep: step => steps.push(step),
    noteJudgement: judgement => {
      expectations.push(judgement)
      emit({ kind: 'judged', ...judgement })
    },
    fail: error => {
      if (!(error instanceof LockstepError)) throw error
      if (causes.some(cause => cause.error === error)) return
      causes.push({ error, phase })
      for (const problem of problemsOf(error)) {
        const { code, message, hint, at } = problem
        emit({ kind: 'problem', problem: { code, message, hint, at } })
      }
    },
    failed: () => judge(causes, expectations).exitCode !== exit.ok,
    save,
    end: () => {
      folder.flush()
      const { verdict, exitCode, reasons } = save()
      const tookMs = Math.round(performance.now() - startedAt)
      emit({ kind: 'run_ended', verdict, exitCode, reasons, folder: folder.path, tookMs })
      return { verdict, exitCode, reasons, folder: folder.path }
    },
  }
}

/** What there is no verdict on has none in result.json either. */
const withoutNothing = ({ verdict, ...rest }: RecordJudged) => ({
  ...(verdict === undefined ? {} : { verdict }),
  ...rest,
})
