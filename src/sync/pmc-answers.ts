import { type Nanoseconds, ns } from '../units/quantity.ts'
import { type PortState, portStates, type SyncReading } from './reading.ts'
import type { Requirement } from './requirement.ts'

/** What pmc(8) is asked, and what is required where it is: the state of the port, offset and grandmaster, the UTC offset. */
const questions = {
  'GET PORT_DATA_SET': ['ptp', 'frequency', 'path-delay'],
  'GET TIME_STATUS_NP': ['ptp', 'same-grandmaster'],
  'GET TIME_PROPERTIES_DATA_SET': ['phc2sys'],
} as const satisfies Readonly<Record<string, readonly Requirement[]>>
type Question = keyof typeof questions

export const pmcQuestions = (requires: readonly Requirement[]): readonly Question[] =>
  (Object.keys(questions) as Question[]).filter(question => questions[question].some(each => requires.includes(each)))

type PmcReading = Pick<SyncReading, 'portState' | 'grandmaster' | 'phcOffset' | 'utcOffset' | 'failures'>

/** Reads what pmc printed: one answer below another, a value per line. The first port counts. */
export function readPmc(output: string, requires: readonly Requirement[]): PmcReading {
  const isAsked = (question: Question) => pmcQuestions(requires).includes(question)
  const value = (name: string) => new RegExp(`^\\s+${name}\\s+(\\S+)\\s*$`, 'm').exec(output)?.[1]
  const [state, offset, grandmaster, utc] = ['portState', 'master_offset', 'gmIdentity', 'currentUtcOffset'].map(value)
  const silent = [
    ...(isAsked('GET PORT_DATA_SET') && state === undefined ? ['the state of its port'] : []),
    ...(isAsked('GET TIME_STATUS_NP') && (offset === undefined || grandmaster === undefined)
      ? ['the offset of its PHC']
      : []),
    ...(isAsked('GET TIME_PROPERTIES_DATA_SET') && utc === undefined ? ['its UTC offset'] : []),
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
