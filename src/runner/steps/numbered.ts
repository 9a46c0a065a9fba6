import type { Play } from '../../playbook/play.ts'
import type { Step } from '../../playbook/step.ts'
import type { Phase } from '../events.ts'

/** A step with its place in the run. */
export interface NumberedStep {
  readonly step: Step
  /** From 1, in the order in which steps are done. */
  readonly number: number
  readonly phase: Phase
  /** Below the run folder: `steps/03-load-the-driver`. */
  readonly folder: string
}

/** Steps that come at once, in the four places of a play. */
export interface PlaySteps {
  readonly setup: readonly NumberedStep[]
  /** Of every flow, in the order of the flows. */
  readonly before: readonly NumberedStep[]
  /** Those of the flows first: they take back what was done last. */
  readonly after: readonly NumberedStep[]
}

export function numberedSteps({ setup, flows, after }: Pick<Play, 'setup' | 'flows' | 'after'>): PlaySteps {
  const befores = flows.flatMap(flow => flow.before)
  const afters = [...flows.flatMap(flow => flow.after), ...after]
  const digits = Math.max(2, String(setup.length + befores.length + afters.length).length)
  const numbered = (steps: readonly Step[], phase: Phase, first: number) =>
    steps.map((step, i): NumberedStep => {
      const number = first + i
      return { step, number, phase, folder: `steps/${String(number).padStart(digits, '0')}-${slugOf(step.name)}` }
    })
  return {
    setup: numbered(setup, 'setup', 1),
    before: numbered(befores, 'receivers', 1 + setup.length),
    after: numbered(afters, 'after', 1 + setup.length + befores.length),
  }
}

const slugOf = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replaceAll(/^-|-$/g, '') || 'step'
