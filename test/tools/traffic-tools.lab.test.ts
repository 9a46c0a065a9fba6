import * as assert from 'uvu/assert'
import type { ToolOptions } from '../../src/playbook/play.ts'
import { measuredValue } from '../../src/stats/tool-figure.ts'
import { iperf } from '../../src/tools/iperf.ts'
import { iperf3 } from '../../src/tools/iperf3.ts'
import { nuttcp } from '../../src/tools/nuttcp.ts'
import { ping } from '../../src/tools/ping.ts'
import { tracepath } from '../../src/tools/tracepath.ts'
import { traceroute } from '../../src/tools/traceroute.ts'
import { isKnownVersion, type Reading, type TrafficTool } from '../../src/tools/traffic-tool.ts'
import { trafficTools } from '../../src/tools/traffic-tools.ts'
import { labReason, say } from '../fixtures/lab.ts'
import { suite } from '../fixtures/suite.ts'
import { recorded } from '../fixtures/tool-outputs.ts'
import { type RanFlow, type RunHow, type ToolRig, withToolRig } from '../fixtures/tool-rig.ts'

// The real programs between two network namespaces. LOCKSTEP_RECORD=1 keeps what they printed as fixtures.

const test = suite('tools on the wire')
const reason = labReason()

const second = 1_000_000_000n

interface Live {
  readonly name: string
  readonly tool: TrafficTool
  readonly options: ToolOptions
  readonly how?: RunHow
  /** What the figures have to be, out of the tool's own words, found by another way than ours. */
  readonly own: (ran: RanFlow) => Readonly<Record<string, number>>
  readonly holds?: (value: (name: string) => number) => void
}

const end = ({ outputs }: RanFlow) => JSON.parse(outputs.sender.stdout).end
const words = ({ outputs }: RanFlow, pattern: RegExp) => pattern.exec(outputs.sender.stdout)?.slice(1).map(Number) ?? []
const receiverWords = ({ outputs }: RanFlow, pattern: RegExp) =>
  pattern
    .exec(outputs.receiver?.stdout ?? '')
    ?.slice(1)
    .map(Number) ?? []

