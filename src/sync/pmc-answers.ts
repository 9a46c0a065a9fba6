import { type Nanoseconds, ns } from '../units/quantity.ts'
import { decodePtpAnswer, encodePtpGet, type PtpAnswer, type PtpDataSet, type PtpDomain } from './ptp-management.ts'
import { type PortState, portStates, type SyncReading } from './reading.ts'
import type { Requirement } from './requirement.ts'

/** What ptp4l is asked, and what is required where it is: the state of the port, offset and grandmaster, the UTC offset. */
const questions = {
  PORT_DATA_SET: ['ptp', 'frequency', 'path-delay'],
  TIME_STATUS_NP: ['ptp', 'same-grandmaster'],
  TIME_PROPERTIES_DATA_SET: ['phc2sys'],
} as const satisfies Readonly<Record<PtpDataSet, readonly Requirement[]>>

/** Data sets that ptp4l is asked for. */
export const ptpQuestions = (requires: readonly Requirement[]): readonly PtpDataSet[] =>
  (Object.keys(questions) as PtpDataSet[]).filter(question => questions[question].some(each => requires.includes(each)))

/** The same in the words of pmc(8). */
export const pmcQuestions = (requires: readonly Requirement[]): readonly string[] =>
  ptpQuestions(requires).map(question => `GET ${question}`)

/** The same as messages of PTP itself, told apart by their sequenceId. */
export const ptpMessages = (requires: readonly Requirement[], domain: PtpDomain): readonly Buffer[] =>
  ptpQuestions(requires).map((question, i) => encodePtpGet(question, i + 1, domain))

type PmcReading = Pick<SyncReading, 'portState' | 'grandmaster' | 'phcOffset' | 'utcOffset' | 'failures'>

/** Reads what pmc printed: one answer below another, a value per line. The first port counts. */
export function readPmc(output: string, requires: readonly Requirement[]): PmcReading {
  const value = (name: string) => new RegExp(`^\\s+${name}\\s+(\\S+)\\s*$`, 'm').exec(output)?.[1]
  const [state, offset, grandmaster, utc] = ['portState', 'master_offset', 'gmIdentity', 'currentUtcOffset'].map(value)
  const values = { state, offset: offset === undefined ? undefined : nanoseconds(offset), grandmaster }
  return readingOf({ ...values, utc: utc === undefined ? undefined : Number(utc) }, requires)
}

/** Reads what ptp4l answered itself, likewise. */
export function readPtpAnswers(messages: readonly Buffer[], requires: readonly Requirement[]): PmcReading {
  const answers = messages.flatMap(message => decodePtpAnswer(message) ?? [])
  const first = <Of extends PtpDataSet>(of: Of) =>
    answers.find((answer): answer is Extract<PtpAnswer, { of: Of }> => answer.of === of)
  const [port, status, properties] = [
    first('PORT_DATA_SET'),
    first('TIME_STATUS_NP'),
    first('TIME_PROPERTIES_DATA_SET'),
  ]
  const values = {
    state: port && portStates[port.portState as keyof typeof portStates],
    offset: status && ns(status.masterOffset),
    grandmaster: status?.gmIdentity,
    utc: properties?.currentUtcOffset,
  }
  return readingOf(values, requires)
}

interface Values {
  readonly state: string | undefined
  readonly offset: Nanoseconds | undefined
  readonly grandmaster: string | undefined
  /** Seconds. */
  readonly utc: number | undefined
}

function readingOf({ state, offset, grandmaster, utc }: Values, requires: readonly Requirement[]): PmcReading {
  const isAsked = (question: PtpDataSet) => ptpQuestions(requires).includes(question)
  const silent = [
    ...(isAsked('PORT_DATA_SET') && state === undefined ? ['the state of its port'] : []),
    ...(isAsked('TIME_STATUS_NP') && (offset === undefined || grandmaster === undefined)
      ? ['the offset of its PHC']
      : []),
    ...(isAsked('TIME_PROPERTIES_DATA_SET') && utc === undefined ? ['its UTC offset'] : []),
  ]
  return {
    ...(isPortState(state) ? { portState: state } : {}),
    ...(offset === undefined ? {} : { phcOffset: offset }),
    ...(grandmaster === undefined ? {} : { grandmaster }),
    ...(utc === undefined ? {} : { utcOffset: utc }),
    ...(silent.length === 0 ? {} : { failures: [`ptp4l does not tell ${silent.join(', ')}`] }),
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
