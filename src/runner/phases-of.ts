import type { FactName } from '../facts/host-facts.ts'
import type { Play } from '../playbook/play.ts'
import type { Phase } from './events.ts'

/** Whether clocks are kept or traffic is sent: other plays only do steps. */
export const isTest = ({ sync, flows }: Play): boolean => sync !== undefined || flows.length > 0

/** What is asked of every host of a play that only does steps: it costs next to nothing. */
export const fewFacts: readonly FactName[] = ['kernel', 'hostname']

/** The phases that have something to do. */
export function phasesOf(play: Play): readonly Phase[] {
  const { flows, setup, after, reserve } = play
  const traffic = ['receivers', 'gate', 'traffic', 'collect', 'judge'] as const
  return [
    ...(reserve === undefined ? [] : (['reserve'] as const)),
    'connect',
    ...(setup.length === 0 ? [] : (['setup'] as const)),
    ...(isTest(play) ? (['sync'] as const) : []),
    ...(flows.length === 0 ? [] : traffic),
    ...(after.length === 0 && flows.every(flow => flow.after.length === 0) ? [] : (['after'] as const)),
    'report',
    'cleanup',
  ]
}

/** The phases at which a run may begin. */
export const beginnings = ['setup', 'sync', 'receivers', 'after'] as const
export type Beginning = (typeof beginnings)[number]

/** The play without what comes before a phase: clocks that are not set up by us are kept by somebody else. */
export function playFrom(play: Play, from: Beginning): Play {
  const { sync, flows, after } = play
  switch (from) {
    case 'setup':
      return play
    case 'sync':
      return { ...play, setup: [] }
    case 'receivers':
      return { ...play, setup: [], sync: sync && { ...sync, ptp4l: undefined, phc2sys: undefined } }
    case 'after':
      return {
        ...play,
        setup: [],
        sync: undefined,
        flows: [],
        mesh: undefined,
        captures: [],
        expect: [],
        valid: [],
        after: [...flows.flatMap(flow => flow.after), ...after],
      }
  }
}
