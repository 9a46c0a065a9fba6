import type { ToolOptions } from '../playbook/play.ts'
import type { GivenFlow, OptionFault, SettledFlow } from '../playbook/tool-description.ts'
import { one } from '../stats/tool-figure.ts'
import { ns } from '../units/quantity.ts'
import { nuttcpOptions, nuttcpRefused } from './nuttcp-options.ts'
import { durationOf, exclusive, isSet, numberOf, wholeFaults, wordsOf } from './traffic-options.ts'
import {
  endingOf,
  endpoint,
  faulty,
  lastWords,
  type Outputs,
  type Reading,
  reading,
  type TrafficTool,
  versionIn,
} from './traffic-tool.ts'

const program = {
  name: 'nuttcp',
  package: 'nuttcp',
  askVersion: ['nuttcp', '-V'],
  readVersion: (text: string) => versionIn(text, /^nuttcp-(\d+(?:\.\d+)*)/m),
  known: { from: [6, 1, 2], to: [6, 1, 2] },
} as const

export const nuttcp: TrafficTool = {
  name: 'nuttcp',
  options: nuttcpOptions,
  refused: nuttcpRefused,
  figures: {
    received: { kind: 'rate', shape: 'one', summary: 'Rate as the receiving end of the data counts it (rate_Mbps).' },
    retransmits: { kind: 'count', shape: 'one', summary: 'TCP segments sent again (retrans). Of one stream.' },
    rtt: { kind: 'time', shape: 'one', summary: 'Time of the TCP handshake (rtt_ms). Not with r.' },
    lost: { kind: 'count', shape: 'one', summary: 'UDP packets that did not arrive (drop).' },
    packets: { kind: 'count', shape: 'one', summary: 'UDP packets sent (pkt).' },
    'lost-percent': {
      kind: 'ratio',
      shape: 'one',
      summary: 'Share of the UDP packets that did not arrive (data_loss).',
    },
    'cpu-sending': { kind: 'ratio', shape: 'one', summary: 'CPU time of the sending end of the data (tx_cpu).' },
    'cpu-receiving': { kind: 'ratio', shape: 'one', summary: 'CPU time of the receiving end of the data (rx_cpu).' },
  },
  settle: flows => flows.map(settleOne),
  withoutFigure: (figure, sender) => {
    const udp = isSet(sender, 'u')
    if (['lost', 'packets', 'lost-percent'].includes(figure)) return udp ? undefined : 'it needs u'
    if (['retransmits', 'rtt'].includes(figure) && udp) return 'it needs TCP, and u is set'
    if (figure === 'retransmits' && numberOf(sender, 'N', 1) > 1) return 'several streams have none in common'
    return figure === 'rtt' && isSet(sender, 'r') ? 'with r the receiver of the flow connects' : undefined
  },
  asksForV6: sender => isSet(sender, '6'),
  programs: { sender: program, receiver: program },
  ports: sender => [
    { at: 'receiver', count: 1, first: 5000 },
    // Whichever end takes the data listens on them.
    { at: 'both', count: numberOf(sender, 'N', 1), first: 5101 },
  ],
  receiver: ({ sender, ports: [control = 0, data = 0], to }) => ({
    // Without --nofork it would leave for the background. The sender says the data port, yet a control port of 5001, the usual
    // data port, is refused unless it is said here as well.
    argv: ['nuttcp', '-1', '--nofork', `-P${control}`, `-p${data}`, ...wordsOf(nuttcpOptions, family(sender, to))],
    ready: { kind: 'listening', protocol: 'tcp', port: control },
    oneShot: true,
    keepsOutput: false,
  }),
  sender: ({ sender, to, ports: [control = 0, data = 0] }) => ({
    argv: [
      ...['nuttcp', '-fparse', `-P${control}`, `-p${data}`],
      ...wordsOf(nuttcpOptions, { ...sender, ...family(sender, to) }),
      endpoint(to),
    ],
    start: 'released',
    lasts: isSet(sender, 'n') ? undefined : ns(durationOf(sender, 'T', tenSeconds)),
    grace: ns(15_000_000_000n),
  }),
  read: readNuttcp,
}

