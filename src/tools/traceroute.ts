import type { ToolOptions } from '../playbook/play.ts'
import type { GivenFlow, SettledFlow } from '../playbook/tool-description.ts'
import { one, spread, type ToolFigure } from '../stats/tool-figure.ts'
import type { FigureDescription } from '../units/figure-kind.ts'
import { ns } from '../units/quantity.ts'
import { tracerouteOptions, tracerouteRefused } from './traceroute-options.ts'
import { exclusive, familyFaults, isSet, numberOf, wholeFaults, wordsOf } from './traffic-options.ts'
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

/** Hops that have a figure of their own. */
const namedHops = Array.from({ length: 64 }, (_, i) => i + 1)

const hopFigures: Readonly<Record<string, FigureDescription>> = Object.fromEntries(
  namedHops.map(hop => [
    `hop-${hop}`,
    { kind: 'time', shape: 'spread', summary: `From a probe to the answer of hop ${hop}.` } as const,
  ]),
)

/** Dmitry Butskoy's traceroute for Linux. */
export const traceroute: TrafficTool = {
  name: 'traceroute',
  options: tracerouteOptions,
  refused: tracerouteRefused,
  figures: {
    reached: { kind: 'count', shape: 'one', summary: '1 when the receiver answered, else 0.' },
    hops: {
      kind: 'count',
      shape: 'one',
      summary: 'Hops to the receiver, itself included; not measured when it is not reached.',
    },
    unanswered: { kind: 'count', shape: 'one', summary: 'Probes without an answer.' },
    rtt: { kind: 'time', shape: 'spread', summary: 'From a probe to the answer of the receiver.' },
    ...hopFigures,
  },
  settle: flows => flows.map(settleOne),
  // Nothing is started at the receiving end.
  sharing: () => undefined,
  withoutFigure: (figure, sender) => {
    const hop = Number(/^hop-(\d+)$/.exec(figure)?.[1])
    if (hop > numberOf(sender, 'max-hops', 30)) return 'it lies behind max-hops'
    return hop < numberOf(sender, 'first', 1) ? 'it lies before first' : undefined
  },
  asksForV6: sender => isSet(sender, '6'),
  programs: {
    sender: {
      name: 'traceroute',
      package: 'traceroute',
      askVersion: ['traceroute', '--version'],
      readVersion: text => versionIn(text, /^Modern traceroute for Linux, version (\d+(?:\.\d+)*)/m),
      known: { from: [2, 1, 2], to: [2, 1, 2] },
    },
    receiver: undefined,
  },
  ports: () => [],
  receiver: () => undefined,
  sender: ({ sender, to }) => ({
    argv: [
      ...['traceroute', '-n', ...wordsOf(tracerouteOptions, sender, name => name !== 'packetlen'), '--', endpoint(to)],
      ...(sender['packetlen'] === undefined ? [] : [String(sender['packetlen'])]),
    ],
    start: 'released',
    lasts: undefined,
    grace: ns(10_000_000_000n),
  }),
  read: readTraceroute,
}

const methods = ['icmp', 'tcp', 'udp', 'UL', 'dccp', 'protocol', 'module']

function settleOne({ sender, receiver }: GivenFlow): SettledFlow {
  const [first, last] = [numberOf(sender, 'first', 1), numberOf(sender, 'max-hops', 30)]
  const faults = [
    ...wholeFaults(tracerouteOptions, sender),
    ...exclusive(sender, ...methods),
    ...familyFaults(sender, { v4: '4', v6: '6', addresses: ['source'] }),
    ...(isSet(sender, 'flowlabel') ? exclusive(sender, '4', 'flowlabel') : []),
    ...(first > last ? [{ option: 'first', message: `first is ${first}, behind max-hops, ${last}` }] : []),
    ...(sender['wait'] === undefined || /^\d+(\.\d+)?(,\d+(\.\d+)?){0,2}$/.test(String(sender['wait']))
      ? []
      : [{ option: 'wait', message: `expected seconds as MAX,HERE,NEAR, got '${sender['wait']}'` }]),
  ]
  return { sender, receiver, faults }
}

interface Hop {
  readonly number: number
  readonly line: string
  readonly from: ReadonlySet<string>
  /** ns */
  readonly times: readonly number[]
  readonly unanswered: number
}

/** Nothing marks the end of the output: it is whole when the last hop is the receiver, the last one allowed, or a dead end. */
function readTraceroute({ sender }: Outputs, options: ToolOptions): Reading {
  const [head, address = '', most] =
    /^traceroute to \S+ \((\S+)\), (\d+) hops max(?:, \d+ byte packets)?\n/m.exec(sender.stdout) ?? []
  if (head === undefined || sender.code !== 0)
    return faulty(undefined, `traceroute ${endingOf(sender)}: ${lastWords(sender)}`)
  const hops = [...sender.stdout.slice(sender.stdout.indexOf(head) + head.length).matchAll(/^ *(\d+) (.*)\n/gm)].map(
    hopOf,
  )
  const last = hops.at(-1)
  const isReached = last?.from.has(address) === true && !/!/.test(last.line)
  const isOver = last !== undefined && (isReached || last.number === Number(most) || /![A-Z\d<]/.test(last.line))
  if (!isOver || !sender.stdout.endsWith('\n') || hops.length !== last.number - numberOf(options, 'first', 1) + 1)
    return faulty(undefined, `the output of traceroute ends in the middle: ${lastWords(sender)}`)
  return reading(undefined, {
    reached: one('count', isReached ? 1 : 0),
    hops: isReached ? one('count', last.number) : undefined,
    unanswered: one(
      'count',
      hops.reduce((sum, hop) => sum + hop.unanswered, 0),
    ),
    rtt: isReached ? times(last) : undefined,
    ...Object.fromEntries(
      hops.filter(({ number }) => number <= namedHops.length).map(hop => [`hop-${hop.number}`, times(hop)]),
    ),
  })
}

function hopOf([, number = '', line = '']: RegExpExecArray): Hop {
  const words = line.trim().split(/\s+/)
  return {
    number: Number(number),
    line,
    from: new Set(words.filter(word => /^[0-9a-f]*[.:][0-9a-f.:]*(%\S+)?$/i.test(word) && !/^\d+\.\d+$/.test(word))),
    times: words.flatMap((word, i) => (words[i + 1] === 'ms' ? [Math.round(Number(word) * 1e6)] : [])),
    unanswered: words.filter(word => word === '*').length,
  }
}

const times = (hop: Hop): ToolFigure | undefined => spread('time', Float64Array.from(hop.times))
