import { set } from '../management/requests.ts'
import { receiverSettings, type Setting, senderSettings } from '../tools/isochron-settings.ts'
import { type Gettable, spelt } from '../wire/messages.ts'
import { isMonitored, type Pair } from './pair.ts'

/** When a request is sent: the start and what follows it once per attempt, watching again and again. */
type Moment = 'connect' | 'configure' | 'gate' | 'arm' | 'start' | 'watch' | 'collect' | 'stop'

/** One request that an orchestration sends. */
export interface PlannedRequest {
  readonly flow: string
  readonly end: 'sender' | 'receiver'
  readonly host: string
  readonly when: Moment
  readonly action: 'GET' | 'SET'
  /** isochron's spelling: `PACKET_COUNT`. */
  readonly message: string
  /** What a SET says: times in ns, otherwise as isochron means it; or how it will be known. Absent for a GET. */
  readonly value?: string
  /** The payload on the wire in hex; absent when only the run can know it. */
  readonly payload?: string
}

/** Every request that a run of these pairs would send when all goes well, pair by pair in the order of time; nothing is asked. */
export function plannedRequests(pairs: readonly Pair[]): PlannedRequest[] {
  const asked = askedAboutClocks(pairs)
  return pairs.flatMap(pair => {
    const [sender, receiver] = [planned(pair, 'sender'), planned(pair, 'receiver')]
    const ends = [sender, receiver] as const
    const clock = ends.flatMap(end => {
      const queries = asked.get(`${pair.name} ${end.end}`)
      return queries === undefined ? [] : end.gets('gate', queries)
    })
    return [
      ...ends.flatMap(end => end.gets('connect', ['currentClockTai'])),
      ...(pair.test.destinationMac === undefined ? receiver.gets('configure', ['destinationMac']) : []),
      ...configuration(pair, sender),
      ...clock,
      ...(isMonitored(pair, 'receiver') ? receiver.gets('arm', ['utcOffset']) : []),
      ...receiverSettings(pair.test).map(each => receiver.sets('arm', each)),
      ...sender.gets('start', ['currentClockTai']),
      sender.unknown('start', 'BASE_TIME', `from ${pair.test.baseTime} on, less the shift of ${pair.test.shiftTime}`),
      sender.sets('start', { message: 'testState', value: 'running' }),
      ...sender.gets('start', ['operBaseTime']),
      ...sender.gets('watch', ['testState']),
      ...ends.flatMap(end => end.gets('collect', ['log'])),
      sender.sets('stop', { message: 'testState', value: 'idle' }),
    ]
  })
}

function configuration(pair: Pair, sender: ReturnType<typeof planned>): PlannedRequest[] {
  const { test } = pair
  const site = {
    interface: pair.interface,
    destinationMac: test.destinationMac ?? '00:00:00:00:00:00',
    unixDomainSocket: pair.unixDomainSocket,
    monitored: isMonitored(pair, 'sender'),
  }
  return senderSettings(test, site).map(each =>
    each.message === 'destinationMac' && test.destinationMac === undefined
      ? sender.unknown('configure', 'DESTINATION_MAC', 'what the receiver says')
      : sender.sets('configure', each),
  )
}

/** The requests of one end. */
function planned({ name, sender, receiver }: Pair, end: 'sender' | 'receiver') {
  const from = { flow: name, end, host: (end === 'sender' ? sender : receiver).host }
  return {
    end,
    gets: (when: Moment, names: readonly Gettable[]): PlannedRequest[] =>
      names.map(each => ({ ...from, when, action: 'GET', message: spelt(each) })),
    sets: (when: Moment, { message, value }: Setting): PlannedRequest => {
      // The pair of message and value was typed where it was made.
      const { bytes } = set(message, value as never)
      const payload = bytes.toString('hex', headersSize)
      return { ...from, when, action: 'SET', message: spelt(message), value: words(value), payload }
    },
    unknown: (when: Moment, message: string, value: string): PlannedRequest => ({
      ...from,
      when,
      action: 'SET',
      message,
      value,
    }),
  }
}

/** Message header and TLV header. */
const headersSize = 16

function words(value: unknown): string {
  if (typeof value === 'boolean') return value ? '1' : '0'
  return String(value)
}

/** The six questions of a gate about one host, the first of which suffices where its clocks are nobody's business. */
const clockQueries: readonly Gettable[] = [
  ...(['portLinkState', 'sysmonOffset', 'ptpmonOffset'] as const),
  ...(['utcOffset', 'portState', 'gmClockIdentity'] as const),
]

/** Of each host one end is asked, a monitored one rather than another, a sender rather than a receiver; by pair and end. */
function askedAboutClocks(pairs: readonly Pair[]): ReadonlyMap<string, readonly Gettable[]> {
  const ends = pairs.flatMap(pair =>
    (['sender', 'receiver'] as const).map(end => {
      const monitored = isMonitored(pair, end)
      return { key: `${pair.name} ${end}`, host: pair[end].host, monitored, rank: rankOf(monitored, end) }
    }),
  )
  const best = [...new Set(ends.map(({ host }) => host))].flatMap(
    host => ends.filter(each => each.host === host).toSorted((a, b) => b.rank - a.rank)[0] ?? [],
  )
  return new Map(best.map(({ key, monitored }) => [key, monitored ? clockQueries : clockQueries.slice(0, 1)]))
}

const rankOf = (monitored: boolean, end: 'sender' | 'receiver') => (monitored ? 2 : 0) + (end === 'sender' ? 1 : 0)

/** The requests as people read them: a heading per end and moment, then a line each. */
export function requestsInWords(requests: readonly PlannedRequest[]): string {
  const lines: string[] = []
  let heading = ''
  for (const { flow, end, host, when, action, message, value } of requests) {
    const next = `${flow}: ${when}, ${end} ${host}`
    if (next !== heading) lines.push(next)
    heading = next
    const says = value === undefined ? '' : ` = ${value === '' ? "''" : value}`
    lines.push(`  ${action} ${message}${says}`)
  }
  return lines.map(line => `${line}\n`).join('')
}
