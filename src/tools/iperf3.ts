import type { ToolOptions } from '../playbook/play.ts'
import type { GivenFlow, OptionFault, SettledFlow } from '../playbook/tool-description.ts'
import type { FigureDescription } from '../units/figure-kind.ts'
import { ns } from '../units/quantity.ts'
import { iperf3Options } from './iperf3-options.ts'
import { readIperf3 } from './iperf3-output.ts'
import { iperf3Refused } from './iperf3-refused.ts'
import {
  durationOf,
  exclusive,
  familyFaults,
  isSet,
  needing,
  numberOf,
  wholeFaults,
  wordsOf,
} from './traffic-options.ts'
import { endpoint, type FlowSite, type TrafficTool, versionIn } from './traffic-tool.ts'

const forward = {
  sent: { kind: 'rate', shape: 'one', summary: 'Rate at which the sending end sent.' },
  received: { kind: 'rate', shape: 'one', summary: 'Rate at which data arrived at the receiving end.' },
  retransmits: { kind: 'count', shape: 'one', summary: 'TCP segments sent again.' },
  jitter: { kind: 'time', shape: 'one', summary: 'Smoothed difference of transit times (RFC 3550). UDP.' },
  lost: { kind: 'count', shape: 'one', summary: 'UDP packets that did not arrive.' },
  'lost-percent': { kind: 'ratio', shape: 'one', summary: 'Share of the UDP packets that did not arrive.' },
  packets: { kind: 'count', shape: 'one', summary: 'UDP packets counted at the receiving end, lost ones included.' },
  'out-of-order': { kind: 'count', shape: 'one', summary: 'UDP packets that arrived behind a later one.' },
} as const satisfies Readonly<Record<string, FigureDescription>>

const back = Object.fromEntries(
  Object.entries(forward).map(([name, figure]) => [
    `${name}-reverse`,
    { ...figure, summary: `${figure.summary} On the way back of bidir.` },
  ]),
)

const figures: Readonly<Record<string, FigureDescription>> = {
  ...forward,
  ...back,
  rtt: { kind: 'time', shape: 'spread', summary: 'Round-trip time as TCP measures it at the sending end.' },
  interval: { kind: 'rate', shape: 'spread', summary: 'Rate of each interval at the sender of the flow.' },
  'cpu-sender': { kind: 'ratio', shape: 'one', summary: 'CPU time of the sender of the flow, of one CPU.' },
  'cpu-receiver': { kind: 'ratio', shape: 'one', summary: 'CPU time of the receiver of the flow, of one CPU.' },
}

const program = {
  name: 'iperf3',
  package: 'iperf3',
  askVersion: ['iperf3', '--version'],
  readVersion: (text: string) => versionIn(text, /^iperf (\d+(?:\.\d+)*)/m),
  known: { from: [3, 12], to: [3, 12] },
} as const

export const iperf3: TrafficTool = {
  name: 'iperf3',
  options: iperf3Options,
  refused: iperf3Refused,
  figures,
  settle: flows => flows.map(settleOne),
  withoutFigure,
  asksForV6: sender => isSet(sender, 'version6'),
  programs: { sender: program, receiver: program },
  ports: () => [{ at: 'receiver', count: 1, first: 5201 }],
  receiver: ({ sender, receiver, ports: [port = 0] }) => ({
    // The family of the receiver follows from the sender's.
    argv: [
      'iperf3',
      '--server',
      '--one-off',
      '--json',
      `--port=${port}`,
      ...atReceiver({ ...family(sender), ...receiver }),
    ],
    ready: { kind: 'listening', protocol: 'tcp', port },
    oneShot: true,
    keepsOutput: true,
  }),
  sender: ({ sender, to, ports: [port = 0] }: FlowSite) => ({
    argv: [
      ...['iperf3', `--client=${endpoint(to)}`, `--port=${port}`, '--json'],
      ...wordsOf(iperf3Options, sender, (_, { end }) => end !== 'receiver'),
    ],
    start: 'released',
    lasts: lastsOf(sender),
    // Connecting, and at the end the exchange of results.
    grace: ns(15_000_000_000n),
  }),
  read: readIperf3,
}

const atReceiver = (options: ToolOptions) => wordsOf(iperf3Options, options, (_, { end }) => end !== 'sender')

const family = ({ version4 = false, version6 = false }: ToolOptions): ToolOptions => ({ version4, version6 })

function lastsOf(sender: ToolOptions) {
  if (isSet(sender, 'bytes') || isSet(sender, 'blockcount')) return undefined
  return ns(durationOf(sender, 'time', 10_000_000_000n) + durationOf(sender, 'omit', 0n))
}

