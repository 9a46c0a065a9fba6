import { spawn } from 'node:child_process'
import { once } from 'node:events'
import * as assert from 'uvu/assert'
import { type Found, findTest } from '../../src/daemon/adopt.ts'
import { endTest } from '../../src/daemon/end-test.ts'
import { bootId, isAlive, readProcess } from '../../src/daemon/proc.ts'
import type { Trace } from '../../src/daemon/test-process.ts'
import { watchTest } from '../../src/daemon/watch-test.ts'
import { until } from '../fixtures/processes.ts'
import { suite } from '../fixtures/suite.ts'
import { type Keeping, keepings, marked, patient, type Rig, stranger, withRig } from '../fixtures/test-processes.ts'
import { withVictims } from '../fixtures/victim.ts'

const test = suite('adoption of test processes')
const boot = bootId()

/** Runs a daemon up to the moment, kills it, and gives what its journal would hold. */
const afterKill = (
  moment: 'held' | 'waiting' | 'released',
  { keeping, argv, rig }: { keeping: Keeping; argv: readonly string[]; rig: Rig },
  use: (trace: Trace) => Promise<void>,
) =>
  withVictims('daemon-victim.ts', async start => {
    const victim = start(moment, keeping.name, rig.rid, rig.folder, ...argv)
    const trace = (await victim.said()) as Trace
    await victim.kill('SIGKILL')
    await use(trace)
  })

const living = (found: Found) => {
  if (found.kind !== 'alive') throw new Error(`the test is ${found.kind}`)
  return found
}

for (const keeping of keepings) {
  const { name, missing, home } = keeping

  for (const moment of ['held', 'waiting'] as const)
    test.unless(
      missing,
      `${name}: a daemon killed while its test is ${moment}: it never begins, and nothing is left`,
      () =>
        withRig(keeping, rig =>
          afterKill(moment, { keeping, argv: ['sleep', '100'], rig }, async trace => {
            await until(() => !isAlive(trace.pid))
            assert.equal(await findTest({ rid: rig.rid, boot, trace }, home), { kind: 'gone' })
          }),
        ),
    )

  test.unless(missing, `${name}: a daemon killed while its test runs: the next one finds it and ends it`, () =>
    withRig(keeping, rig =>
      afterKill('released', { keeping, argv: ['sh', '-c', 'sleep 100 & wait'], rig }, async trace => {
        const found = living(await findTest({ rid: rig.rid, boot, trace }, home))
        assert.is(found.first, trace.pid)
        assert.equal(await endTest(found.enclosure, patient), { killed: false, left: [] })
        assert.equal(await findTest({ rid: rig.rid, boot, trace }, home), { kind: 'gone' })
      }),
    ),
  )

  test.unless(missing, `${name}: an adopted test may run to its end`, () =>
    withRig(keeping, rig =>
      afterKill('released', { keeping, argv: ['sleep', '5'], rig }, async trace => {
        const { enclosure } = living(await findTest({ rid: rig.rid, boot, trace }, home))
        const stop = new AbortController().signal
        const outcome = await watchTest(enclosure, undefined, { ...patient, withinMs: 40_000, stop })
        assert.equal(outcome, { why: 'exit', exit: undefined, killed: false, left: [] })
      }),
    ),
  )

  test.unless(missing, `${name}: it is found when the daemon died before it wrote down a pid`, () =>
    withRig(keeping, rig =>
      afterKill('released', { keeping, argv: ['sh', '-c', 'setsid sleep 100 & wait'], rig }, async () => {
        const found = living(await findTest({ rid: rig.rid, boot, trace: undefined }, home))
        assert.is(found.first, undefined)
        assert.equal(await endTest(found.enclosure, patient), { killed: false, left: [] })
        assert.equal(await marked(rig.rid), [])
      }),
    ),
  )

  test.unless(missing, `${name}: after a start of the host there is nothing to look for`, () =>
    withRig(keeping, async ({ rid }) => {
      assert.equal(await findTest({ rid, boot: 'another', trace: undefined }, home), { kind: 'rebooted' })
    }),
  )

  test.unless(missing, `${name}: somebody else’s process of the same number is left alone`, () =>
    withRig(keeping, async ({ rid }) => {
      const other = spawn('sleep', ['100'], { detached: true, ...stranger })
      try {
        await once(other, 'spawn')
        const pid = other.pid as number // it was spawned
        // Of the same user and leading a session, but younger than the trace could be of.
        const startTicks = (readProcess(pid)?.startTicks ?? 0) + 1
        const place = { kind: 'session', pid, startTicks, user: stranger.uid } as const
        assert.equal(await findTest({ rid, boot, trace: { rid, boot, pid, startTicks, place } }, home), {
          kind: 'gone',
        })
        assert.ok(isAlive(pid))
      } finally {
        other.kill('SIGKILL')
        await once(other, 'exit')
      }
    }),
  )
}

test.run()
