import type { Nanoseconds } from '../units/quantity.ts'
import { hostOf } from './change.ts'
import { type ClockName, driftClock, stepClock } from './clocks.ts'
import { findLab, labPaths } from './folder.ts'

/** Steps one clock of a host: positive is forwards. */
export async function stepHostClock(lab: string, name: string, clock: ClockName, by: Nanoseconds): Promise<void> {
  const { tool, state } = await clockOf(lab, name)
  await stepClock(tool, state, clock, by)
}

/** Gives a host's oscillator another error, in ppb: positive runs fast. What a servo has set stays. */
export async function driftHostClock(lab: string, name: string, clock: ClockName, ppb: number): Promise<void> {
  const { tool, state } = await clockOf(lab, name)
  await driftClock(tool, state, clock, ppb)
}

async function clockOf(lab: string, name: string) {
  const host = hostOf(await findLab(lab), name)
  const paths = labPaths(lab)
  return { tool: paths.programs.tool, state: paths.host(host.name).clockState }
}
