import { LockstepError } from '../../errors/error.ts'
import { deadline } from '../../transport/deadline.ts'
import { Slots } from '../../transport/slots.ts'
import { type StepAtHost, type StepOutcome, stepOutcomes } from '../events.ts'
import { allOf, anySignal } from '../patience.ts'
import { signalAt, stepAtHost, type Tell } from './at-host.ts'
import type { StepGround } from './ground.ts'
import type { NumberedStep } from './numbered.ts'

/**
 * One step after the other, each at all of its hosts at once; the first one that fails at a host is the last. So is the one
 * during which a host is lost, whether it had anything to do or not.
 */
export async function walkSteps(steps: readonly NumberedStep[], ground: StepGround): Promise<void> {
  for (const numbered of steps) {
    ground.signal.throwIfAborted()
    for (const lost of lossesOf(ground)) lost.throwIfAborted()
    await oneStep(numbered, ground, failed => anySignal(failed, ...lossesOf(ground)))
  }
}

const lossesOf = ({ doors }: StepGround) => [...doors.values()].map(({ lost }) => lost)

/**
 * Every step at every host, whatever became of those before it and of other hosts: they put things back. `failed` hears of
 * each failure. A host that is lost meanwhile has failed once, and is not asked again.
 */
export async function walkAll(
  steps: readonly NumberedStep[],
  ground: StepGround,
  failed: (error: unknown) => void,
): Promise<void> {
  for (const numbered of steps) {
    const doors = new Map([...ground.doors].filter(([, { lost }]) => !lost.aborted))
    try {
      await oneStep(numbered, { ...ground, doors }, () => new AbortController().signal)
    } catch (error) {
      failed(error)
    }
  }
}

/** What halts a step at hosts where it goes well, given the signal that is aborted when one of them fails. */
type Halting = (failed: AbortSignal) => AbortSignal

async function oneStep(numbered: NumberedStep, ground: StepGround, halting: Halting): Promise<void> {
  const { step, number, phase, folder } = numbered
  const hosts = hostsOf(numbered, ground)
  const startedAt = performance.now()
  const outcomes: StepAtHost[] = []
  const told: Tell = (outcome, left = 0) => {
    outcomes.push(outcome)
    ground.emit({ kind: 'step_host', step: number, ...outcome, ...(left === 0 ? {} : { left }) })
  }
  ground.emit({ kind: 'step_started', step: number, name: step.name, hosts: hosts.map(host => host ?? 'local') })
  try {
    await atAll(numbered, hosts, ground, halting, told)
  } finally {
    const tookMs = Math.round(performance.now() - startedAt)
    ground.emit({ kind: 'step_ended', step: number, name: step.name, tookMs, counts: countsOf(outcomes) })
    ground.note({ step: number, name: step.name, phase, folder, tookMs, hosts: outcomes })
  }
}

/** Hosts that are still there; the controller is undefined. */
function hostsOf({ step }: NumberedStep, { doors }: StepGround): readonly (string | undefined)[] {
  if (step.on === 'local') return [undefined]
  const there = step.on.filter(host => doors.has(host))
  return step.once ? there.slice(0, 1) : there
}

async function atAll(
  numbered: NumberedStep,
  hosts: readonly (string | undefined)[],
  ground: StepGround,
  halting: Halting,
  told: Tell,
): Promise<void> {
  const slots = new Slots(ground.forks)
  const forAll = numbered.step.on === 'local' || numbered.step.once
  const limit = hurried(numbered, ground)
  const failed = new AbortController()
  const halted = halting(failed.signal)
  try {
    await allOf(
      hosts.map(async host => {
        const signal = anySignal(signalAt(host, ground), limit.signal)
        const release = await slots.take(signal).catch((error: unknown) => {
          const reason = error instanceof Error ? error.message : String(error)
          told({ host: host ?? 'local', outcome: 'skipped', tries: 0, tookMs: 0, reason })
          throw error
        })
        try {
          await stepAtHost({ numbered, host, forAll, ground, signal, halted }, told)
        } catch (error) {
          failed.abort()
          throw error
        } finally {
          release()
        }
      }),
    )
  } finally {
    limit.done()
  }
}

/** Once the user waits a step may not use up all its tries and items any more. */
function hurried({ step }: NumberedStep, { hurry }: StepGround) {
  const given = new AbortController()
  let timer: ReturnType<typeof deadline> | undefined
  const begin = () => {
    const late = () =>
      new LockstepError('STEP_TIMEOUT', `${step.name}: given up ${hurry.ms / 1000} s after the interrupt`)
    timer = deadline(hurry.ms, late)
    timer.signal.addEventListener('abort', () => given.abort(timer?.signal.reason), { once: true })
  }
  if (hurry.signal.aborted) begin()
  else hurry.signal.addEventListener('abort', begin, { once: true })
  return {
    signal: given.signal,
    done: () => {
      hurry.signal.removeEventListener('abort', begin)
      timer?.done()
    },
  }
}

function countsOf(outcomes: readonly StepAtHost[]): Readonly<Record<StepOutcome, number>> {
  const count = (outcome: StepOutcome) => outcomes.filter(each => each.outcome === outcome).length
  return Object.fromEntries(stepOutcomes.map(outcome => [outcome, count(outcome)])) as Record<StepOutcome, number>
}
