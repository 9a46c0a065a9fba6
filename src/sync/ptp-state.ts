import { type Nanoseconds, ns } from '../units/quantity.ts'
import { type PortState, portStates } from './reading.ts'

/** What a ptp4l says of itself, its port and its grandmaster, beyond what a gate asks for. */
export interface PtpState {
  readonly domain: number
  /** IEEE 1588-2019, 8.2.15.4.4: 1 end to end, 2 peer to peer. */
  readonly delayMechanism: 'E2E' | 'P2P' | undefined
  readonly portState: PortState | undefined
  readonly grandmaster: string | undefined
  /** TAI minus UTC in whole seconds, as the grandmaster says or ptp4l takes for granted. */
  readonly utcOffset: number | undefined
}

/** What pmc(8) is asked for it. */
export const ptpStateQuestions = [
  ...['GET DEFAULT_DATA_SET', 'GET PORT_DATA_SET', 'GET TIME_STATUS_NP', 'GET TIME_PROPERTIES_DATA_SET'],
] as const

const mechanisms: Readonly<Record<string, PtpState['delayMechanism']>> = { 1: 'E2E', 2: 'P2P', E2E: 'E2E', P2P: 'P2P' }

/** Undefined when ptp4l did not answer. The first port counts. */
export function readPtpState(output: string): PtpState | undefined {
  const value = (name: string) => new RegExp(`^\\s+${name}\\s+(\\S+)\\s*$`, 'm').exec(output)?.[1]
  const domain = value('domainNumber')
  if (domain === undefined) return undefined
  const utcOffset = value('currentUtcOffset')
  return {
    domain: Number(domain),
    delayMechanism: mechanisms[value('delayMechanism') ?? ''],
    portState: Object.values(portStates).find(state => state === value('portState')),
    grandmaster: value('gmIdentity'),
    utcOffset: utcOffset === undefined ? undefined : Number(utcOffset),
  }
}

/** CLOCK_TAI minus the PHC, from what phc_ctl(8) compared and what ptp4l says of UTC: about 0 when both are right. */
export const systemAhead = (compared: Nanoseconds, utcOffset: number): Nanoseconds =>
  ns(compared + BigInt(utcOffset) * 1_000_000_000n)
