import { isGroup } from '../playbook/group-address.ts'
import type { ToolChoice, ToolOptions } from '../playbook/play.ts'
import type { GivenFlow, OptionFault, SettledFlow } from '../playbook/tool-description.ts'
import { ns, type UtcInstant } from '../units/quantity.ts'
import { iperfOptions, iperfRefused } from './iperf-options.ts'
import { readIperf } from './iperf-output.ts'
import { startWord } from './launcher.ts'
import { durationOf, exclusive, isSet, needing, numberOf, wordsOf } from './traffic-options.ts'
import { endpoint, type FlowSite, type TrafficTool, versionIn } from './traffic-tool.ts'

const program = {
  name: 'iperf',
  package: 'iperf',
  askVersion: ['iperf', '--version'],
  readVersion: (text: string) => versionIn(text, /^iperf version (\d+(?:\.\d+)*)/m),
  known: { from: [2, 1, 8], to: [2, 1, 8] },
} as const

/** iperf 2, which is another program than iperf3. */
export const iperf: TrafficTool = {
  name: 'iperf',
  options: iperfOptions,
  refused: iperfRefused,
  figures: {
    sent: { kind: 'rate', shape: 'one', summary: 'Rate at which the sending end sent.' },
    received: { kind: 'rate', shape: 'one', summary: 'Rate at which data arrived at the receiving end.' },
    retransmits: { kind: 'count', shape: 'one', summary: 'TCP segments sent again.' },
    jitter: {
      kind: 'time',
      shape: 'one',
      summary: 'Smoothed difference of transit times (RFC 1889). UDP, one stream.',
    },
    lost: { kind: 'count', shape: 'one', summary: 'UDP packets that did not arrive.' },
    'lost-percent': { kind: 'ratio', shape: 'one', summary: 'Share of the UDP packets that did not arrive.' },
    packets: { kind: 'count', shape: 'one', summary: 'UDP packets sent, lost ones included.' },
    latency: {
      kind: 'time',
      shape: 'spread',
      statistics: ['min', 'mean', 'max', 'stddev'],
      summary: 'One way, from program to program: as right as the system clocks are. UDP, one stream.',
    },
  },
  settle: flows => flows.map(settleOne),
  sharing: sharingFault,
  groups: groupFault,
  withoutFigure,
  asksForV6: sender => isSet(sender, 'ipv6_domain'),
  programs: { sender: program, receiver: program },
  ports: () => [{ at: 'receiver', count: 1, first: 5001 }],
  receiver: ({ sender, receiver, ports: [port = 0], to, device }) => ({
    argv: [
      ...['iperf', '--server', '--enhanced', '--format=b', `--port=${port}`],
      ...wordsOf(iperfOptions, { ...family(sender, to), ...receiver }, (_, { end }) => end !== 'sender'),
      ...(isGroup(to) ? [`--bind=${endpoint(to)}%${device}`] : []),
    ],
    ready: { kind: 'listening', protocol: protocolOf(sender), port },
    oneShot: false,
    reportsWithin: ns(5_000_000_000n),
    keepsOutput: true,
  }),
  sender: (site: FlowSite) => ({
    argv: [
      ...['iperf', `--client=${endpoint(site.to)}`, `--port=${site.ports[0] ?? 0}`, '--enhanced', '--format=b'],
      ...wordsOf(iperfOptions, { ...site.sender, ...family(site.sender, site.to) }, (_, { end }) => end !== 'receiver'),
      // A host may have no route to a group; its own address says where to send.
      ...(isGroup(site.to) && !isSet(site.sender, 'bind') ? [`--bind=${endpoint(site.from)}`] : []),
      ...startOf(site),
    ],
    start: startsItself(site) ? 'own' : 'released',
    lasts: isSet(site.sender, 'num') ? undefined : ns(durationOf(site.sender, 'time', 10_000_000_000n)),
    grace: ns(15_000_000_000n),
  }),
  read: readIperf,
}

/** It keeps to one sender once it is bound to a group. */
function sharingFault({ sender }: ToolChoice, over: string | undefined): string | undefined {
  if (isGroup(over)) return 'an iperf that is bound to a multicast group serves one sender at a time'
  const isOne = numberOf(sender, 'parallel', 1) === 1
  return isOne ? undefined : 'a receiver that serves several senders adds up no parallel streams'
}

