import * as assert from 'uvu/assert'
import type { ToolOption, ToolOptions } from '../../src/playbook/play.ts'
import { iperf } from '../../src/tools/iperf.ts'
import { iperf3 } from '../../src/tools/iperf3.ts'
import { nuttcp } from '../../src/tools/nuttcp.ts'
import { ping } from '../../src/tools/ping.ts'
import { traceroute } from '../../src/tools/traceroute.ts'
import { type FlowSite, type Outputs, type TrafficTool, versionFaults } from '../../src/tools/traffic-tool.ts'
import { trafficTools } from '../../src/tools/traffic-tools.ts'
import { ns, utc } from '../../src/units/quantity.ts'
import { plainOption } from '../fixtures/plain-option.ts'
import { suite } from '../fixtures/suite.ts'
import { recordedOutputs } from '../fixtures/tool-outputs.ts'

const test = suite('tools/traffic-tools')

const second = 1_000_000_000n
const site = (over: Partial<FlowSite> = {}): FlowSite => ({
  sender: {},
  receiver: {},
  to: '192.0.2.2',
  from: '192.0.2.1',
  device: 'eth0',
  ports: [6001, 6002],
  folder: '/run/x',
  startAt: undefined,
  inStep: true,
  ...over,
})

const settled = (tool: TrafficTool, sender: ToolOptions, receiver: ToolOptions = {}) => {
  const flow = { name: 'f', from: 'A', to: 'B', sender, receiver, gate: undefined }
  return tool.settle([flow])[0] ?? { sender: {}, receiver: {}, faults: [] }
}

const records = recordedOutputs()

test('every recorded output gives its figures or its fault, as it did when it was recorded', () => {
  assert.ok(records.length > 30, `${records.length} recorded outputs`)
  const isBad = /refused|unknown|killed|ended|busy/
  for (const { name, tool, options, outputs } of records) {
    const { figures, faults } = tool.read(outputs, options)
    assert.is(faults.length > 0, isBad.test(name), `${name}: ${faults.join('; ')}`)
    assert.is(figures.size > 0, !isBad.test(name), name)
  }
})

/** Every way in which one of the texts can have been cut off. */
function* cutShort(outputs: Outputs): Generator<Outputs> {
  const { sender, receiver } = outputs
  const step = (text: string) => (text.length > 2000 ? 7 : 1)
  for (let end = 0; end < sender.stdout.length; end += step(sender.stdout))
    yield { ...outputs, sender: { ...sender, stdout: sender.stdout.slice(0, end) } }
  const text = receiver?.stdout ?? ''
  for (let end = 0; receiver !== undefined && end < text.length; end += step(text))
    yield { ...outputs, receiver: { ...receiver, stdout: text.slice(0, end) } }
}

test('an output cut off anywhere gives a fault, or the very figures of the whole', () => {
  for (const { name, tool, options, outputs } of records) {
    const whole = JSON.stringify([...tool.read(outputs, options).figures])
    for (const cut of cutShort(outputs)) {
      const { figures, faults } = tool.read(cut, options)
      if (faults.length > 0) assert.is(figures.size, 0, name)
      else assert.is(JSON.stringify([...figures]), whole, `${name}, cut to …${cut.sender.stdout.slice(-60)}`)
    }
  }
})

test('JSON that says an error, or is none, or lacks what it should have, is a fault', () => {
  const { outputs, options } = records.find(({ name }) => name === 'iperf3-tcp') as (typeof records)[0]
  const json = JSON.parse(outputs.sender.stdout)
  const faultsOf = (change: object, code: number | undefined) =>
    iperf3.read({ ...outputs, sender: { code, stderr: '', stdout: JSON.stringify({ ...json, ...change }) } }, options)
      .faults
  assert.equal(faultsOf({}, 0), [])
  assert.equal(faultsOf({ error: 'the server is busy' }, 0), ['iperf3 says: the server is busy'])
  assert.match(faultsOf({ end: {} }, 0).join(), 'no sum_sent')
  assert.match(faultsOf({ end: { sum_sent: { bits_per_second: 'many' } } }, 0).join(), 'no sum_sent')
  assert.match(faultsOf({}, 1).join(), 'exit status 1')
  assert.match(faultsOf({}, undefined).join(), 'ended by a signal')
  const long = { ...json.end, sum_sent: { ...json.end.sum_sent, seconds: 965.5 } }
  assert.match(faultsOf({ end: long }, 0).join(), 'measured over 965.5 s, but was told 1 s')
  const busy = { code: 1, stderr: '', stdout: '{"error": "unable to start listener"}' }
  assert.match(iperf3.read({ ...outputs, receiver: busy }, options).faults.join(), 'the receiving iperf3 says: unable')
})

