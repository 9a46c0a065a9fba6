import { setTimeout as sleep } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { stepHostClock } from '../../src/lab/host-clock.ts'
import type { Lab } from '../../src/lab/lab.ts'
import { ns } from '../../src/units/quantity.ts'
import { fastPlaybook } from '../fixtures/fast-playbook.ts'
import { onHost, stateOf, untilAsFound } from '../fixtures/host-state.ts'
import { hostNamed, labReason } from '../fixtures/lab.ts'
import { onlyProblem, runToEnd, startRun, withRuns } from '../fixtures/run-on-lab.ts'
import { sharedLab } from '../fixtures/shared-lab.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('clocks that are not in step, on a lab')
const shared = sharedLab({ fastPtp: true })
const reason = labReason()
const limitMs = 90_000

test.unless(
  reason,
  'a clock that is stepped while traffic flows voids the attempt, and the next one counts',
  shared.on(lab =>
    withRuns(async runs => {
      const before = stateOf(lab)
      const run = startRun(lab, runs, fastPlaybook({ frames: 1000, offset: '25us' }))
      await run.until('traffic_started')
      await sleep(1_000)
      await stepHostClock(lab.name, 'A', 'phc', ns(50_000n))
      const end = await run.ended
      assert.is(end.code, 0, end.stderr)
      assert.equal(
        end.result.attempts.map(({ valid }) => valid),
        [false, true],
      )
      assert.match(run.of('attempt_void')[0]?.reasons.join('; ') ?? '', /A: /)
      assert.ok(end.files.includes('attempts/1/a.receiver-log'), end.files.join(' '))
      assert.ok(end.files.includes('attempts/1/b.receiver-log'), end.files.join(' '))
      assert.ok(end.files.includes('flows/a.dat') && end.files.includes('flows/b.dat'))
      await untilAsFound(lab, before)
    }),
  ),
  { limitMs },
)

test.unless(
  reason,
  'clocks that cannot be as good as asked for close the gate at its deadline: who, and how far off',
  shared.on(lab =>
    withRuns(async runs => {
      const before = stateOf(lab)
      const end = await runToEnd(lab, runs, fastPlaybook({ offset: '1ns', timeout: '6s' }))
      const message = onlyProblem(end, 'SYNC_GATE').message
      assert.match(message, /^the gate did not open within 6s: /)
      assert.match(
        message,
        /[ABC]: its (PHC|system clock) is \d\S* (ahead of|behind) (the grandmaster|its PHC) \(limit 1ns\)/,
      )
      assert.is(end.code, 3)
      assert.equal(end.result.attempts.length, 0)
      await untilAsFound(lab, before)
    }),
  ),
  { limitMs },
)

test.unless(
  reason,
  'a host with a grandmaster of its own closes the gate, with a hint where to look',
  shared.on(lab =>
    withOtherPtp4l(lab, 'B', '--masterOnly 1', () =>
      withRuns(async runs => {
        const before = stateOf(lab)
        const end = await runToEnd(lab, runs, fastPlaybook({ timeout: '5s' }))
        const { message, hint } = onlyProblem(end, 'SYNC_GATE')
        assert.match(message, /B: follows grandmaster \S+, others \S+/)
        assert.match(hint ?? '', /different grandmasters/)
        assert.is(end.code, 3)
        await untilAsFound(lab, before)
      }),
    ),
  ),
  { limitMs },
)

test.unless(
  reason,
  'a host whose path delay requests nobody answers closes the gate, with a hint where to look',
  shared.on(lab =>
    withOtherPtp4l(lab, 'B', '-E', () =>
      withRuns(async runs => {
        const before = stateOf(lab)
        const end = await runToEnd(lab, runs, fastPlaybook({ timeout: '5s' }))
        const { message, hint } = onlyProblem(end, 'SYNC_GATE')
        assert.match(message, /B: its PTP port is UNCALIBRATED/)
        assert.match(hint ?? '', /^B: .*nobody may answer its path delay requests \(P2P -P against E2E -E\)/)
        assert.is(end.code, 3)
        await untilAsFound(lab, before)
      }),
    ),
  ),
  { limitMs },
)

/** Lets one host's ptp4l have further options than the playbook says. */
async function withOtherPtp4l(lab: Lab, name: string, options: string, body: () => Promise<void>): Promise<void> {
  const host = hostNamed(lab, name)
  const script = '/usr/local/sbin/ptp4l'
  onHost(
    host,
    'sh',
    '-c',
    `printf '#!/bin/sh\\nexec /usr/sbin/ptp4l "$@" ${options}\\n' >${script}; chmod 755 ${script}`,
  )
  try {
    await body()
  } finally {
    onHost(host, 'rm', script)
  }
}

test.run()
