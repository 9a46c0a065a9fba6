import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { onHost } from '../fixtures/host-state.ts'
import { hostNamed, labReason } from '../fixtures/lab.ts'
import { onlyProblem, type RunOnLab } from '../fixtures/run-on-lab.ts'
import { withShadow } from '../fixtures/shadow-program.ts'
import { sharedLab } from '../fixtures/shared-lab.ts'
import { suite } from '../fixtures/suite.ts'
import { iperf3Flow, onToolRun, startsOf, toolPlaybook, validity } from '../fixtures/tool-run.ts'

const test = suite('faults of traffic tools, on a lab')
const shared = sharedLab({ hosts: ['A', 'C'] })
const reason = labReason()
const limitMs = 90_000

const voidReasons = (run: RunOnLab) => run.of('attempt_void').flatMap(({ reasons }) => reasons)

const seconds = 3
/** A flow that lasts longer than the victim's; beside one of them is enough, as it takes ten seconds each time. */
const longer = 'long: {from: A, to: C, tool: ping, c: 10, i: 1s}'
const victims = [
  { what: 'the iperf3 that receives', flow: 'tool: iperf3, bitrate: 5M, time: 3s', process: 'rcv-f' },
  { what: 'the iperf3 that sends', flow: 'tool: iperf3, udp: true, bitrate: 5M, time: 3s', process: 'snd-f' },
  { what: 'the iperf that receives', flow: 'tool: iperf, bandwidth: 5M, time: 3s', process: 'rcv-f' },
  { what: 'the iperf that receives UDP', flow: 'tool: iperf, udp: true, bandwidth: 5M, time: 3s', process: 'rcv-f' },
  { what: 'the nuttcp that receives', flow: 'tool: nuttcp, R: 5M, T: 3s', process: 'rcv-f' },
  { what: 'the nuttcp that sends', flow: 'tool: nuttcp, u: true, R: 5M, T: 3s', process: 'snd-f' },
  { what: 'a ping', flow: 'tool: ping, c: 31, i: 100ms', process: 'snd-f' },
] as const

for (const [i, { what, flow, process }] of victims.entries())
  test.unless(
    reason,
    `${what} is killed in mid-test: the attempt is void at once, what there is of it is kept, and the next one counts`,
    shared.on(lab =>
      onToolRun(
        lab,
        toolPlaybook([`f: {from: A, to: C, ${flow}}`, ...(i === 0 ? [longer] : [])], 8),
        (run, end) => {
          assert.is(end.code, 0, end.stderr)
          // On a busy machine a later one may be void as well.
          assert.equal([validity(end)[0], validity(end).at(-1)], [false, true])
          const told = process === 'rcv-f' ? /^rcv-f on C was ended by a signal$/ : /^f: .*was ended by a signal/
          assert.ok(
            voidReasons(run).some(each => told.test(each)),
            voidReasons(run).join('; '),
          )
          assert.is(startsOf(run, process).length, validity(end).length)
          if (i !== 0) return
          assert.ok(end.files.includes('attempts/1/long.sender.out'), end.files.join(' '))
          const [began, voided] = [run.of('traffic_started')[0], run.of('attempt_void')[0]]
          const tookMs = Date.parse(voided?.at ?? '') - Date.parse(began?.at ?? '')
          assert.ok(tookMs < 9_500, `void after ${tookMs} ms, though another flow lasts longer`)
        },
        async run => {
          await run.until('traffic_started')
          // The common start is less than a second away.
          await sleep(seconds * 600)
          const victim = startsOf(run, process)[0]
          onHost(hostNamed(lab, victim?.host ?? ''), 'kill', '-KILL', String(victim?.pid))
        },
      ),
    ),
    { limitMs },
  )

const missing = [
  { what: 'the receiver', host: 'C', told: 'C has no iperf3' },
  { what: 'the sender', host: 'A', told: 'A has no iperf3' },
] as const

for (const { what, host, told } of missing)
  test.unless(
    reason,
    `a program that ${what} lacks is said with its package, before anything is started`,
    shared.on(lab =>
      withShadow(hostNamed(lab, host), 'iperf3', undefined, () =>
        onToolRun(lab, toolPlaybook([iperf3Flow('bulk')]), (run, end) => {
          assert.is(end.code, 4, end.stderr)
          const { message, hint } = onlyProblem(end, 'HOST_PROGRAM')
          assert.equal([message, hint], [told, 'on Debian: apt-get install iperf3'])
          assert.equal(run.of('process_started'), [])
        }),
      ),
    ),
    { limitMs },
  )