const flows: readonly Live[] = [
  {
    name: 'iperf3-tcp',
    tool: iperf3,
    options: { time: second, parallel: 2n, omit: second, bitrate: 20_000_000n },
    own: ran => {
      const { sum_sent, sum_received, cpu_utilization_percent } = end(ran)
      return {
        sent: sum_sent.bits_per_second,
        received: sum_received.bits_per_second,
        retransmits: sum_sent.retransmits,
        'cpu-sender': cpu_utilization_percent.host_total,
      }
    },
    holds: value => assert.ok(value('sent') > 35e6 && value('sent') < 45e6, `${value('sent')} bit/s`),
  },
  {
    name: 'iperf3-udp',
    tool: iperf3,
    options: { udp: true, time: second, bitrate: 5_000_000n, 'get-server-output': true, dscp: 'ef' },
    own: ran => {
      const { sum, sum_received } = end(ran)
      return {
        received: sum_received.bits_per_second,
        lost: sum.lost_packets,
        packets: sum.packets,
        'lost-percent': sum.lost_percent,
        jitter: sum.jitter_ms * 1e6,
      }
    },
    holds: value => assert.ok(value('received') > 4.5e6 && value('received') < 5.5e6),
  },
  {
    name: 'iperf3-bidir',
    tool: iperf3,
    options: { bidir: true, udp: true, time: second, bitrate: 2_000_000n },
    own: ran => ({
      received: end(ran).sum_received.bits_per_second,
      'received-reverse': end(ran).sum_received_bidir_reverse.bits_per_second,
      'packets-reverse': end(ran).sum_received_bidir_reverse.packets,
      'out-of-order': 0,
    }),
  },
  {
    name: 'iperf3-reverse6',
    tool: iperf3,
    options: { reverse: true, version6: true, time: second, bitrate: 10_000_000n },
    how: { to: 'fd77:2::1' },
    own: ran => ({ sent: end(ran).sum_sent.bits_per_second, received: end(ran).sum_received.bits_per_second }),
  },
  {
    name: 'iperf-tcp',
    tool: iperf,
    options: { time: second, bandwidth: 20_000_000n, parallel: 2n },
    own: ran => ({
      sent: words(ran, /\[SUM\].* (\d+) bits\/sec/)[0] ?? Number.NaN,
      received: receiverWords(ran, /\[SUM\].* (\d+) bits\/sec/)[0] ?? Number.NaN,
      retransmits: words(ran, /\[SUM\].*bits\/sec +\d+\/\d+ +(\d+)/)[0] ?? Number.NaN,
    }),
  },
  {
    name: 'iperf-udp',
    tool: iperf,
    options: { udp: true, time: second, bandwidth: 5_000_000n, len: 1000n },
    own: ran => {
      const [rate = 0, jitter = 0, lost = 0, packets = 0] = receiverWords(
        ran,
        /(\d+) bits\/sec +([\d.]+) ms (\d+)\/(\d+)/,
      )
      return { received: rate, jitter: Math.round(jitter * 1e6), lost, packets }
    },
  },
  {
    name: 'iperf-reverse6',
    tool: iperf,
    options: { reverse: true, time: second, bandwidth: 10_000_000n },
    how: { to: 'fd77:2::1' },
    own: ran => ({
      received: words(ran, /(\d+) bits\/sec/)[0] ?? Number.NaN,
      sent: receiverWords(ran, /(\d+) bits\/sec/)[0] ?? Number.NaN,
    }),
  },
  {
    name: 'nuttcp-tcp',
    tool: nuttcp,
    options: { T: second, R: 20_000_000n, N: 2n },
    own: ran => ({ received: (words(ran, /rate_Mbps=(\S+)/)[0] ?? Number.NaN) * 1e6 }),
  },
  {
    name: 'nuttcp-one',
    tool: nuttcp,
    options: { T: second, R: 20_000_000n },
    own: ran => ({ retransmits: words(ran, /retrans=(\d+)/)[0] ?? Number.NaN }),
  },
  {
    name: 'nuttcp-udp',
    tool: nuttcp,
    options: { u: true, T: second, R: 5_000_000n },
    own: ran => ({
      received: (words(ran, /rate_Mbps=(\S+)/)[0] ?? Number.NaN) * 1e6,
      lost: words(ran, /drop=(\d+)/)[0] ?? Number.NaN,
      packets: words(ran, /pkt=(\d+)/)[0] ?? Number.NaN,
    }),
  },
  {
    name: 'nuttcp-reverse',
    tool: nuttcp,
    options: { r: true, T: second, R: 20_000_000n },
    own: ran => ({ received: (words(ran, /rate_Mbps=(\S+)/)[0] ?? Number.NaN) * 1e6 }),
  },
  {
    name: 'ping',
    tool: ping,
    options: { c: 20n, i: 10_000_000n },
    own: ran => {
      const [min = 0, mean = 0, max = 0, stddev = 0] = words(ran, /= ([\d.]+)\/([\d.]+)\/([\d.]+)\/([\d.]+) ms/)
      const [sent = 0, received = 0] = words(ran, /(\d+) packets transmitted, (\d+) received/)
      return {
        sent,
        received,
        lost: sent - received,
        'rtt.min': min * 1e6,
        'rtt.mean': mean * 1e6,
        'rtt.max': max * 1e6,
        'rtt.stddev': stddev * 1e6,
        'rtt.p100': max * 1e6,
        'rtt.p0': min * 1e6,
      }
    },
  },
  {
    name: 'ping6',
    tool: ping,
    options: { c: 3n, i: 10_000_000n },
    how: { to: 'fd77:2::1' },
    own: () => ({ lost: 0, sent: 3 }),
  },
  { name: 'ping-flood', tool: ping, options: { c: 200n, f: true }, own: () => ({ lost: 0, sent: 200 }) },
  {
    name: 'ping-nobody',
    tool: ping,
    options: { c: 3n, i: 20_000_000n, W: 100_000_000n },
    how: { to: '10.77.2.99' },
    own: () => ({ sent: 3, received: 0, lost: 3, 'lost-percent': 100 }),
  },
  {
    name: 'traceroute',
    tool: traceroute,
    options: {},
    own: ran => ({
      hops: 2,
      reached: 1,
      'hop-1.p100': Math.max(...words(ran, /^ 1 .*? ([\d.]+) ms {2}([\d.]+) ms {2}([\d.]+) ms/m)) * 1e6,
    }),
  },
  {
    name: 'traceroute6-icmp',
    tool: traceroute,
    options: { icmp: true, queries: 2n },
    how: { to: 'fd77:2::1' },
    own: () => ({ hops: 2, reached: 1 }),
  },
  {
    name: 'traceroute-nobody',
    tool: traceroute,
    options: { 'max-hops': 3n, wait: '0.2' },
    how: { to: '10.77.2.99' },
    own: () => ({ reached: 0, unanswered: 6 }),
  },
  { name: 'tracepath', tool: tracepath, options: {}, own: () => ({ pmtu: 1400, hops: 2, reached: 1 }) },
  {
    name: 'tracepath6',
    tool: tracepath,
    options: {},
    how: { to: 'fd77:2::1' },
    own: () => ({ pmtu: 1400, hops: 2, reached: 1 }),
  },
]

