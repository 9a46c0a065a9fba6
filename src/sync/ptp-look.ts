import { type Nanoseconds, ns } from '../units/quantity.ts'
import { pmcQuestions, readPhcCompare, readPmc } from './pmc-answers.ts'
import type { SyncReading } from './reading.ts'
import { usualRequirements } from './requirement.ts'

/** What pmc(8) is asked by somebody who looks at a clock: what a gate asks, and the path. */
export const lookQuestions = [...pmcQuestions(usualRequirements), 'GET CURRENT_DATA_SET']

type Look = Omit<SyncReading, 'host' | 'source' | 'link'>

/** Reads what pmc, and behind it `phc_ctl cmp freq`, have printed of one ptp4l and its PHC. */
export function readLook(output: string): Look {
  const { failures = [], ...ptp } = readPmc(output, usualRequirements)
  const value = (name: string) => new RegExp(`^\\s+${name}\\s+(\\S+)\\s*$`, 'm').exec(output)?.[1]
  // P2P measures it at the port, E2E at the clock; the other one is 0.
  const [atPort, atClock] = [value('peerMeanPathDelay'), value('meanPathDelay')].map(nanoseconds)
  const pathDelay = atPort === undefined || atPort === 0n ? atClock : atPort
  const compared = readPhcCompare(output)
  const frequency = /clock frequency offset is (-?\d+(?:\.\d+)?)\s*ppb/.exec(output)?.[1]
  const isMaster = ptp.portState === 'MASTER'
  return {
    ...ptp,
    ...(pathDelay === undefined || isMaster ? {} : { pathDelay }),
    ...(frequency === undefined ? {} : { frequency: Math.round(Number(frequency)) }),
    ...(compared === undefined || ptp.utcOffset === undefined
      ? {}
      : { systemOffset: ns(compared + BigInt(ptp.utcOffset) * 1_000_000_000n) }),
    ...(failures.length === 0 ? {} : { failures }),
  }
}

/** A whole number, or one that pmc prints as `504.0`. */
const nanoseconds = (text: string | undefined): Nanoseconds | undefined =>
  text === undefined || Number.isNaN(Number(text)) ? undefined : ns(BigInt(Math.round(Number(text))))
