import { setTimeout as sleep } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import type { LabHost } from '../../src/lab/lab.ts'
import { fastPlaybook } from '../fixtures/fast-playbook.ts'
import { type Foreigners, startForeignersOn } from '../fixtures/foreigners.ts'
import { onHost, stateOf, untilAsFound } from '../fixtures/host-state.ts'
import { hostNamed, labReason } from '../fixtures/lab.ts'
import { onlyProblem, type RunOnLab, runToEnd, startRun, withRuns } from '../fixtures/run-on-lab.ts'
import { sharedLab } from '../fixtures/shared-lab.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('programs of others on the hosts of a run, on a lab')
const shared = sharedLab({ fastPtp: true })
const reason = labReason()
const limitMs = 90_000
const playbook = fastPlaybook({ frames: 1000, offset: '25us' })
let foreigners: Foreigners

test.unless(
  reason,
  'a run takes other ports and sockets than the programs of others, which live on and answer',
  shared.on(lab =>
    withRuns(async runs => {
      foreigners = await startForeignersOn(lab)
      startAtDefaultSocket(hostNamed(lab, 'C'))
      const before = stateOf(lab)
      const run = startRun(lab, runs, playbook)
      const end = await run.ended
      assert.is(end.code, 0, end.stderr)
      assert.equal(portsOn(run, 'A'), ['5001'])
      assert.equal(portsOn(run, 'C').sort(), ['5001', '5002'])
      await untilAsFound(lab, before)
      await foreigners.assertWell()
      answersAtDefaultSocket(hostNamed(lab, 'C'))
    }),
  ),
  { limitMs },
)

test.unless(
  reason,
  'they live on when processes of the run are killed and started again',
  shared.on(lab =>
    withRuns(async runs => {
      const before = stateOf(lab)
      const run = startRun(lab, runs, playbook)
      await run.until('traffic_started')
      await sleep(1_000)
      const started = run.of('process_started')
      for (const [host, process] of [
        ['C', 'rcv-a'],
        ['B', 'daemon-b'],
        ['A', 'ptp4l'],
      ] as const) {
        const pid = started.find(event => event.host === host && event.process === process)?.pid
        onHost(hostNamed(lab, host), 'sh', '-c', `kill -9 ${pid}`)
      }
      const end = await run.ended
      assert.is(end.code, 0, end.stderr)
      assert.equal(
        end.result.attempts.map(({ valid }) => valid),
        [false, true],
      )
      await untilAsFound(lab, before)
      await foreigners.assertWell()
      answersAtDefaultSocket(hostNamed(lab, 'C'))
    }),
  ),
  { limitMs },
)

test.unless(
  reason,
  'a second run at the same hosts is told whose they are, and does not disturb the first',
  shared.on(lab =>
    withRuns(async runs => {
      const before = stateOf(lab)
      const first = startRun(lab, runs, playbook, { file: 'first.yml' })
      await first.until('traffic_started')
      const second = await runToEnd(lab, runs, fastPlaybook(), { file: 'second.yml' })
      assert.is(second.code, 5)
      assert.equal(
        second.problems.map(({ code }) => code),
        ['BOOK_HOST_BUSY', 'BOOK_HOST_BUSY', 'BOOK_HOST_BUSY'],
      )
      assert.match(second.problems[0]?.message ?? '', /^[ABC] is claimed by \S+@\S+ for first\.yml since 20\d\d-\S+Z$/)
      assert.match(second.problems[0]?.hint ?? '', /one run at a time per host/)
      const end = await first.ended
      assert.is(end.code, 0, end.stderr)
      assert.equal(
        end.result.attempts.map(({ valid }) => valid),
        [true],
      )
      await untilAsFound(lab, before)
      await foreigners.assertWell()
    }),
  ),
  { limitMs },
)

for (const { what, start, told } of [
  {
    what: 'a ptp4l on the interface of the test',
    start: 'ptp4l -i eth0 -2 -P --uds_address /run/rival',
    told: /^B already runs ptp4l \(pid \d+\) .*--uds_address \/run\/rival: it runs PTP on eth0$/,
  },
  {
    what: 'a phc2sys that steers the system clock',
    start: 'phc2sys -s eth0 -O 0',
    told: /^B already runs phc2sys \(pid \d+\).*: it steers the system clock$/,
  },
  {
    what: 'a chronyd',
    start: 'cp /bin/sleep /run/chronyd; /run/chronyd 1000',
    told: /^B already runs chronyd \(pid \d+\).*: it steers the system clock$/,
  },
]) {
  test.unless(
    reason,
    `${what} that somebody else runs stops the run before anything is touched`,
    shared.on(lab =>
      withRuns(async runs => {
        const host = hostNamed(lab, 'B')
        const pid = startRival(host, start)
        try {
          const before = stateOf(lab)
          const run = startRun(lab, runs, fastPlaybook())
          const end = await run.ended
          assert.is(end.code, 4)
          const { message, hint } = onlyProblem(end, 'HOST_CONFLICT')
          assert.match(message, told)
          assert.ok(message.includes(`(pid ${pid})`), message)
          assert.match(hint ?? '', /^stop it, or leave that clock to it: take (ptp4l|phc2sys) out of sync:$/)
          assert.equal(run.of('process_started'), [])
          await untilAsFound(lab, before)
        } finally {
          onHost(host, 'sh', '-c', `kill ${pid}; rm -f /run/chronyd`)
        }
        await foreigners.assertWell()
      }),
    ),
    { limitMs },
  )
}

/** Starts a program and gives its pid on the host, once it is what it was started as. */
function startRival(host: LabHost, command: string): string {
  const words = command.split('; ')
  const last = words.pop()
  const script = `${[...words, ''].join('; ')}(exec setsid ${last} </dev/null >/dev/null 2>&1) & echo $!; sleep 0.3`
  return onHost(host, 'sh', '-c', script).trim()
}

const defaultSocket = '/var/run/ptp4l'

/** On the other end of the foreigners' link. */
function startAtDefaultSocket(host: LabHost): void {
  startRival(host, 'ptp4l -i foreign1 -S --free_running 1')
}

function answersAtDefaultSocket(host: LabHost): void {
  const said = onHost(host, 'pmc', '-u', '-b', '0', '-s', defaultSocket, 'GET DEFAULT_DATA_SET')
  assert.match(said, /numberPorts +1/)
}

const portsOn = (run: RunOnLab, host: string): string[] =>
  run
    .of('process_started')
    .filter(event => event.host === host)
    .flatMap(({ argv }) => argv.filter((_, i) => argv[i - 1] === '--stats-port'))

test.run()