test.unless(
  reason,
  'of several tools the first that both ends have is used, with its own options',
  shared.on(lab =>
    withShadow(hostNamed(lab, 'C'), 'iperf3', undefined, () =>
      onToolRun(
        lab,
        toolPlaybook([
          'f: {from: A, to: C, tool: [iperf3, iperf], iperf3: {bitrate: 5M}, iperf: {bandwidth: 4M}, time: 1s}',
        ]),
        (run, end) => {
          assert.is(end.code, 0, end.stderr)
          assert.is(end.result.flows[0]?.tool, 'iperf')
          assert.ok(
            startsOf(run, 'snd-f')[0]?.argv.includes('--bandwidth=4000000'),
            String(startsOf(run, 'snd-f')[0]?.argv),
          )
        },
      ),
    ),
  ),
  { limitMs },
)

/** What one attempt comes to when a program is as no manual says, with exit code 3. */
const disturbed = [
  {
    what: 'a sender that hangs and ignores TERM is ended at its deadline',
    ...{ host: 'A', program: 'ping', flow: 'f: {from: A, to: C, tool: ping, c: 1, i: 200ms, W: 1s}' },
    script: '[ "$1" = -V ] && exec $real -V\ntrap "" TERM HUP INT PIPE\nwhile :; do sleep 1; done',
    told: /sender f on A was still there 6\.2 s after its start, and was ended/,
  },
  {
    what: 'a receiver that hangs and ignores TERM before it listens is ended, and the run with it',
    ...{ host: 'C', program: 'iperf3', flow: iperf3Flow('f') },
    script:
      'case " $* " in *" --server "*) trap "" TERM HUP INT PIPE; while :; do sleep 1; done;; esac\nexec $real "$@"',
    told: /rcv-f on C was not ready within 10000 ms/,
  },
  {
    what: 'JSON that ends in the middle',
    ...{ host: 'A', program: 'iperf3', flow: iperf3Flow('f') },
    script: '[ "$1" = --version ] && exec $real --version\n$real "$@" | head -c 700',
    told: /f: iperf3 ended with exit status 0 without whole JSON/,
  },
  {
    what: 'text that ends in the middle',
    ...{ host: 'A', program: 'ping', flow: 'f: {from: A, to: C, tool: ping, c: 3, i: 100ms}' },
    script: '[ "$1" = -V ] && exec $real -V\n$real "$@" | head -c 150',
    told: /f: ping ended with exit status 0/,
  },
  {
    what: 'JSON of an error',
    ...{ host: 'A', program: 'ping', flow: iperf3Flow('f', 'congestion: nonesuch') },
    script: 'exec $real "$@"',
    told: /f: iperf3 says: .*congestion|rcv-f on C ended with exit status 1/i,
  },
] as const

for (const { what, host, program, flow, script, told } of disturbed)
  test.unless(
    reason,
    `${what}: no figures, and the run is invalid`,
    shared.on(lab =>
      withShadow(hostNamed(lab, host), program, script, () =>
        onToolRun(lab, toolPlaybook([flow], 1), (run, end) => {
          assert.is(end.code, 3, end.stderr)
          const said = [...voidReasons(run), ...end.problems.map(({ message }) => message)].join('; ')
          assert.match(said, told)
          assert.equal(end.result.flows[0]?.figures, {})
        }),
      ),
    ),
    { limitMs },
  )

test.unless(
  reason,
  'a version that nobody has looked at is used, said to be unknown, and kept with the flow',
  shared.on(lab =>
    withShadow(
      hostNamed(lab, 'A'),
      'iperf3',
      '[ "$1" = --version ] && { echo "iperf 9.9.9 (cJSON 1.7.15)"; exit; }\nexec $real "$@"',
      () =>
        onToolRun(lab, toolPlaybook([iperf3Flow('f')]), (run, end) => {
          assert.is(end.code, 0, end.stderr)
          const told = run.of('warning').filter(({ message }) => message.includes('iperf3'))
          assert.equal(
            told.map(({ host, message, hint }) => [host, message, hint]),
            [['A', 'iperf3 9.9.9 is not known to us: its output may be another', 'known: 3.12']],
          )
          assert.equal(end.result.flows[0]?.versions, { A: '9.9.9', C: '3.12' })
          const printed = readFileSync(join(end.folder, 'flows/f.sender.out'), 'utf8')
          assert.match(printed, /"version":\s*"iperf 3\.12"/)
        }),
    ),
  ),
  { limitMs },
)

test.run()
