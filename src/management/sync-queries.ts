import type { LockstepError } from '../errors/error.ts'
import { type PortState, portStates, type SyncReading } from '../sync/reading.ts'
import type { Requirement } from '../sync/requirement.ts'
import { ns } from '../units/quantity.ts'
import type { Gettable, Value } from '../wire/messages.ts'
import type { Answer, ManagementClient } from './client.ts'
import { get, type RequestOptions } from './requests.ts'

/** What tells of each requirement; ptp4l's frequency and path delay are known by its lines, and only of a port that follows. */
const questions = {
  portLinkState: ['link'],
  sysmonOffset: ['phc2sys'],
  ptpmonOffset: ['ptp'],
  utcOffset: ['phc2sys'],
  portState: ['ptp', 'frequency', 'path-delay'],
  gmClockIdentity: ['same-grandmaster'],
} as const satisfies Partial<Record<Gettable, readonly Requirement[]>>
type Question = keyof typeof questions

/**
 * Asks one isochron how its host's clocks stand, as far as that is required: all questions in one write. Never throws: a
 * question without an answer is a failure in the reading, in words. Asked for its UTC offset, isochron sets its kernel's TAI
 * offset to what ptp4l says.
 */
export async function readSync(
  client: ManagementClient,
  host: string,
  requires: readonly Requirement[],
  { deadlineMs }: RequestOptions = {},
): Promise<SyncReading> {
  const asked = (Object.keys(questions) as Question[]).filter(name =>
    questions[name].some(each => requires.includes(each)),
  )
  const answers: readonly Answer<unknown>[] = await client.batch(asked.map(name => get(name, { deadlineMs })))
  // Each answer is of the type that its own question has.
  const answerTo = <Name extends Question>(name: Name) => answers[asked.indexOf(name)]?.value as Value<Name> | undefined
  const link = answerTo('portLinkState')
  const grandmaster = answerTo('gmClockIdentity')
  const phcOffset = answerTo('ptpmonOffset')
  const utcOffset = answerTo('utcOffset')
  const sysmon = answerTo('sysmonOffset')
  const port = answerTo('portState')
  const portState: PortState | undefined = portStates[port as keyof typeof portStates] // undefined outside the table
  const failures = [
    ...new Set(answers.flatMap(failed)), // a connection that is gone fails all in the same words
    ...(port !== undefined && portState === undefined ? [`port state ${port} is not one of IEEE 1588`] : []),
    ...(link === 'unknown' ? [`the link is unknown${await whyUnknown(client)}`] : []),
  ]
  return {
    host,
    source: 'isochron',
    ...(link && { link }),
    ...(portState && { portState }),
    ...(grandmaster !== undefined && { grandmaster }),
    ...(phcOffset !== undefined && { phcOffset }),
    ...(utcOffset !== undefined && { utcOffset }),
    // SYSMON is CLOCK_REALTIME minus PHC; with the UTC offset it is CLOCK_TAI minus PHC: positive, the system is ahead.
    ...(sysmon !== undefined &&
      utcOffset !== undefined && { systemOffset: ns(sysmon.offset + BigInt(utcOffset) * 1_000_000_000n) }),
    ...(failures.length > 0 && { failures }),
  }
}

function failed({ error }: Answer<unknown>): string[] {
  if (error === undefined) return []
  return [error.hint === undefined ? error.message : `${error.message} (${error.hint})`]
}

/** An unknown link explains itself in its error slot, with code 0. */
async function whyUnknown(client: ManagementClient): Promise<string> {
  const why = await client.lastError('portLinkState').catch((error: LockstepError) => ({ text: error.message }))
  return why.text === '' ? '' : `: ${why.text}`
}
