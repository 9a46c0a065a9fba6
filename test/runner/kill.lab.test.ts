import * as assert from 'uvu/assert'
import type { Lab } from '../../src/lab/lab.ts'
import { startForeignersOn } from '../fixtures/foreigners.ts'
import { processesOn, stateOf, untilAsFound } from '../fixtures/host-state.ts'
import { checkKill } from '../fixtures/kill-check.ts'
import { hostNamed, labReason } from '../fixtures/lab.ts'
import { withRunProcess } from '../fixtures/lab-process.ts'
import { atEach, momentSeed, momentsOf, runWithMoments, untilMoment } from '../fixtures/moments.ts'
import { onlyProblem } from '../fixtures/run-on-lab.ts'
import { sharedLab } from '../fixtures/shared-lab.ts'
import { checkStandstill } from '../fixtures/standstill-check.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('a run that is killed')
const shared = sharedLab({ fastPtp: true })
const reason = labReason()
const limitMs = 240_000

test.unless(
  reason,
  'kill -9 in any phase: hosts as found within 10 s, and the report says what is gone',
  shared.on(async lab => {
    const foreigners = await startForeignersOn(lab)
    const found = stateOf(lab)
    await atEach(momentsOf(momentSeed, 1), moment => checkKill(lab, found, foreigners, moment))
  }),
  { limitMs },
)

test.unless(
  reason,
  'a lockstep that stands still for 30 s in the traffic has lost its hosts, and says why',
  shared.on(lab => checkStandstill(lab, stateOf(lab), { phase: 'traffic', afterMs: 500 })),
  { limitMs },
)

for (const [what, ...roles] of [
  ['reader', 'reader'],
  ['watchdog', 'watchdog'],
  ['every shell', 'reader', 'watchdog'],
]) {
  test.unless(
    reason,
    `a tether of which ${what} is killed: the run notices, and nothing is left`,
    shared.on(async lab => {
      const found = stateOf(lab)
      await withRunProcess(lab, runWithMoments, async run => {
        await untilMoment(run, { phase: 'traffic', afterMs: 500 })
        for (const pid of roles.flatMap(role => tetherOf(lab, 'A', role))) process.kill(pid, 'SIGKILL')
        const killedAt = performance.now()
        const end = await run.ended
        assert.ok(performance.now() - killedAt < 20_000)
        assert.is(end.code, 3, end.stderr)
        assert.match(onlyProblem(end, 'SSH_LOST').message, /^the supervisor of our processes on A is gone/)
        assert.equal(
          run
            .of('cleanup_done')
            .map(({ host, left }) => [host, left])
            .sort(),
          [
            ['A', []],
            ['B', []],
            ['C', []],
          ],
        )
        await untilAsFound(lab, found)
      })
    }),
    { limitMs },
  )
}

/** The processes of a host's tether that have this role; its keepers are copies of the reader. */
function tetherOf(lab: Lab, host: string, role: string): number[] {
  const pids = processesOn(hostNamed(lab, host))
    .filter(({ words }) => words[1]?.endsWith('/.tether/tether.sh') && words[2] === role)
    .map(({ pid }) => pid)
  assert.ok(pids.length > 0, `a tether runs on ${host}`)
  return pids
}

test.run()