const valueIn = ({ figures, faults }: Reading, name: string): number => {
  const [figure = '', statistic] = name.split('.')
  const found = figures.get(figure)
  if (found === undefined) throw new Error(`no figure ${figure}: ${faults.join('; ') || [...figures.keys()].join(' ')}`)
  return measuredValue(found, statistic) ?? Number.NaN
}

for (const { name, tool, options, how, own, holds } of flows) {
  test.unless(reason, `${name}: our figures are those that the program itself gives`, () =>
    withToolRig(async rig => {
      const ran = await rig.run(tool, options, how)
      recorded(name, ran)
      const reading = tool.read(ran.outputs, ran.options)
      assert.equal(reading.faults, [])
      for (const [figure, value] of Object.entries(own(ran))) assert.is(valueIn(reading, figure), value, figure)
      holds?.(figure => valueIn(reading, figure))
      const named = [...reading.figures.keys()]
      assert.equal(
        named.filter(
          figure => tool.figures[figure] === undefined || tool.withoutFigure(figure, ran.options) !== undefined,
        ),
        [],
        'figures that the tool does not promise',
      )
    }),
  )
}

interface Broken {
  readonly name: string
  readonly tool: TrafficTool
  readonly options: ToolOptions
  readonly how: RunHow
  readonly fault: RegExp
}

const killReceiver = { afterMs: 700, act: ({ receiver }: { receiver: number }) => process.kill(receiver, 'SIGKILL') }
const endSender = { afterMs: 700, act: ({ sender }: { sender: number }) => process.kill(sender, 'SIGTERM') }