test('zeros of a nuttcp whose server died are no figures', () => {
  const stdout = 'megabytes=0.0000 real_seconds=0.00 rate_Mbps=0.0000 tx_cpu=6 rx_cpu=0 retrans=0 rtt_ms=0.13\n'
  const { figures, faults } = nuttcp.read(
    { sender: { stdout, stderr: '', code: 0 }, receiver: undefined },
    { T: second },
  )
  assert.is(figures.size, 0)
  assert.match(faults.join(), 'no data at all')
})

const hostile = [
  '-f',
  '--logfile=/etc/passwd',
  '-',
  '',
  ' ',
  'a b',
  'a\n--debug',
  'a\0b',
  '$(id)',
  ';id',
  "'",
  '"',
  '`id`',
  '../x y',
]

test('no value can become another option, or a second word', () => {
  for (const tool of trafficTools) {
    for (const [name, option] of Object.entries(tool.options)) {
      for (const value of hostile) {
        const read = plainOption(option, value)
        assert.is(read, undefined, `${tool.name} ${name} takes ${JSON.stringify(value)} as ${String(read)}`)
      }
    }
  }
})

test('no address can become an option', () => {
  for (const tool of trafficTools)
    for (const to of ['-f', '--help', '', 'a b', 'a\n-f'])
      assert.throws(() => tool.sender(site({ to })), /is no address of an end/, `${tool.name} ${to}`)
})

/** A value that an option takes. */
const sample = ({ kind, words, min = 1n, per = 1n, whole }: TrafficTool['options'][string]): ToolOption => {
  if (kind === 'flag') return true
  if (words !== undefined) return words[0] ?? ''
  if (kind === 'address') return '192.0.2.7'
  if (kind === 'word' || kind === 'text' || kind === 'mac') return '12'
  const least = min > per ? min : per
  return whole && least < second ? second : least
}

test('every option reaches exactly one word of the command line of an end that takes it', () => {
  for (const tool of trafficTools) {
    for (const [name, option] of Object.entries(tool.options)) {
      const options = { [name]: sample(option) }
      const sender = tool.sender(site({ sender: options })).argv
      const receiver = tool.receiver(site({ sender: options, receiver: options }))?.argv ?? []
      const isThere = (argv: readonly string[]) =>
        argv.filter(word => word.startsWith(option.flag) && option.flag !== '').length
      const takes = option.end === 'receiver' ? receiver : sender
      assert.ok(
        option.flag === '' ? sender.at(-1) === '1' : isThere(takes) >= 1,
        `${tool.name} ${name}: ${takes.join(' ')}`,
      )
      if (option.end === 'sender') assert.equal(receiver, tool.receiver(site())?.argv ?? [], `${tool.name} ${name}`)
    }
  }
})

