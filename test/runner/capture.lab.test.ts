import { spawnSync } from 'node:child_process'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { main } from '../../src/cli/main.ts'
import type { RunEvent } from '../../src/runner/events.ts'
import type { CaptureResult } from '../../src/runner/result.ts'
import { onHost, stateOf, untilAsFound } from '../fixtures/host-state.ts'
import { keptIo } from '../fixtures/io.ts'
import { hostNamed, labReason } from '../fixtures/lab.ts'
import { withRunProcess } from '../fixtures/lab-process.ts'
import { onlyProblem, type RunEnd, reportOn, startRun, withRuns } from '../fixtures/run-on-lab.ts'
import { withShadow } from '../fixtures/shadow-program.ts'
import { sharedLab } from '../fixtures/shared-lab.ts'
import { suite } from '../fixtures/suite.ts'
import { onToolRun, startsOf, toolPlaybook, validity } from '../fixtures/tool-run.ts'

const test = suite('captures on a lab')
const shared = sharedLab({ hosts: ['A', 'C'] })
const reason = labReason()
const limitMs = 90_000

const ping = (more: string) => `echo: {from: A, to: C, tool: ping, ${more}}`
const playbook = (capture: string, flow = ping('c: 5, i: 20ms')) => `${toolPlaybook([flow])}capture: ${capture}\n`

const capturedAt = ({ result }: RunEnd, host: string): CaptureResult => {
  const found = result.captures?.find(each => each.host === host)
  if (found === undefined) throw new Error(`no capture of ${host}: ${JSON.stringify(result)}`)
  return found
}

/** What the real tcpdump reads out of a file, with what it complains of. */
const readBack = (file: string, ...filter: readonly string[]) => {
  const { stdout, stderr, status } = spawnSync('tcpdump', ['-n', '-tt', '-r', file, ...filter], { encoding: 'utf8' })
  assert.is(status, 0, stderr)
  return { lines: stdout.split('\n').filter(line => line !== ''), said: stderr }
}

const warningsOf = (events: readonly RunEvent[]) =>
  events.flatMap(event => (event.kind === 'warning' && event.host !== undefined ? [event.message] : []))

test.unless(
  reason,
  'the playbook passes, and both files hold every packet of the flow, with times in nanoseconds, as tcpdump reads them',
  shared.on(async lab => {
    const found = stateOf(lab)
    await withRuns(async runs => {
      const run = startRun(lab, runs, readFileSync('playbooks/capture.yml', 'utf8'), { file: 'capture.yml' })
      const end = await run.ended
      assert.is(end.code, 0, end.stderr)
      for (const host of ['A', 'C']) {
        const { file = '', ...said } = capturedAt(end, host)
        assert.equal(said, {
          ...{
            host,
            interface: 'eth0',
            filter: 'icmp',
            timestamps: 'host',
            packets: 40,
            precision: 'ns',
            octets: 24 + 40 * (16 + 96),
          },
          ...{ captured: 40, dropped: 0 },
        })
        assert.is(file, `captures/${host}.pcap`)
        const path = join(end.folder, file)
        assert.is(readBack(path).lines.length, 40)
        assert.is(readBack(path, 'icmp[icmptype] == icmp-echo').lines.length, 20)
        // The longest packet is the 98 octets of ping, of which 96 are kept: 24 of the file, 16 of each record.
        assert.is(statSync(path).size, 24 + 40 * (16 + 96))
        assert.match(readFileSync(join(end.folder, 'captures', `${host}.log`), 'utf8'), /^40 packets captured$/m)
      }
      const kinds = run.events.map(({ kind, ...event }) => ('phase' in event ? `${kind} ${event.phase}` : kind))
      const heard = run.events.findLastIndex(event => event.kind === 'process_ready' && event.process === 'capture')
      assert.ok(heard < kinds.indexOf('phase_started gate') && heard > kinds.indexOf('phase_started receivers'))
      const report = await reportOn(end.folder)
      assert.ok(
        /^capture {2}at {4}packets {2}octets {2}dropped {2}timestamps\nA {8}eth0 {7}40 {4}4504 {8}0 {2}host$/m.test(
          report,
        ),
        report,
      )
      assert.match(report, /^capture {5}.*captures\/C\.pcap$/m)
    })
    await untilAsFound(lab, found)
  }),
  { limitMs },
)

