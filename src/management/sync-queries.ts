import type { LockstepError } from '../errors/error.ts'
import { type PortState, portStates, type SyncReading } from '../sync/reading.ts'
import { ns } from '../units/quantity.ts'
import type { Answer, ManagementClient } from './client.ts'
import { get, type RequestOptions } from './requests.ts'

/**
 * Asks one isochron how its host's clocks stand: six questions in one write. Never throws: a question without an answer
 * is a failure in the reading, in words. As a side effect isochron sets its kernel's TAI offset to what ptp4l says.
 */
export async function readSync(
  client: ManagementClient,
  host: string,
  { deadlineMs }: RequestOptions = {},
): Promise<SyncReading> {
  const options = { deadlineMs }
  const [link, sysmon, ptpmon, utcOffset, port, grandmaster] = await client.batch([
    get('portLinkState', options),
    get('sysmonOffset', options),
    get('ptpmonOffset', options),
    get('utcOffset', options),
    get('portState', options),
    get('gmClockIdentity', options),
  ])
  const portState: PortState | undefined = portStates[port.value as keyof typeof portStates] // undefined outside the table
  const answers: readonly Answer<unknown>[] = [link, sysmon, ptpmon, utcOffset, port, grandmaster]
  const failures = [
    ...new Set(answers.flatMap(failed)), // a connection that is gone fails all six in the same words
    ...(port.value !== undefined && portState === undefined
      ? [`port state ${port.value} is not one of IEEE 1588`]
      : []),
    ...(link.value === 'unknown' ? [`the link is unknown${await whyUnknown(client)}`] : []),
  ]
  return {
    host,
    source: 'isochron',
    ...(link.value && { link: link.value }),
    ...(portState && { portState }),
    ...(grandmaster.value !== undefined && { grandmaster: grandmaster.value }),
    ...(ptpmon.value !== undefined && { phcOffset: ptpmon.value }),
    ...(utcOffset.value !== undefined && { utcOffset: utcOffset.value }),
    // SYSMON is CLOCK_REALTIME minus PHC; with the UTC offset it is CLOCK_TAI minus PHC: positive, the system is ahead.
    ...(sysmon.value !== undefined &&
      utcOffset.value !== undefined && {
        systemOffset: ns(sysmon.value.offset + BigInt(utcOffset.value) * 1_000_000_000n),
      }),
    ...(failures.length > 0 && { failures }),
  }
}

/** Asks only for the link: for a host whose clocks are nobody's business. Never throws. */
export async function readLink(client: ManagementClient, host: string): Promise<SyncReading> {
  const [link] = await client.batch([get('portLinkState')])
  const failures = failed(link)
  return {
    host,
    source: 'isochron',
    ...(link.value && { link: link.value }),
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