const words: readonly (readonly [TrafficTool, ToolOptions, string])[] = [
  [iperf3, { time: 5n * second, bitrate: 2_500_000_000n, omit: second }, '--time=5 --bitrate=2500000000 --omit=1'],
  [iperf3, { 'pacing-timer': 250_000n, 'connect-timeout': second }, '--pacing-timer=250 --connect-timeout=1000'],
  [iperf3, { interval: 250_000_000n, udp: true, reverse: false }, '--udp --interval=0.25'],
  [iperf, { time: 1_500_000_000n, ipv6_domain: true }, '--time=1.5 --ipv6_domain'],
  [nuttcp, { R: 100_000_000n, w: 65_536n, ws: 131_072n, T: second }, '-T1 -R100000 -w64 -ws128'],
  [ping, { c: 5n, i: 10_000_000n, W: 1_500_000_000n, 4: true }, '-4 -c5 -i0.01 -W1.5'],
  [traceroute, { 'max-hops': 3n, sendwait: 50_000_000n, icmp: true }, '--max-hops=3 --sendwait=0.05 --icmp'],
]

test('options are told in the words and the units of the tool', () => {
  for (const [tool, sender, expected] of words) {
    const line = tool.sender(site({ sender })).argv.join(' ')
    assert.ok(line.includes(expected), `${line} should hold ${expected}`)
  }
})

test('a receiver takes the port that it was given, and the options of its own end', () => {
  const of = (tool: TrafficTool, sender: ToolOptions, receiver: ToolOptions = {}) =>
    tool.receiver(site({ sender, receiver }))?.argv.join(' ')
  assert.is(
    of(iperf3, { version6: true, time: second }, { bind: 'fd00::1' }),
    'iperf3 --server --one-off --json --port=6001 --version6 --bind=fd00::1',
  )
  assert.is(
    of(iperf, { udp: true }, { window: 65_536n }),
    'iperf --server --enhanced --format=b --port=6001 --udp --window=65536',
  )
  assert.is(of(nuttcp, {}), 'nuttcp -1 --nofork -P6001 -p6002 -4')
  assert.is(of(ping, {}), undefined)
})

test('iperf is told the instant, unless the other end sends or has a clock of its own', () => {
  const startAt = utc(1_700_000_000_123_456_789n)
  const plan = (sender: ToolOptions) => iperf.sender(site({ sender, startAt }))
  assert.ok(plan({}).argv.includes('--txstart-time=1700000000.123456'))
  assert.is(plan({}).start, 'own')
  assert.is(plan({ reverse: true }).start, 'released')
  assert.is(iperf.sender(site()).start, 'released')
  const apart = iperf.sender(site({ startAt, inStep: false }))
  assert.equal([apart.start, apart.argv.some(word => word.includes('txstart'))], ['released', false])
})

test('a group is joined at the interface of the receiver, and sent to from the address of the sender', () => {
  const group = site({ sender: { udp: true, bandwidth: 5_000_000n, ttl: 3n }, to: '239.1.1.1', device: 'eth2' })
  assert.ok(iperf.receiver(group)?.argv.includes('--bind=239.1.1.1%eth2'))
  assert.ok(iperf.sender(group).argv.includes('--bind=192.0.2.1'))
  const bound = iperf.sender({ ...group, sender: { ...group.sender, bind: '192.0.2.9' } }).argv
  assert.equal(
    bound.filter(word => word.startsWith('--bind')),
    ['--bind=192.0.2.9'],
  )
  assert.not.ok(iperf.receiver(site())?.argv.some(word => word.startsWith('--bind')))
})

