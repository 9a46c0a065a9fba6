import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { labDown } from '../../src/lab/down.ts'
import { labStatus } from '../../src/lab/status.ts'
import { stateOf, untilAsFound } from '../fixtures/host-state.ts'
import { labReason, withLab } from '../fixtures/lab.ts'
import { withRunProcessIn } from '../fixtures/lab-process.ts'
import { runWithMoments, untilMoment } from '../fixtures/moments.ts'
import { onlyProblem, runToEnd, startRun, withRuns } from '../fixtures/run-on-lab.ts'
import { sharedLab } from '../fixtures/shared-lab.ts'
import { suite } from '../fixtures/suite.ts'
import { wholeEvents } from '../fixtures/whole-lines.ts'

const test = suite('a run and the machine around it')
const reason = labReason()
const limitMs = 120_000

test.unless(
  reason,
  'runs on two labs at the same time do not know of each other, and one lab may go while the other is at work',
  () =>
    withLab({ fastPtp: true }, first =>
      withLab({ fastPtp: true }, second =>
        withRuns(async runs => {
          const folders = ['first', 'second'].map(name => join(runs, name))
          for (const folder of folders) mkdirSync(folder)
          const [inFirst = '', inSecond = ''] = folders
          const found = { first: stateOf(first), second: stateOf(second) }
          const both = await Promise.all([
            runToEnd(first, inFirst, runWithMoments),
            runToEnd(second, inSecond, runWithMoments),
          ])
          assert.equal(
            both.map(({ code, result }) => [code, result.verdict, result.attempts.length]),
            [
              [0, 'pass', 1],
              [0, 'pass', 1],
            ],
            both.map(({ stderr }) => stderr).join('\n'),
          )
          await untilAsFound(first, found.first)
          await untilAsFound(second, found.second)

          const again = startRun(second, inSecond, runWithMoments)
          await again.until('traffic_started')
          await labDown(first.name)
          assert.is((await again.ended).code, 0)
          await untilAsFound(second, found.second)
          assert.is((await labStatus(second.name)).ptp, 'running')
        }),
      ),
    ),
  { limitMs },
)

const shared = sharedLab({ fastPtp: true })

test.unless(
  reason,
  'a disk that is full from the start ends the run with 2, before any host is touched',
  shared.on(async lab => {
    const found = stateOf(lab)
    await withSmallDisk(async (runs, fill) => {
      fill()
      await withRunProcessIn(runs, lab, runWithMoments, async run => {
        const end = await run.ended
        assert.is(end.code, 2, end.stderr)
        assert.match(onlyProblem(end, 'USAGE_FILE').message, /^cannot write \S+: ENOSPC/)
        assert.is(run.of('host_connected').length, 0)
        await untilAsFound(lab, found, { withinMs: 0 })
      })
    })
  }),
  { limitMs },
)

for (const phase of ['gate', 'traffic', 'cleanup'] as const) {
  test.unless(
    reason,
    `a disk that is full in the ${phase} ends the run with 3, whole lines, and hosts as found`,
    shared.on(async lab => {
      const found = stateOf(lab)
      await withSmallDisk((runs, fill) =>
        withRunProcessIn(runs, lab, runWithMoments, async run => {
          await untilMoment(run, { phase, afterMs: 0 })
          fill()
          const end = await run.ended
          assert.is(end.code, 3, end.stderr)
          assert.match(end.problems[0]?.message ?? '', /^cannot write \S+: ENOSPC/)
          assert.equal([...new Set(end.problems.map(({ code }) => code))], ['USAGE_FILE'])
          assert.is(run.of('run_ended')[0]?.verdict, 'invalid')
          await untilAsFound(lab, found)
          wholeEvents(end.folder)
        }),
      )
    }),
    { limitMs },
  )
}

/** Lets run folders lie on a disk of their own, which can be filled to the last octet. */
const withSmallDisk = (use: (runs: string, fill: () => void) => Promise<void>): Promise<void> =>
  withRuns(async runs => {
    const disk = join(runs, 'runs')
    mkdirSync(disk)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'lockstep-test', disk])
    try {
      await use(runs, () => fill(disk))
    } finally {
      execFileSync('umount', ['--lazy', disk])
    }
  })

function fill(disk: string): void {
  const write = () => writeFileSync(join(disk, 'filler'), Buffer.alloc(2 << 20))
  assert.throws(write, (error: NodeJS.ErrnoException) => error.code === 'ENOSPC')
}

test.run()
