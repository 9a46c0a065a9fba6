import { type Nanoseconds, ns } from '../units/quantity.ts'
import { type PortState, portStates, type SyncReading } from './reading.ts'

/** What pmc(8) is asked: the state of the port, the offset and the grandmaster, the UTC offset. */
export const pmcQuestions = ['GET PORT_DATA_SET', 'GET TIME_STATUS_NP', 'GET TIME_PROPERTIES_DATA_SET'] as const

type PmcReading = Pick<SyncReading, 'portState' | 'grandmaster' | 'phcOffset' | 'utcOffset' | 'failures'>

/** Reads what pmc printed: one answer below another, a value per line. The first port counts. */
export function readPmc(output: string): PmcReading {
  const value = (name: string) => new RegExp(`^\\s+${name}\\s+(\\S+)\\s*$`, 'm').exec(output)?.[1]
  const [state, offset, grandmaster, utc] = ['portState', 'master_offset', 'gmIdentity', 'currentUtcOffset'].map(value)
  const silent = [
    ...(state === undefined ? ['the state of its port'] : []),
    ...(offset === undefined || grandmaster === undefined ? ['the offset of its PHC'] : []),
    ...(utc === undefined ? ['its UTC offset'] : []),
  ]
  return {
    ...(isPortState(state) ? { portState: state } : {}),
    ...(offset === undefined ? {} : { phcOffset: nanoseconds(offset) }),
    ...(grandmaster === undefined ? {} : { grandmaster }),
    ...(utc === undefined ? {} : { utcOffset: Number(utc) }),
    ...(silent.length === 0 ? {} : { failures: [`ptp4l does not tell pmc ${silent.join(', ')}`] }),
  }
}

/** A whole number, or one that an old pmc prints as `1.0`. */
const nanoseconds = (text: string): Nanoseconds => ns(BigInt(Math.round(Number(text))))

const known = new Set<string>(Object.values(portStates))
const isPortState = (name: string | undefined): name is PortState => name !== undefined && known.has(name)

/** `phc_ctl[1.2]: offset from CLOCK_REALTIME is -37000000123ns`: CLOCK_REALTIME minus PHC. */
export function readPhcCompare(output: string): Nanoseconds | undefined {
  const found = /offset from CLOCK_REALTIME is (-?\d+)\s*ns/.exec(output)?.[1]
  return found === undefined ? undefined : ns(BigInt(found))
}