const broken: readonly Broken[] = [
  {
    name: 'iperf3-refused',
    tool: iperf3,
    options: { time: second },
    how: { alone: true },
    fault: /iperf3 says: unable to connect to server: Connection refused/,
  },
  {
    name: 'iperf3-unknown',
    tool: iperf3,
    options: { time: second },
    how: { alone: true, to: 'nohost.invalid' },
    fault: /iperf3 says: unable to connect/,
  },
  {
    name: 'iperf3-receiver-killed',
    tool: iperf3,
    options: { time: 3n * second },
    how: { disturb: killReceiver },
    fault: /iperf3 says: /,
  },
  {
    name: 'iperf3-ended',
    tool: iperf3,
    options: { time: 3n * second },
    how: { disturb: endSender },
    fault: /iperf3 says: interrupt/,
  },
  {
    name: 'iperf-refused',
    tool: iperf,
    options: { time: second },
    how: { alone: true },
    fault: /iperf ended with .* and says: .*(refused|failed)/,
  },
  {
    name: 'iperf-receiver-killed',
    tool: iperf,
    options: { time: 3n * second },
    how: { disturb: killReceiver },
    fault: /write failed/,
  },
  {
    name: 'iperf-udp-receiver-killed',
    tool: iperf,
    options: { udp: true, bandwidth: 1_000_000n, len: 1000n, time: 2n * second },
    how: { disturb: killReceiver },
    fault: /failed|WARNING/,
  },
  {
    name: 'nuttcp-refused',
    tool: nuttcp,
    options: { T: second },
    how: { alone: true },
    fault: /nuttcp .*(refused|classic)/,
  },
  {
    name: 'nuttcp-receiver-killed',
    tool: nuttcp,
    options: { T: 3n * second },
    how: { disturb: killReceiver },
    fault: /nuttcp/,
  },
  {
    name: 'ping-unknown',
    tool: ping,
    options: {},
    how: { to: 'nohost.invalid' },
    fault: /ping ended with exit status 2 .*nohost/,
  },
  {
    name: 'ping-killed',
    tool: ping,
    options: {},
    how: { disturb: { ...endSender, act: ({ sender }) => process.kill(sender, 'SIGKILL') } },
    fault: /ping was ended by a signal/,
  },
  {
    name: 'traceroute-unknown',
    tool: traceroute,
    options: {},
    how: { to: 'nohost.invalid' },
    fault: /traceroute ended with exit status 2/,
  },
  {
    name: 'tracepath-unknown',
    tool: tracepath,
    options: {},
    how: { to: 'nohost.invalid' },
    fault: /tracepath ended with exit status 1/,
  },
]

for (const { name, tool, options, how, fault } of broken) {
  test.unless(reason, `${name}: a named fault, and no figure`, () =>
    withToolRig(async rig => {
      const ran = await rig.run(tool, options, how)
      recorded(name, ran)
      const { figures, faults } = tool.read(ran.outputs, ran.options)
      assert.match(faults.join('; '), fault)
      assert.is(figures.size, 0)
    }),
  )
}

test.unless(reason, 'a second client of a busy iperf3 is a fault, and does not disturb the first', () =>
  withToolRig(async (rig: ToolRig) => {
    const first = rig.run(iperf3, { time: 2n * second, bitrate: 1_000_000n })
    await rig.untilConnected(5201)
    const late = await rig.run(iperf3, { time: second }, { alone: true })
    recorded('iperf3-busy', late)
    assert.match(iperf3.read(late.outputs, late.options).faults.join(), /iperf3 says: .*busy/)
    const { outputs, options } = await first
    assert.equal(iperf3.read(outputs, options).faults, [])
  }),
)

for (const tool of trafficTools) {
  for (const program of [tool.programs.sender, tool.programs.receiver]) {
    if (program === undefined) continue
    test.unless(reason, `the installed ${program.name} is of a known version`, async () => {
      const { stdout, stderr } = await say(program.askVersion)
      const version = program.readVersion(stdout + stderr)
      assert.ok(version !== undefined, stdout + stderr)
      assert.ok(isKnownVersion(program, version), version.join('.'))
    })
    break
  }
}

test.unless(reason, 'iperf sends its first data at the instant, though it has connected before', () =>
  withToolRig(async rig => {
    const data = 'tcp dst port 5001 and greater 1000'
    const capture = say([...rig.on('a'), 'timeout', '10', 'tcpdump', '-ttnnc1', '-i', 'eth0', data])
    const ran = await rig.run(iperf, { time: second, bandwidth: 2_000_000n })
    const { stdout } = await capture
    const lateMs = Number.parseFloat(stdout) * 1000 - Number(ran.startAt / 1_000_000n)
    assert.ok(lateMs > -1 && lateMs < 200, `first data ${lateMs} ms after the instant: ${stdout}`)
    assert.ok((ran.launch.released ?? ran.startAt) < ran.startAt, 'it was started before')
  }),
)

test.run()
