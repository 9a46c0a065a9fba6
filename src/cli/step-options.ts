import type { Command } from 'commander'
import { LockstepError } from '../errors/error.ts'
import type { Configuration } from '../playbook/cells.ts'
import type { Experiment, LoadedPlaybook } from '../playbook/load-experiment.ts'
import type { Play } from '../playbook/play.ts'
import { selectSteps } from '../playbook/select-steps.ts'
import { phases } from '../runner/events.ts'
import { type Beginning, beginnings, playFrom } from '../runner/phases-of.ts'
import { several } from './define-command.ts'

/** Which steps are done. */
export interface StepOptions {
  readonly only?: readonly string[]
  readonly skip?: readonly string[]
  readonly tags?: readonly string[]
  readonly skipTags?: readonly string[]
  readonly from: string
}

export const stepOptions = (command: Command): Command =>
  command
    .option('--only <name>', 'only steps of this name or glob; repeatable', several)
    .option('--skip <name>', 'no steps of this name or glob; repeatable', several)
    .option('--tags <tags>', 'only steps with one of these tags, with commas between them; repeatable', words)
    .option('--skip-tags <tags>', 'no steps with one of these tags; repeatable', words)
    .option('--from <phase>', `leave out what comes before: ${beginnings.join(', ')}`, 'setup')

const words = (value: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  ...value
    .split(',')
    .map(word => word.trim())
    .filter(word => word !== ''),
]

/** The play with what is to be done of it. Throws LockstepErrors for what selects nothing. */
export const selected = (play: Play, options: StepOptions): Play =>
  playFrom(selectSteps(play, options), beginningOf(options.from))

/** The same for a playbook with all its configurations. */
export function selectedIn({ play, experiment }: LoadedPlaybook, options: StepOptions): LoadedPlaybook {
  const playOf = (configuration: Configuration, { playOf: read }: Experiment) => selected(read(configuration), options)
  return {
    play: selected(play, options),
    experiment: experiment && { ...experiment, playOf: each => playOf(each, experiment) },
  }
}

function beginningOf(text: string): Beginning {
  const found = beginnings.find(each => each === text)
  if (found !== undefined) return found
  const isPhase = phases.some(phase => phase === text)
  const why = isPhase
    ? 'a run cannot begin there: what the phase needs is made by those before it'
    : 'there is no such phase'
  throw new LockstepError('USAGE_VALUE', `--from ${text}: ${why}`, {
    hint: `it can begin at: ${beginnings.join(', ')}`,
  })
}