/** A group is sent to without an answer, so nothing that needs one works. */
function groupFault({ sender, receiver }: ToolChoice): string | undefined {
  if (!isSet(sender, 'udp')) return 'only UDP goes to a multicast group: write udp: true'
  if (isSet(sender, 'reverse')) return 'a multicast group cannot send in reverse'
  return isSet(receiver, 'bind') ? 'the receiver of a multicast group is bound to the group' : undefined
}

const protocolOf = ({ udp = false }: ToolOptions) => (udp === true ? 'udp' : 'tcp')

/** A client connects to an IPv6 address only when it is told so, and a server has to be told as well. */
const family = ({ udp = false, ipv6_domain = false }: ToolOptions, to: string): ToolOptions => ({
  udp,
  ipv6_domain: ipv6_domain === true || to.includes(':'),
})

/**
 * It connects at once and writes at the instant; in a reverse test the other end would have to. The receiver waits for the
 * instant as well, by its own clock: one that is behind would still wait when all is over.
 */
const startsItself = ({ sender, startAt, inStep }: FlowSite) =>
  startAt !== undefined && inStep && !isSet(sender, 'reverse')

function startOf(site: FlowSite): string[] {
  if (!startsItself(site)) return []
  return [`--txstart-time=${site.startAt === 'told' ? startWord : unixTime(site.startAt as UtcInstant)}`] // startsItself() has looked
}

/** Seconds with microseconds: iperf 2.1.8 reads no more digits. */
const unixTime = (instant: bigint) =>
  `${instant / 1_000_000_000n}.${String((instant % 1_000_000_000n) / 1000n).padStart(6, '0')}`

function settleOne({ sender, receiver }: GivenFlow): SettledFlow {
  const hasEnd = isSet(sender, 'time') || isSet(sender, 'num')
  return { sender: hasEnd ? sender : { ...sender, time: 10_000_000_000n }, receiver, faults: faultsOf(sender) }
}

function faultsOf(options: ToolOptions): OptionFault[] {
  return [
    ...exclusive(options, 'time', 'num'),
    ...['mss', 'nodelay', 'tcp-congestion', 'tcp-quickack', 'tcp-write-prefetch'].flatMap(name =>
      exclusive(options, 'udp', name),
    ),
    ...needing(options, 'ttl', 'udp'),
    ...(isSet(options, 'udp') && options['bandwidth'] === undefined
      ? [{ option: 'udp', message: 'udp without a bandwidth would send 1 Mbit/s', hint: 'write bandwidth: 100M' }]
      : []),
    ...(isSet(options, 'udp') && numberOf(options, 'len', 1470) > 65_507
      ? [{ option: 'len', message: 'a UDP packet holds at most 65507 octets' }]
      : []),
    ...paceFaults(options),
    ...(options['tos'] === undefined || isTos(String(options['tos']))
      ? []
      : [
          {
            option: 'tos',
            message: `iperf has no tos '${options['tos']}'`,
            hint: 'a number up to 255, or ef, cs1, af41 …',
          },
        ]),
  ]
}

/** With TCP it refuses writes of more than a second's worth. */
function paceFaults(options: ToolOptions): OptionFault[] {
  const [rate, len] = [numberOf(options, 'bandwidth', Number.POSITIVE_INFINITY), numberOf(options, 'len', 131_072)]
  if (isSet(options, 'udp') || len <= rate / 8) return []
  const message = `a write of ${len} octets takes longer than a second at this bandwidth`
  return [{ option: 'bandwidth', message, hint: `write len: ${Math.floor(rate / 8)}, or less` }]
}

const isTos = (text: string) =>
  /^(af[1-4][1-3]|cs[0-7]|ef|le|nqb2?|ac_(be|bk|vi|vo)|lowdelay|throughput|reliability)$/.test(text) ||
  (/^(0x[0-9a-f]+|\d+)$/i.test(text) && Number(text) <= 255)

function withoutFigure(figure: string, sender: ToolOptions): string | undefined {
  const udp = isSet(sender, 'udp')
  if (figure === 'retransmits' && udp) return 'it needs TCP, and udp is set'
  const isOfUdp = ['jitter', 'lost', 'lost-percent', 'packets', 'latency'].includes(figure)
  if (isOfUdp && !udp) return 'it needs udp'
  const isOfOneStream = figure === 'jitter' || figure === 'latency'
  return isOfOneStream && numberOf(sender, 'parallel', 1) > 1 ? 'several streams have none in common' : undefined
}