test.unless(
  reason,
  'a file that reaches its bound keeps the beginning, whole packets only, and the run says so',
  shared.on(lab =>
    onToolRun(lab, playbook('{on: C, filter: icmp, size: 2k}', ping('c: 50, i: 10ms')), (run, end) => {
      assert.is(end.code, 0, end.stderr)
      const { packets, captured, full, file = '' } = capturedAt(end, 'C')
      // 24 octets of the file, then 16 and 98 of each packet.
      assert.equal([packets, captured, full], [Math.floor((2000 - 24) / 114), 100, true])
      const { lines, said } = readBack(join(end.folder, file))
      assert.is(lines.length, packets)
      assert.not.match(said, /truncated/)
      assert.match(lines[0] ?? '', /seq 1,/)
      assert.equal(warningsOf(run.events), [
        'the capture at eth0 has reached its bound of 2k: later packets are not in it',
      ])
    }),
  ),
  { limitMs },
)

const unusable = [
  {
    what: 'a filter that tcpdump cannot compile',
    capture: '{on: [A, C], filter: udp prt 5201}',
    code: 2,
    problem: 'PLAYBOOK_CAPTURE',
    told: /^tcpdump on [AC] cannot compile 'udp prt 5201': can't parse filter expression: syntax error$/,
    hosts: 2,
  },
  {
    what: 'an interface that is not there',
    capture: '{on: C, interface: eth9}',
    code: 4,
    problem: 'HOST_INTERFACE',
    told: /^tcpdump cannot capture at eth9 of C: eth9: No such device exists$/,
    hosts: 1,
  },
  {
    what: 'timestamps that the interface does not offer',
    capture: '{on: C, timestamps: adapter}',
    code: 4,
    problem: 'HOST_INTERFACE',
    told: /^eth0 of C offers no timestamps of the kind adapter$/,
    hosts: 1,
  },
] as const

for (const { what, capture, code, problem, told, hosts } of unusable)
  test.unless(
    reason,
    `${what} ends the run before anything is started, with its place`,
    shared.on(lab =>
      onToolRun(lab, playbook(capture), (run, end) => {
        assert.is(end.code, code, end.stderr)
        assert.equal(
          end.problems.map(each => each.code),
          Array(hosts).fill(problem),
        )
        for (const { message } of end.problems) assert.match(message, told)
        const at = run.of('problem')[0]?.problem.at
        assert.equal([at?.file, at?.line], ['test.yml', 8])
        assert.equal(run.of('process_started'), [])
      }),
    ),
    { limitMs },
  )

test.unless(
  reason,
  "the card's own clock stamps the packets where that is asked for, and its mode is put back",
  shared.on(lab =>
    onToolRun(lab, playbook('{on: C, filter: icmp, timestamps: adapter_unsynced}'), (run, end) => {
      assert.is(end.code, 0, end.stderr)
      const { packets, timestamps, file = '' } = capturedAt(end, 'C')
      assert.equal([packets, timestamps], [10, 'adapter_unsynced'])
      assert.ok(startsOf(run, 'capture')[0]?.argv.join(' ').includes(' -j adapter_unsynced '))
      assert.is(readBack(join(end.folder, file)).lines.length, 10)
    }),
  ),
  { limitMs },
)

test.unless(
  reason,
  'a host without tcpdump is said with its package, before anything is started',
  shared.on(lab =>
    withShadow(hostNamed(lab, 'C'), 'tcpdump', undefined, () =>
      onToolRun(lab, playbook('all'), (run, end) => {
        assert.is(end.code, 4, end.stderr)
        const { message, hint } = onlyProblem(end, 'HOST_PROGRAM')
        assert.equal([message, hint], ['C has no tcpdump', 'on Debian: apt-get install tcpdump'])
        assert.equal(run.of('process_started'), [])
      }),
    ),
  ),
  { limitMs },
)