const wrong: readonly (readonly [TrafficTool, ToolOptions, string, ToolOptions?])[] = [
  [iperf3, { udp: true }, 'udp without a bitrate would send 1 Mbit/s'],
  [iperf3, { reverse: true, bidir: true }, 'reverse and bidir exclude each other'],
  [iperf3, { time: second, bytes: 1n }, 'time and bytes exclude each other'],
  [iperf3, { tos: 4n, dscp: 'ef' }, 'tos and dscp exclude each other'],
  [iperf3, { dscp: '64' }, "there is no DSCP '64'"],
  [iperf3, { version4: true, bind: 'fd00::1' }, 'fd00::1 is an IPv6 address, but version4 is set'],
  [iperf3, { version4: true, version6: true }, 'version4 and version6 exclude each other'],
  [iperf3, { time: 1_500_000_000n }, 'time is told in whole s, got 1.5s'],
  [iperf3, { 'dont-fragment': true }, 'dont-fragment works only with udp'],
  [iperf3, { udp: true, bitrate: 1n, 'no-delay': true }, 'udp and no-delay exclude each other'],
  [iperf3, { udp: true, bitrate: 1n, length: 8n }, 'a UDP packet holds 16 to 65507 octets of iperf3, got 8'],
  [iperf3, { interval: 50_000_000n }, 'an interval is 0, or at least 100ms'],
  [iperf3, { version6: true }, '10.0.0.1 is an IPv4 address, but version6 is set', { bind: '10.0.0.1' }],
  [iperf3, { affinity: 'x' }, "expected one CPU or two with a comma, got 'x'"],
  [iperf, { udp: true }, 'udp without a bandwidth would send 1 Mbit/s'],
  [iperf, { bandwidth: 1_000_000n }, 'a write of 131072 octets takes longer than a second at this bandwidth'],
  [iperf, { tos: 'af99' }, "iperf has no tos 'af99'"],
  [nuttcp, { u: true }, 'u without R would send as fast as the host can'],
  [nuttcp, { R: 1500n }, 'R is told in multiples of 1000, got 1500'],
  [nuttcp, { 4: true, 6: true }, '4 and 6 exclude each other'],
  [ping, { A: true, f: true }, 'A and f exclude each other'],
  [ping, { p: 'xyz' }, "expected up to 16 octets in hex, got 'xyz'"],
  [traceroute, { icmp: true, tcp: true }, 'icmp and tcp exclude each other'],
  [traceroute, { first: 9n, 'max-hops': 3n }, 'first is 9, behind max-hops, 3'],
]

test('what cannot work is found before any host is touched', () => {
  for (const [tool, sender, message, receiver] of wrong) {
    const { faults } = settled(tool, sender, receiver)
    assert.ok(
      faults.some(fault => fault.message === message),
      `${tool.name}: ${JSON.stringify(faults, (_, v) => (typeof v === 'bigint' ? String(v) : v))}`,
    )
  }
})

test('a test without an end gets the default of the tool', () => {
  assert.is(settled(iperf3, {}).sender['time'], 10n * second)
  assert.is(settled(iperf3, { bytes: 5n }).sender['time'], undefined)
  assert.is(settled(nuttcp, {}).sender['T'], 10n * second)
  assert.is(settled(ping, {}).sender['c'], 10n)
  assert.is(iperf3.sender(site({ sender: { time: second, omit: second } })).lasts, ns(2n * second))
  assert.is(iperf3.sender(site({ sender: { bytes: 1n } })).lasts, undefined)
  assert.is(ping.sender(site({ sender: { c: 3n, i: second } })).lasts, ns(3n * second))
})

test('a figure that the options rule out says why', () => {
  assert.is(iperf3.withoutFigure('lost', {}), 'it needs udp')
  assert.is(iperf3.withoutFigure('lost', { udp: true }), undefined)
  assert.is(iperf3.withoutFigure('lost-percent-reverse', { udp: true }), 'it needs bidir')
  assert.is(iperf3.withoutFigure('retransmits', { udp: true }), 'it needs TCP, and udp is set')
  assert.is(iperf.withoutFigure('latency', { udp: true, parallel: 2n }), 'several streams have none in common')
  assert.is(nuttcp.withoutFigure('retransmits', { N: 2n }), 'several streams have none in common')
  assert.is(ping.withoutFigure('rtt', { s: 8n }), 'packets of less than 16 octets carry no time')
  assert.is(traceroute.withoutFigure('hop-31', {}), 'it lies behind max-hops')
})

test('an option that a version does not have is named', () => {
  assert.equal(versionFaults(iperf3, { bidir: true, reverse: false, time: 1n }, [3, 6]), [
    'bidir needs iperf3 3.7 or later, this is 3.6',
  ])
  assert.equal(versionFaults(iperf3, { bidir: true }, [3, 12]), [])
  assert.equal(versionFaults(iperf3, { bidir: true }, [3, 7]), [])
})

test.run()
