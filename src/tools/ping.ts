import type { ToolOptions } from '../playbook/play.ts'
import type { GivenFlow, SettledFlow } from '../playbook/tool-description.ts'
import { one, spread } from '../stats/tool-figure.ts'
import { ns } from '../units/quantity.ts'
import { pingOptions, pingRefused } from './ping-options.ts'
import { durationOf, exclusive, familyFaults, isSet, numberOf, wholeFaults, wordsOf } from './traffic-options.ts'
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

const second = 1_000_000_000n

/** ping of iputils. The far end answers by itself. */
export const ping: TrafficTool = {
  name: 'ping',
  options: pingOptions,
  refused: pingRefused,
  figures: {
    sent: { kind: 'count', shape: 'one', summary: 'Echo requests sent.' },
    received: { kind: 'count', shape: 'one', summary: 'Echo requests that were answered.' },
    lost: { kind: 'count', shape: 'one', summary: 'Echo requests that were not answered.' },
    'lost-percent': { kind: 'ratio', shape: 'one', summary: 'Share of the requests that were not answered.' },
    duplicates: { kind: 'count', shape: 'one', summary: 'Answers to a request that was answered before.' },
    errors: { kind: 'count', shape: 'one', summary: 'ICMP errors that came instead of an answer.' },
    rtt: { kind: 'time', shape: 'spread', summary: 'From request to answer; stddev is what ping calls mdev.' },
  },
  settle: flows => flows.map(settleOne),
  // Nothing is started at the receiving end.
  sharing: () => undefined,
  withoutFigure: (figure, sender) =>
    figure === 'rtt' && numberOf(sender, 's', 56) < timestampOctets
      ? `packets of less than ${timestampOctets} octets carry no time`
      : undefined,
  asksForV6: sender => isSet(sender, '6'),
  programs: {
    sender: {
      name: 'ping',
      package: 'iputils-ping',
      askVersion: ['ping', '-V'],
      readVersion: text => versionIn(text, /^ping from iputils (\d+)/m),
      known: { from: [20221126], to: [20221126] },
    },
    receiver: undefined,
  },
  ports: () => [],
  receiver: () => undefined,
  sender: ({ sender, to }) => ({
    argv: ['ping', '-n', ...wordsOf(pingOptions, sender), '--', endpoint(to)],
    start: 'released',
    lasts: ns(BigInt(numberOf(sender, 'c', defaultCount)) * intervalOf(sender)),
    // ping waits for the last answer 10 s, or twice the longest round trip, or as -W says.
    grace: ns(durationOf(sender, 'W', 10n * second) + 5n * second),
  }),
  read: readPing,
}

const defaultCount = 10
/** A struct timeval. */
const timestampOctets = 16

const intervalOf = (sender: ToolOptions): bigint => durationOf(sender, 'i', isSet(sender, 'f') ? second / 100n : second)

function settleOne({ sender, receiver }: GivenFlow): SettledFlow {
  const faults = [
    ...wholeFaults(pingOptions, sender),
    ...exclusive(sender, 'A', 'f'),
    ...familyFaults(sender, { v4: '4', v6: '6', addresses: ['I'] }),
    ...(isSet(sender, 'F') ? exclusive(sender, '4', 'F') : []),
    ...(sender['p'] === undefined || /^([0-9a-f]{2}){1,16}$/i.test(String(sender['p']))
      ? []
      : [{ option: 'p', message: `expected up to 16 octets in hex, got '${sender['p']}'` }]),
  ]
  return { sender: sender['c'] === undefined ? { ...sender, c: BigInt(defaultCount) } : sender, receiver, faults }
}

const summary =
  /^(\d+) packets transmitted, (\d+) received(?:, \+(\d+) duplicates)?(?:, \+\d+ corrupted)?(?:, \+(\d+) errors)?, ([\d.]+)% packet loss, time \d+ms\n/m
const rttLine = /^rtt min\/avg\/max\/mdev = ([\d.]+)\/([\d.]+)\/([\d.]+)\/([\d.]+) ms.*\n/m

/** No answer at all is a result (exit status 1), as long as the statistics are there. */
function readPing({ sender }: Outputs, options: ToolOptions): Reading {
  const [line, sent, received, duplicates = '0', errors = '0', percent] = summary.exec(sender.stdout) ?? []
  if (line === undefined || (sender.code !== 0 && sender.code !== 1))
    return faulty(undefined, `ping ${endingOf(sender)} without statistics: ${lastWords(sender)}`)
  const [rtt, ...said] = rttLine.exec(sender.stdout) ?? []
  const isTimed = Number(received) > 0 && numberOf(options, 's', 56) >= timestampOctets
  if (isTimed && rtt === undefined) return faulty(undefined, 'the output of ping ends before its round-trip times')
  const samples = [...sender.stdout.matchAll(/^(?:\[[\d.]+\] )?\d+ bytes from .* time=([\d.]+) ms$/gm)]
  if (isTimed && !isSet(options, 'f') && samples.length !== Number(received))
    return faulty(undefined, `ping counts ${received} answers, but its output holds ${samples.length}`)
  const [min = 0, mean = 0, max = 0, stddev = 0] = said.map(fromMs)
  return reading(undefined, {
    sent: one('count', Number(sent)),
    received: one('count', Number(received)),
    lost: one('count', Number(sent) - Number(received)),
    'lost-percent': one('ratio', Number(percent)),
    duplicates: one('count', Number(duplicates)),
    errors: one('count', Number(errors)),
    rtt: isTimed
      ? spread(
          'time',
          Float64Array.from(samples, match => fromMs(match[1] ?? '')),
          { min, mean, max, stddev },
        )
      : undefined,
  })
}

/** ms with at most three decimals in ns, exact. */
const fromMs = (text: string) => Math.round(Number(text) * 1e6)
