import type { Configuration } from '../playbook/cells.ts'
import type { Play } from '../playbook/play.ts'
import type { HostSession } from './host-session.ts'
import { maskerFor } from './masker.ts'
import type { RunRecord } from './record.ts'
import type { Relay } from './relay.ts'
import { type Rig, rigFor } from './rig.ts'
import { rigKey } from './rig-key.ts'
import { needsOf } from './rig-needs.ts'
import type { RunDependencies } from './run.ts'
import { type RunSteps, runSteps } from './run-steps.ts'

/** The hosts of an experiment, as its cells want them one after the other. */
export interface Stand {
  /** Brings the hosts to where a configuration wants them; nothing is done when they stand there already. */
  readyFor(configuration: Configuration, play: Play): Promise<Ready>
  /** The steps of `after`, where a set-up has begun. */
  after(): Promise<void>
  /** Ends everything of ours on every host. */
  takeDown(): Promise<void>
}

export interface Ready {
  readonly rig: Rig
  /** Those of set-up and `after`. */
  readonly steps: RunSteps
}

export interface StandOptions {
  readonly dependencies: RunDependencies
  readonly record: RunRecord
  readonly relay: Relay
  readonly stop: AbortController
  /** The configurations that are still to come, and the play of each. */
  readonly configurations: readonly Configuration[]
  readonly playOf: (configuration: Configuration) => Play
}

export function standFor({ dependencies, record, relay, stop, configurations, playOf }: StandOptions): Stand {
  let current: (Ready & { readonly key: string }) | undefined
  const keys = new Map<Configuration, string>()
  const keyOf = (configuration: Configuration, play: Play) => {
    const key = keys.get(configuration) ?? rigKey(play, configuration)
    keys.set(configuration, key)
    return key
  }

  function* alike(key: string): Generator<Play> {
    for (const configuration of configurations) {
      const play = playOf(configuration)
      if (keyOf(configuration, play) === key) yield play
    }
  }

  const open = async (key: string, play: Play): Promise<Ready> => {
    const masker = maskerFor(play)
    const sessions = new Map<string, HostSession>()
    const steps = runSteps({ ...play, flows: [] }, { dependencies, record, masker, sessions })
    const rig = rigFor(play, {
      ...dependencies,
      ...{ record, context: relay.context, logs: relay.logs, stop, sessions, steps },
      needs: needsOf(alike(key)),
      others: () => alike(key),
    })
    current = { key, rig, steps }
    await rig.bringUp()
    return current
  }

  const after = async () => current?.steps.after()
  const takeDown = async () => {
    await current?.rig.takeDown()
    current = undefined
  }
  return {
    readyFor: async (configuration, play) => {
      const key = keyOf(configuration, play)
      if (current?.key === key) return current
      await after()
      await takeDown()
      return open(key, play)
    },
    after: async () => {
      await after()
    },
    takeDown,
  }
}
