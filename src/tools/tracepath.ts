import type { GivenFlow } from '../playbook/tool-description.ts'
import { one } from '../stats/tool-figure.ts'
import { ns } from '../units/quantity.ts'
import { exclusive, isSet, type TrafficOption, wordsOf } from './traffic-options.ts'
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

/** The options of tracepath (iputils 20221126, tracepath(8)); they have letters only. */
const options = {
  4: { kind: 'flag', end: 'sender', flag: '-4', summary: 'Use IPv4. Default: as the address of the receiver is.' },
  6: { kind: 'flag', end: 'sender', flag: '-6', summary: 'Use IPv6. Default: as the address of the receiver is.' },
  l: {
    kind: 'octets',
    end: 'sender',
    flag: '-l',
    min: 100n,
    max: 65_535n,
    summary: 'Octets of the first probe. Default 65535 with IPv4, 128000 with IPv6.',
  },
  m: { kind: 'count', end: 'sender', flag: '-m', min: 1n, max: 255n, summary: 'The last hop asked. Default 30.' },
  p: { kind: 'port', end: 'sender', flag: '-p', summary: 'The first destination port. Default 44444.' },
} as const satisfies Readonly<Record<string, TrafficOption>>

const refused = {
  b: 'names are not looked up',
  n: 'it is always set',
  V: 'it makes tracepath print its version and stop',
} as const

/** tracepath of iputils: the MTU of the path, as nobody but the sending host may see it. */
export const tracepath: TrafficTool = {
  name: 'tracepath',
  options,
  refused,
  figures: {
    pmtu: { kind: 'octets', shape: 'one', summary: 'MTU of the path as far as it was followed.' },
    reached: { kind: 'count', shape: 'one', summary: '1 when the receiver answered, else 0.' },
    hops: { kind: 'count', shape: 'one', summary: 'Hops to the receiver; not measured when it is not reached.' },
    back: { kind: 'count', shape: 'one', summary: 'Hops of the way back, guessed from the time to live.' },
    rtt: { kind: 'time', shape: 'one', summary: 'From the last probe to the answer of the receiver.' },
  },
  settle: flows =>
    flows.map(({ sender, receiver }: GivenFlow) => ({ sender, receiver, faults: exclusive(sender, '4', '6') })),
  // Nothing is started at the receiving end.
  sharing: () => undefined,
  withoutFigure: () => undefined,
  asksForV6: sender => isSet(sender, '6'),
  programs: {
    sender: {
      name: 'tracepath',
      package: 'iputils-tracepath',
      askVersion: ['tracepath', '-V'],
      readVersion: text => versionIn(text, /^tracepath from iputils (\d+)/m),
      known: { from: [20221126], to: [20221126] },
    },
    receiver: undefined,
  },
  ports: () => [],
  receiver: () => undefined,
  sender: ({ sender, to }) => ({
    argv: ['tracepath', '-n', ...wordsOf(options, sender), '--', endpoint(to)],
    start: 'released',
    lasts: undefined,
    grace: ns(10_000_000_000n),
  }),
  read: readTracepath,
}

const resume = /^ +Resume: pmtu (\d+)(?: hops (\d+))?(?: back (\d+))? *\n$/m

function readTracepath({ sender }: Outputs): Reading {
  const [line, pmtu, hops, back] = resume.exec(sender.stdout) ?? []
  if (line === undefined || sender.code !== 0)
    return faulty(undefined, `tracepath ${endingOf(sender)} without its last line: ${lastWords(sender)}`)
  const rtt = /([\d.]+)ms reached/.exec(sender.stdout)?.[1]
  return reading(undefined, {
    pmtu: one('octets', Number(pmtu)),
    reached: one('count', hops === undefined ? 0 : 1),
    hops: hops === undefined ? undefined : one('count', Number(hops)),
    back: back === undefined ? undefined : one('count', Number(back)),
    rtt: hops === undefined || rtt === undefined ? undefined : one('time', Math.round(Number(rtt) * 1e6)),
  })
}
