import { type ExitCode, exit, exitCodeOf } from '../../errors/codes.ts'
import { LockstepError, problemsOf } from '../../errors/error.ts'
import type { Play, PlayHost } from '../../playbook/play.ts'
import type { Transport } from '../../transport/transport.ts'
import { captureProblems } from '../capture-check.ts'
import { hostProblems, hostSummary, listOthers } from '../connect-phase.ts'
import { chooseTools } from '../flow-tools.ts'
import { maskerFor } from '../masker.ts'
import { isTest } from '../phases-of.ts'
import { planSections } from '../plan.ts'
import { raisedBy } from '../run-steps.ts'
import { type NumberedStep, numberedSteps } from '../steps/numbered.ts'
import type { CheckEvent } from './events.ts'
import { checkKnown } from './known.ts'
import { type CheckedHost, openHosts } from './open.ts'
import { previewStep } from './preview.ts'

export interface CheckDependencies {
  readonly transport: Transport
  readonly onEvent: (event: CheckEvent) => void
  /** Aborted when the user wants to stop. */
  readonly interrupted: AbortSignal
  /** Hosts at a time that are asked about a step; that are connecting. */
  readonly forks: number
  readonly connectAtOnce: number
  /** Where paths of the controller begin, as the user named them. */
  readonly workFolder: string
  /** Whether to show how files would differ. */
  readonly diff: boolean
}

/**
 * Says what a run would do, as far as that can be told without doing anything: it connects, asks, and hangs up. Gives the
 * exit code of the first thing that a run would stumble over. Throws USER_INTERRUPT.
 */
export async function checkPlay(play: Play, dependencies: CheckDependencies): Promise<ExitCode> {
  const masker = maskerFor(play)
  const emit = (event: CheckEvent) => dependencies.onEvent(masker.value(event))
  const found: LockstepError[] = []
  const fail = (error: LockstepError, host?: string) => {
    found.push(error)
    // A finding may be a thrown error, whose message JSON would leave out.
    for (const { code, message, hint, at } of problemsOf(error))
      emit({ kind: 'problem', ...(host === undefined ? {} : { host }), problem: { code, message, hint, at } })
  }
  const hosts = new Map<string, CheckedHost>()
  emit({ kind: 'check_started', name: play.name, hosts: play.hosts.map(({ name }) => name) })
  const steps = numberedSteps(play)
  try {
    await openHosts(play.hosts, { ...dependencies, raised: raisedBy(steps), emit, fail }, hosts)
    if (hosts.size === play.hosts.length) await tellAll()
  } catch (error) {
    if (dependencies.interrupted.aborted) throw new LockstepError('USER_INTERRUPT', 'interrupted')
    if (!(error instanceof LockstepError)) throw error
    fail(error)
  } finally {
    await Promise.all([...hosts.values()].map(({ door }) => door.close()))
  }
  const exitCode = found[0] === undefined ? exit.ok : exitCodeOf(found[0].code)
  emit({ kind: 'check_ended', exitCode })
  return exitCode

  async function tellAll(): Promise<void> {
    const known = checkKnown(play.hosts.map(({ name }) => name))
    // They came as they were ready; they are told as they were declared.
    const inOrder = play.hosts.flatMap(host => {
      const checked = hosts.get(host.name)
      return checked === undefined ? [] : [{ host, checked }]
    })
    for (const { checked } of inOrder) {
      known.setFacts(checked.name, checked.facts)
      if (checked.claimant !== undefined) found.push(tellClaim(checked.name, checked.claimant, emit))
    }
    if (isTest(play)) {
      for (const problem of chooseTools(play, hosts).problems) tellProblem(play, problem, emit, fail)
      const captures = await Promise.all(
        inOrder.map(({ checked }) =>
          captureProblems(play, checked, argv => checked.door.ask(argv, { signal: dependencies.interrupted })),
        ),
      )
      for (const [i, { host, checked }] of inOrder.entries()) {
        const problems = [...hostProblems(play, host, checked), ...(captures[i] ?? [])]
        tellHost(play, host, checked, { problems, emit, fail })
      }
    }
    const ground = { ...dependencies, hosts, known, masker, fail, changesBefore: play.setup.length > 0 }
    const preview = async (each: readonly NumberedStep[]) => {
      for (const numbered of each) emit(await previewStep(numbered, ground))
    }
    const planned = new Map(planSections(withoutSteps(play)))
    const tell = (...phases: readonly CheckPhase[]) => {
      for (const phase of phases) {
        const lines = planned.get(phase)
        if (lines !== undefined) emit({ kind: 'phase_planned', phase, lines })
      }
    }
    await preview(steps.setup)
    tell('sync')
    await preview(steps.before)
    tell('receivers', 'gate', 'traffic', 'collect', 'judge')
    await preview(steps.after)
  }
}

type CheckPhase = 'sync' | 'receivers' | 'gate' | 'traffic' | 'collect' | 'judge'

const withoutSteps = (play: Play): Play => ({
  ...play,
  setup: [],
  after: [],
  flows: play.flows.map(flow => ({ ...flow, before: [], after: [] })),
})

/** It may be over when the run begins, so it is a warning. */
function tellClaim(host: string, claimant: string, emit: (event: CheckEvent) => void): LockstepError {
  const by = claimant === '' ? '' : `: ${claimant}`
  emit({ kind: 'warning', host, message: `another run holds this host${by}`, hint: 'a run would be refused now' })
  return new LockstepError('BOOK_HOST_BUSY', `${host} is busy${by}`)
}

/** What a set-up is to bring need not be there before it. */
function tellProblem(
  { setup }: Play,
  problem: LockstepError,
  emit: (event: CheckEvent) => void,
  fail: (error: LockstepError) => void,
): void {
  if (setup.length === 0) fail(problem)
  else emit({ kind: 'warning', message: `${problem.message}, so far`, hint: 'a run looks after the set-up' })
}

interface TellGround {
  readonly problems: readonly LockstepError[]
  readonly emit: (event: CheckEvent) => void
  readonly fail: (error: LockstepError) => void
}

/** What keeps the clocks, the traffic or a capture from this host. */
function tellHost(play: Play, host: PlayHost, checked: CheckedHost, { problems, emit, fail }: TellGround): void {
  for (const problem of problems) tellProblem(play, problem, emit, fail)
  if (problems.length > 0) return
  listOthers(checked, emit)
  emit({ kind: 'host_ready', host: host.name, summary: hostSummary(checked) })
}
