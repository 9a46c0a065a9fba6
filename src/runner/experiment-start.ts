import { type Cell, cellsOf, selectCells } from '../playbook/cells.ts'
import type { Experiment } from '../playbook/load-experiment.ts'
import { digestOf } from './experiment-changes.ts'
import type { ExperimentOutline } from './experiment-log.ts'

/** Every cell of an experiment in the order of a seed, or only those that are named. */
export function settledCells(
  { configurations, repetition }: Experiment,
  seed: number | undefined,
  only: readonly string[] = [],
): Cell[] {
  const cells = cellsOf(configurations, { ...repetition, seed })
  return only.length === 0 ? cells : selectCells(cells, only)
}

/** The seed that the playbook names, or a new one where it only wants another order. */
export function seedOf({ shuffle }: Experiment, newSeed: () => number): number | undefined {
  if (shuffle === 'no') return undefined
  return shuffle === 'random' ? newSeed() : shuffle
}

/** What the experiment is made of, with one play in memory at a time. */
export function outlineFor(
  { configurations, repetition, playOf }: Experiment,
  seed: number | undefined,
): ExperimentOutline {
  const digests = configurations.map(each => ({ id: each.id, digest: digestOf(playOf(each).resolved) }))
  return { ...(seed === undefined ? {} : { seed }), warmup: repetition.warmup, configurations: digests }
}
