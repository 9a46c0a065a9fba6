import { setTimeout as sleep } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { stepHostClock } from '../../src/lab/host-clock.ts'
import type { Lab } from '../../src/lab/lab.ts'
import { ns } from '../../src/units/quantity.ts'
import { fastPlaybook } from '../fixtures/fast-playbook.ts'
import { onHost, stateOf, untilAsFound } from '../fixtures/host-state.ts'
import { hostNamed, labReason } from '../fixtures/lab.ts'
import { onlyProblem, type RunEnd, type RunOnLab, startRun, withRuns } from '../fixtures/run-on-lab.ts'
import { sharedLab } from '../fixtures/shared-lab.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('processes of a run that die, on a lab')
const shared = sharedLab({ fastPtp: true })
const reason = labReason()
const limitMs = 90_000
/** Two seconds of frames: time enough to hit the middle. */
const playbook = fastPlaybook({ frames: 1000, offset: '25us' })

const victims = [
  { host: 'C', process: 'rcv-a', what: 'a receiver', told: /^rcv-a on C was ended by a signal$/ },
  { host: 'A', process: 'daemon-a', what: 'a daemon', told: /^daemon-a on A ended$/ },
  { host: 'B', process: 'ptp4l', what: 'a ptp4l', told: /^ptp4l on B was ended by a signal$/ },
  { host: 'B', process: 'phc2sys', what: 'a phc2sys', told: /^phc2sys on B was ended by a signal$/ },
] as const

for (const { host, process, what, told } of victims) {
  test.unless(
    reason,
    `${what} that is killed while traffic flows is started again, and the next attempt counts`,
    shared.on(lab =>
      withRuns(async runs => {
        const before = stateOf(lab)
        const run = startRun(lab, runs, playbook)
        await inMidTraffic(run, 1)
        kill(lab, run, host, process)
        const end = await run.ended
        assert.is(end.code, 0, end.stderr)
        assert.equal(validity(end), [false, true])
        const [voided] = run.of('attempt_void')
        assert.ok(
          voided?.reasons.some(each => told.test(each)),
          voided?.reasons.join('; '),
        )
        assert.is(starts(run, host, process).length, 2)
        assert.ok(end.files.includes('attempts/1/b.receiver-log'), end.files.join(' '))
        await untilAsFound(lab, before)
      }),
    ),
    { limitMs },
  )
}

test.unless(
  reason,
  'a receiver that dies in each attempt makes the run invalid after the last one',
  shared.on(lab =>
    withRuns(async runs => {
      const before = stateOf(lab)
      const run = startRun(lab, runs, playbook)
      for (const attempt of [1, 2, 3]) {
        await inMidTraffic(run, attempt)
        kill(lab, run, 'C', 'rcv-a')
      }
      const end = await run.ended
      assert.is(end.code, 3)
      assert.equal(validity(end), [false, false, false])
      const { message, hint } = onlyProblem(end, 'SYNC_VOID')
      assert.match(message, /^all 3 attempts were void; the last one: .*rcv-a on C was ended by a signal/)
      assert.match(hint ?? '', /attempts\//)
      for (const attempt of [1, 2, 3]) assert.ok(end.files.includes(`attempts/${attempt}/b.receiver-log`))
      await untilAsFound(lab, before)
    }),
  ),
  { limitMs },
)

test.unless(
  reason,
  'a daemon that is killed while the gate waits is started again, and no attempt is lost',
  shared.on(lab =>
    withRuns(async runs => {
      const before = stateOf(lab)
      const run = startRun(lab, runs, playbook)
      await run.until('gate_round')
      kill(lab, run, 'A', 'daemon-a')
      const end = await run.ended
      assert.is(end.code, 0, end.stderr)
      assert.equal(validity(end), [true])
      const told = run.of('warning').map(({ message }) => message)
      assert.ok(
        told.some(message => /^before any traffic: .*\ba on A/.test(message)),
        told.join('\n'),
      )
      assert.is(starts(run, 'A', 'daemon-a').length, 2)
      await untilAsFound(lab, before)
    }),
  ),
  { limitMs },
)

test.unless(
  reason,
  'a daemon that moves its base time voids the attempt',
  shared.on(lab =>
    withRuns(async runs => {
      const before = stateOf(lab)
      const run = startRun(lab, runs, playbook)
      await run.until('gate_passed')
      // To a sender whose clock has run ahead, the common start lies in the past. Its phc2sys must not set it right yet.
      kill(lab, run, 'A', 'phc2sys', 'STOP')
      await stepHostClock(lab.name, 'A', 'system', ns(5_000_000_000n))
      const { reasons } = await run.until('attempt_void')
      await stepHostClock(lab.name, 'A', 'system', ns(-5_000_000_000n))
      kill(lab, run, 'A', 'phc2sys', 'CONT')
      // A busy machine may see the clock that is off before the daemon has said what it makes of it.
      assert.match(reasons.join('; '), /^sender a moved its base time from \d+ to \d+$|\bA\b.*its system clock is/)
      const end = await run.ended
      assert.is(end.code, 0, end.stderr)
      assert.equal([validity(end)[0], validity(end).at(-1)], [false, true])
      await untilAsFound(lab, before)
    }),
  ),
  { limitMs },
)

/** Half a second after the first frames of an attempt. */
async function inMidTraffic(run: RunOnLab, attempt: number): Promise<void> {
  await run.until('traffic_started', event => event.attempt === attempt)
  await sleep(1_100)
}

const starts = (run: RunOnLab, host: string, process: string) =>
  run.of('process_started').filter(event => event.host === host && event.process === process)

/** Signals the process that was started last under this name. */
function kill(lab: Lab, run: RunOnLab, host: string, process: string, signal = 'KILL'): void {
  const pid = starts(run, host, process).at(-1)?.pid
  onHost(hostNamed(lab, host), 'sh', '-c', `kill -s ${signal} ${pid}`)
}

const validity = ({ result }: RunEnd) => result.attempts.map(({ valid }) => valid)

test.run()
