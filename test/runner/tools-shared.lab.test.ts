import { readFileSync } from 'node:fs'
import * as assert from 'uvu/assert'
import { onHost } from '../fixtures/host-state.ts'
import { hostNamed, labReason } from '../fixtures/lab.ts'
import type { RunEnd } from '../fixtures/run-on-lab.ts'
import { sharedLab } from '../fixtures/shared-lab.ts'
import { suite } from '../fixtures/suite.ts'
import { onToolRun, startsOf, validity } from '../fixtures/tool-run.ts'

const test = suite('ends that several flows share, on a lab')
const shared = sharedLab({ hosts: ['A', 'B', 'C'] })
const reason = labReason()
const limitMs = 90_000

const playbook = (flows: readonly string[]) => `name: Shared
hosts: {A: root@a, B: root@b, C: root@c}
vars: {interface: eth0}
sync: none
attempts: 2
flows:
${flows.map(flow => `  ${flow}\n`).join('')}`

const figure = ({ result }: RunEnd, flow: string, name: string) =>
  Number(result.flows.find(each => each.name === flow)?.figures[name])

/** bit/s, to a twentieth: what a second of a busy machine allows. */
const isAbout = (rate: number, wanted: number) => Math.abs(rate - wanted) < wanted / 20

test.unless(
  reason,
  'one receiver serves two senders at once, and each flow has the figures of its own sender',
  shared.on(async lab => {
    const options = 'to: C, tool: iperf, udp: true, len: 1000, time: 1s'
    const tcp = 'to: C, tool: iperf, time: 1s, len: 10000'
    const flows = [
      `u: {from: A, bandwidth: 2M, ${options}}`,
      `v: {from: B, bandwidth: 4M, ${options}, shares: u}`,
      `t: {from: [A, B], bandwidth: 3M, ${tcp}}`,
    ]
    await onToolRun(lab, playbook(flows), (run, end) => {
      assert.is(end.code, 0, end.stderr)
      assert.equal(validity(end), [true])
      assert.equal(
        ['rcv-u', 'rcv-v', 'rcv-t-A', 'rcv-t-B'].map(name => startsOf(run, name).length),
        [1, 0, 1, 0],
      )
      for (const [flow, rate] of [
        ['u', 2e6],
        ['v', 4e6],
        ['t-A', 3e6],
        ['t-B', 3e6],
      ] as const) {
        const [sent, received] = [figure(end, flow, 'sent'), figure(end, flow, 'received')]
        assert.ok(isAbout(sent, rate) && isAbout(received, rate), `${flow}: ${sent} sent, ${received} received`)
      }
      // While it takes up one sender, iperf may miss a datagram of another that begins at the same instant.
      for (const flow of ['u', 'v'])
        assert.ok(figure(end, flow, 'lost') <= 2, `${flow}: ${figure(end, flow, 'lost')} lost`)
      assert.ok(figure(end, 'v', 'packets') > 1.8 * figure(end, 'u', 'packets'))
    })
  }),
  { limitMs },
)

test.unless(
  reason,
  'one sender reaches every listener of its multicast group, and each has figures of its own',
  shared.on(async lab => {
    const flows = [
      'out: {from: A, to: [B, C], tool: iperf, udp: true, bandwidth: 2M, len: 1000, time: 1s, ttl: 3, over: 239.1.1.1}',
      'alone: {from: B, to: C, tool: iperf, udp: true, bandwidth: 1M, len: 1000, time: 1s, over: 239.1.1.2}',
    ]
    await onToolRun(lab, playbook(flows), (run, end) => {
      assert.is(end.code, 0, end.stderr)
      assert.equal(
        ['snd-out-B', 'snd-out-C', 'rcv-out-B', 'rcv-out-C'].map(name => startsOf(run, name).map(({ host }) => host)),
        [['A'], [], ['B'], ['C']],
      )
      for (const [flow, rate] of [
        ['out-B', 2e6],
        ['out-C', 2e6],
        ['alone', 1e6],
      ] as const) {
        const received = figure(end, flow, 'received')
        assert.ok(isAbout(received, rate), `${flow}: ${received} received`)
        assert.is(figure(end, flow, 'lost'), 0)
      }
    })
  }),
  { limitMs },
)

const listener = `use Socket; $| = 1; my ($port) = @ARGV;
socket my $s, PF_INET, SOCK_DGRAM, 0; bind $s, sockaddr_in($port, INADDR_ANY) or die;
while (defined(my $peer = recv $s, my $text, 99, 0)) { send $s, $text, 0, $peer }`
const asker = `use Socket; $| = 1; my ($to, $port) = @ARGV; alarm 5;
socket my $s, PF_INET, SOCK_DGRAM, 0;
send $s, "x", 0, sockaddr_in($port, inet_aton($to)); recv $s, my $text, 99, 0; print "answers ", length $text, "\\n";`

test.unless(
  reason,
  'a receiver of your own serves several senders, each with figures out of its own output',
  shared.on(async lab => {
    const quoted = (text: string) => JSON.stringify(text)
    const flow = `own:
    from: [A, B]
    to: C
    tool: command
    command:
      receiver: [perl, -e, ${quoted(listener)}, "{port}"]
      ready: {port: udp}
      sender: [perl, -e, ${quoted(asker)}, "{address}", "{port}"]
      figures: {answers: {regex: 'answers (\\d+)'}}`
    await onToolRun(lab, playbook([flow]), (run, end) => {
      assert.is(end.code, 0, end.stderr)
      assert.equal([figure(end, 'own-A', 'answers'), figure(end, 'own-B', 'answers')], [1, 1])
      assert.equal([startsOf(run, 'rcv-own-A').length, startsOf(run, 'rcv-own-B').length], [1, 0])
    })
  }),
  { limitMs },
)

test.unless(
  reason,
  'playbooks/several.yml passes from bare hosts',
  shared.on(async lab => {
    await onToolRun(lab, readFileSync('playbooks/several.yml', 'utf8'), (_, end) => {
      assert.is(end.code, 0, end.stderr)
      assert.equal(
        end.result.expectations.map(({ flow, outcome }) => `${flow} ${outcome}`),
        ['in-A met', 'in-B met', 'out-B met', 'out-C met'],
      )
    })
  }),
  { limitMs },
)

test.unless(
  reason,
  'when the common receiver dies, the attempt is void and the next one has a new receiver',
  shared.on(async lab => {
    const flows = ['in: {from: [A, B], to: C, tool: iperf, bandwidth: 2M, len: 10000, time: 2s}']
    let killed = false
    await onToolRun(
      lab,
      playbook(flows),
      (run, end) => {
        assert.ok(killed)
        assert.is(end.code, 0, end.stderr)
        assert.equal(validity(end), [false, true])
        assert.match(end.result.attempts[0]?.reasons.join() ?? '', /rcv-in-A on C was ended by a signal/)
        assert.is(startsOf(run, 'rcv-in-A').length, 2)
      },
      async run => {
        const { pid } = await run.until('process_started', ({ process }) => process === 'rcv-in-A')
        await run.until('traffic_started')
        onHost(hostNamed(lab, 'C'), 'kill', '-KILL', String(pid))
        killed = true
      },
    )
  }),
  { limitMs },
)

test.run()
