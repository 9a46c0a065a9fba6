import { type ManagementClient, managementClient } from '../management/client.ts'
import { get, set } from '../management/requests.ts'
import { readSync } from '../management/sync-queries.ts'
import type { SyncReading } from '../sync/reading.ts'
import type { Requirement } from '../sync/requirement.ts'
import { receiverSettings, type Setting, senderSettings } from '../tools/isochron-settings.ts'
import { type LogEnd, recordSizes } from '../wire/packet-log.ts'
import type { Troubles } from './context.ts'
import { isMonitored, type Pair } from './pair.ts'
import { allOf } from './patience.ts'

/** A pair whose two ends are connected, the sender configured. */
export interface OpenPair {
  readonly pair: Pair
  readonly sender: ManagementClient
  readonly receiver: ManagementClient
}

/** The connections of one attempt. */
export interface Ends {
  readonly pairs: readonly OpenPair[]
  /** Whom to ask about each host's clocks: one end per host, a sender where there is one. */
  readonly clocks: ReadonlyMap<string, HostClock>
  /** Ends every connection cleanly: a reset would kill the daemons. */
  close(): Promise<void>
}

export interface HostClock {
  /** How the clocks stand, as far as something is required of them: no more is asked. Never throws. */
  readonly read: (requires: readonly Requirement[]) => Promise<SyncReading>
  /** A receiver is not asked while frames arrive: questions disturb its arrival times. */
  readonly mayAskDuringTraffic: boolean
}

/** Any answer but a log fits, whatever the headers of another version may add. */
const otherAnswersBytes = 64 * 1024

/**
 * The largest answer of an end: the log of its test, holes included. A length field is a stranger's number: what claims more
 * is refused at its header, before anything is kept for it.
 */
const mostBytes = ({ numFrames }: Pair['test'], end: LogEnd): number =>
  Number(numFrames) * recordSizes[end] + otherAnswersBytes

/** Connects to all ends at once and configures them. A connection that the other side closes is reported as trouble. */
export async function openEnds(pairs: readonly Pair[], troubles: Troubles): Promise<Ends> {
  const opened: ManagementClient[] = []
  const connect = async (pair: Pair, role: 'sender' | 'receiver') => {
    const client = await openClient(pair, role)
    opened.push(client)
    client.closed.addEventListener('abort', () =>
      troubles.report({ kind: 'died', what: (client.closed.reason as Error).message }),
    )
    return client
  }
  const close = async () => {
    await allOf(opened.map(client => client.close()))
  }
  try {
    const open = await allOf(pairs.map(pair => openPair(pair, connect)))
    return { pairs: open, clocks: clocksOf(open), close }
  } catch (error) {
    await close()
    throw error
  }
}

async function openPair(
  pair: Pair,
  connect: (pair: Pair, role: 'sender' | 'receiver') => Promise<ManagementClient>,
): Promise<OpenPair> {
  const receiving = connect(pair, 'receiver')
  const [sender] = await allOf([connect(pair, 'sender'), receiving])
  const open = { pair, sender: sender as ManagementClient, receiver: await receiving }
  await configure(open)
  return open
}

export async function openClient(pair: Pair, role: 'sender' | 'receiver'): Promise<ManagementClient> {
  const name = `${role} ${pair.name} on ${pair[role].host}`
  const client = managementClient(await pair[role].connect(), { name, maxBytes: mostBytes(pair.test, role) })
  try {
    // Answered in every state, so silence means: frozen, or busy with another client.
    await client.get('currentClockTai')
    return client
  } catch (error) {
    // Left open it would wait in the other side's queue, in front of our own next attempt.
    await client.close()
    throw error
  }
}

async function configure({ pair, sender, receiver }: OpenPair): Promise<void> {
  const destinationMac = pair.test.destinationMac ?? (await receiver.get('destinationMac'))
  const site = {
    interface: pair.interface,
    destinationMac,
    unixDomainSocket: pair.unixDomainSocket,
    monitored: isMonitored(pair, 'sender'),
  }
  await sender.all(senderSettings(pair.test, site).map(request))
}

/**
 * Empties the receivers' logs and lets them take ptp4l's UTC offset: reading UTC_OFFSET makes a receiver use it for
 * its software timestamps.
 */
export async function armReceivers({ pairs }: Ends): Promise<void> {
  await allOf(
    pairs.map(({ pair, receiver }) => {
      const utcOffset = isMonitored(pair, 'receiver') ? [get('utcOffset')] : []
      return receiver.all([...utcOffset, ...receiverSettings(pair.test).map(request)])
    }),
  )
}

/** The request that carries a setting: the pair of message and value was typed where it was made. */
const request = ({ message, value }: Setting) => set(message, value as never)

/** One end per host, a monitored one if there is any (the others have no PHC open), a sender before a receiver. */
function clocksOf(pairs: readonly OpenPair[]): ReadonlyMap<string, HostClock> {
  const candidates = pairs.flatMap(({ pair, sender, receiver }) => [
    { host: pair.sender.host, client: sender, monitored: isMonitored(pair, 'sender'), mayAskDuringTraffic: true },
    {
      host: pair.receiver.host,
      client: receiver,
      monitored: isMonitored(pair, 'receiver'),
      mayAskDuringTraffic: false,
    },
  ])
  const rank = (each: (typeof candidates)[number]) => (each.monitored ? 2 : 0) + (each.mayAskDuringTraffic ? 1 : 0)
  const best = new Map<string, (typeof candidates)[number]>()
  for (const candidate of candidates) {
    const known = best.get(candidate.host)
    if (known === undefined || rank(candidate) > rank(known)) best.set(candidate.host, candidate)
  }
  return new Map(
    [...best].map(([host, { client, mayAskDuringTraffic }]) => {
      const read: HostClock['read'] = requires => readSync(client, host, requires)
      return [host, { read, mayAskDuringTraffic }]
    }),
  )
}