const tenSeconds = 10_000_000_000n

/** An option of nuttcp cannot be told from a host by `--`: an address begins with a digit, a letter or a colon. */
const family = (sender: ToolOptions, to: string): ToolOptions => {
  const isV6 = isSet(sender, '6') || to.includes(':')
  return { 4: !isV6, 6: isV6 }
}

function settleOne({ sender, receiver }: GivenFlow): SettledFlow {
  const hasEnd = isSet(sender, 'T') || isSet(sender, 'n')
  return { sender: hasEnd ? sender : { ...sender, T: tenSeconds }, receiver, faults: faultsOf(sender) }
}

function faultsOf(options: ToolOptions): OptionFault[] {
  return [
    ...wholeFaults(nuttcpOptions, options),
    ...exclusive(options, 'T', 'n'),
    ...exclusive(options, '4', '6'),
    ...['M', 'D'].flatMap(name => exclusive(options, 'u', name)),
    ...(isSet(options, 'u') && options['R'] === undefined
      ? [{ option: 'u', message: 'u without R would send as fast as the host can', hint: 'write R: 100M' }]
      : []),
    ...(isSet(options, 'u') && numberOf(options, 'l') > 65_507
      ? [{ option: 'l', message: 'a UDP packet holds at most 65507 octets' }]
      : []),
    ...(options['c'] === undefined || /^(0x[0-9a-f]+|\d+)[tT]?$/i.test(String(options['c']))
      ? []
      : [{ option: 'c', message: `expected a DSCP as a number, got '${options['c']}'` }]),
  ]
}

/**
 * One line of key=value. nuttcp exits with 0 and writes zeros when its server dies; when it finds no server at all it goes
 * over to a mode in which it would send to anybody who listens.
 */
function readNuttcp({ sender }: Outputs, options: ToolOptions): Reading {
  const lines = sender.stdout.match(/^megabytes=.*\n/gm) ?? []
  const line = lines[0]
  const complaint = /(?:Error|classic_mode|bad hostname|failed).*/.exec(sender.stderr)?.[0]
  if (complaint !== undefined || sender.code !== 0 || line === undefined || lines.length > 1)
    return faulty(undefined, `nuttcp ${endingOf(sender)}: ${complaint ?? lastWords(sender)}`)
  const values = new Map(
    line
      .trim()
      .split(/\s+/)
      .map(pair => pair.split('=', 2) as [string, string]),
  )
  const value = (name: string): number | undefined => {
    const text = values.get(name)
    return text === undefined || !/^\d+(\.\d+)?$/.test(text) ? undefined : Number(text)
  }
  const asked = Number(durationOf(options, 'T', 0n)) / 1e9
  const seconds = value('real_seconds') ?? 0
  if (!value('megabytes')) return faulty(undefined, 'nuttcp counts no data at all: its receiver may have died')
  if (Math.abs(seconds - asked) > Math.max(1, asked / 10) && !isSet(options, 'n'))
    return faulty(undefined, `nuttcp measured over ${seconds} s, but was told ${asked} s`)
  const figure = (kind: 'rate' | 'count' | 'ratio' | 'time', name: string, times = 1) => {
    const found = value(name)
    return found === undefined ? undefined : one(kind, found * times)
  }
  return reading(undefined, {
    received: figure('rate', 'rate_Mbps', 1e6),
    retransmits: figure('count', 'retrans'),
    rtt: figure('time', 'rtt_ms', 1e6),
    lost: figure('count', 'drop'),
    packets: figure('count', 'pkt'),
    'lost-percent': figure('ratio', 'data_loss'),
    'cpu-sending': figure('ratio', 'tx_cpu'),
    'cpu-receiving': figure('ratio', 'rx_cpu'),
  })
}