test.unless(
  reason,
  'a check says the same of a filter, and what tcpdump would be told, and changes nothing',
  shared.on(async lab => {
    const found = stateOf(lab)
    await withRuns(async runs => {
      writeFileSync(join(runs, 'test.yml'), playbook('{on: C, filter: udp prt 5201}'))
      const { io, stdout } = keptIo(runs)
      const code = await main(['run', 'test.yml', '-i', lab.inventory, '--check'], io)
      assert.is(code, 2)
      assert.match(stdout(), /problem: .*tcpdump on C cannot compile 'udp prt 5201'/)
      assert.match(stdout(), /^ {2}C: tcpdump -i eth0 .* -w - -- 'udp prt 5201'$/m)
    })
    await untilAsFound(lab, found)
  }),
  { limitMs },
)

/** Word: the pid of the shell that a capture was started as. tcpdump is the first child of a first child of a first child. */
const killTcpdump = `pid=$1
while [ "$(cat "/proc/$pid/comm")" != tcpdump ]; do read -r pid rest <"/proc/$pid/task/$pid/children" || :; done
kill -KILL "$pid"`

test.unless(
  reason,
  'a tcpdump that is killed in mid-test voids nothing: what it has seen is kept, and the run says how it ended',
  shared.on(lab =>
    onToolRun(
      lab,
      playbook('{on: C, filter: icmp}', ping('c: 20, i: 100ms')),
      (run, end) => {
        assert.is(end.code, 0, end.stderr)
        assert.equal(validity(end), [true])
        const { packets, fault, file = '' } = capturedAt(end, 'C')
        assert.is(fault, 'tcpdump was ended by signal 9')
        assert.is(readBack(join(end.folder, file)).lines.length, packets)
        assert.equal(warningsOf(run.events), [
          'the capture at eth0 is over before its time: tcpdump was ended by signal 9',
        ])
      },
      async run => {
        await run.until('traffic_started')
        const shell = startsOf(run, 'capture')[0]?.pid
        onHost(hostNamed(lab, 'C'), 'sh', '-ec', killTcpdump, 'sh', String(shell))
      },
    ),
  ),
  { limitMs },
)

test.unless(
  reason,
  'every attempt has a file of its own: that of a void one is kept with what else there is of it',
  shared.on(lab =>
    onToolRun(
      lab,
      playbook('{on: C, filter: icmp}', ping('c: 31, i: 100ms')),
      (run, end) => {
        assert.is(end.code, 0, end.stderr)
        assert.equal(validity(end), [false, true])
        assert.is(capturedAt(end, 'C').packets, 62)
        assert.is(end.result.captures?.length, 1)
        const first = readBack(join(end.folder, 'attempts/1/C.pcap')).lines.length
        assert.ok(first < 62, `${first} packets`)
        assert.equal(
          run.of('capture_collected').map(({ file }) => file),
          ['attempts/1/C.pcap', 'captures/C.pcap'],
        )
      },
      async run => {
        await run.until('traffic_started')
        const victim = startsOf(run, 'snd-echo')[0]
        onHost(hostNamed(lab, 'A'), 'kill', '-KILL', String(victim?.pid))
      },
    ),
  ),
  { limitMs },
)

test.unless(
  reason,
  'Ctrl-C while tcpdump runs leaves nothing on any host',
  shared.on(async lab => {
    const found = stateOf(lab)
    await withRunProcess(lab, playbook('all', ping('c: 100, i: 100ms')), async run => {
      await run.until('traffic_started')
      run.kill('SIGINT')
      const end = await run.ended
      assert.is(end.code, 130, end.stderr)
      assert.equal(warningsOf(run.events), [])
      await untilAsFound(lab, found, { withinMs: 2_000 })
    })
  }),
  { limitMs },
)

test.run()