function settleOne({ sender, receiver }: GivenFlow): SettledFlow {
  const hasEnd = ['time', 'bytes', 'blockcount'].some(name => isSet(sender, name))
  const whole: ToolOptions = hasEnd ? sender : { ...sender, time: 10_000_000_000n }
  return { sender: whole, receiver, faults: [...faultsOf(sender), ...receiverFaults(receiver, sender)] }
}

function faultsOf(options: ToolOptions): OptionFault[] {
  return [
    ...wholeFaults(iperf3Options, options),
    ...exclusive(options, 'time', 'bytes', 'blockcount'),
    ...exclusive(options, 'reverse', 'bidir'),
    ...exclusive(options, 'tos', 'dscp'),
    ...familyFaults(options, { v4: 'version4', v6: 'version6', addresses: ['bind'] }),
    ...needing(options, 'udp-counters-64bit', 'udp'),
    ...needing(options, 'dont-fragment', 'udp'),
    ...['no-delay', 'congestion', 'set-mss', 'zerocopy', 'snd-timeout'].flatMap(name =>
      exclusive(options, 'udp', name),
    ),
    ...(isSet(options, 'flowlabel') ? exclusive(options, 'version4', 'flowlabel') : []),
    ...(isSet(options, 'dont-fragment') ? exclusive(options, 'version6', 'dont-fragment') : []),
    ...rateFaults(options),
    ...sizeFaults(options),
    ...dscpFaults(options),
    ...intervalFaults(options),
    ...affinityFaults(options),
  ]
}

function rateFaults(options: ToolOptions): OptionFault[] {
  if (!isSet(options, 'udp') || options['bitrate'] !== undefined) return []
  const message = 'udp without a bitrate would send 1 Mbit/s'
  return [{ option: 'udp', message, hint: 'write bitrate: 100M; 0 is as fast as possible' }]
}

function sizeFaults(options: ToolOptions): OptionFault[] {
  const length = numberOf(options, 'length', 1000)
  if (!isSet(options, 'udp') || (length >= 16 && length <= 65_507)) return []
  return [{ option: 'length', message: `a UDP packet holds 16 to 65507 octets of iperf3, got ${length}` }]
}

function intervalFaults(options: ToolOptions): OptionFault[] {
  const interval = durationOf(options, 'interval', 0n)
  if (interval === 0n || interval >= 100_000_000n) return []
  return [{ option: 'interval', message: 'an interval is 0, or at least 100ms' }]
}

function dscpFaults({ dscp }: ToolOptions): OptionFault[] {
  if (dscp === undefined || isDscp(String(dscp))) return []
  return [
    { option: 'dscp', message: `there is no DSCP '${dscp}'`, hint: '0 to 63, or ef, cs0 to cs7, af11 to af43, va' },
  ]
}

const isDscp = (text: string) =>
  /^(ef|va|cs[0-7]|af[1-4][1-3])$/i.test(text) || (/^(0x[0-9a-f]+|\d+)$/i.test(text) && Number(text) <= 63)

function affinityFaults({ affinity }: ToolOptions): OptionFault[] {
  if (affinity === undefined || /^\d+(,\d+)?$/.test(String(affinity))) return []
  return [{ option: 'affinity', message: `expected one CPU or two with a comma, got '${affinity}'` }]
}

function receiverFaults(receiver: ToolOptions, sender: ToolOptions): OptionFault[] {
  const atReceiverEnd = (fault: OptionFault): OptionFault => ({ ...fault, end: 'receiver' })
  const { affinity } = receiver
  return [
    ...wholeFaults(iperf3Options, receiver),
    ...familyFaults({ ...family(sender), ...receiver }, { v4: 'version4', v6: 'version6', addresses: ['bind'] }),
    ...(affinity === undefined || /^\d+$/.test(String(affinity))
      ? []
      : [{ option: 'affinity', message: `expected one CPU, got '${affinity}'` }]),
  ].map(atReceiverEnd)
}

const udpOnly = ['jitter', 'lost', 'lost-percent', 'packets', 'out-of-order']
const tcpOnly = ['retransmits', 'rtt']

function withoutFigure(figure: string, sender: ToolOptions): string | undefined {
  const [name = '', isBack] = figure.endsWith('-reverse') ? [figure.slice(0, -8), true] : [figure, false]
  if (isBack && !isSet(sender, 'bidir')) return 'it needs bidir'
  if (udpOnly.includes(name) && !isSet(sender, 'udp')) return 'it needs udp'
  if (tcpOnly.includes(name) && isSet(sender, 'udp')) return 'it needs TCP, and udp is set'
  if (name === 'rtt' && isSet(sender, 'reverse')) return 'with reverse the receiver of the flow sends'
  if (name === 'interval' && sender['interval'] === 0n) return 'interval is 0'
  return undefined
}
