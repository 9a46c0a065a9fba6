import { symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { cgroupHome, homesIn } from '../../src/daemon/cgroup-home.ts'
import { endTest, untilGone } from '../../src/daemon/end-test.ts'
import { isAlive, readProcess } from '../../src/daemon/proc.ts'
import { watchTest } from '../../src/daemon/watch-test.ts'
import { refusal, until } from '../fixtures/processes.ts'
import { suite } from '../fixtures/suite.ts'
import { inMs, type Keeping, keepings, needsRoot, patient, stranger, withRig } from '../fixtures/test-processes.ts'

const test = suite('test processes')
const session = keepings[2] as Keeping
const never = new AbortController().signal
const watch = { ...patient, withinMs: 10_000, stop: never }

for (const keeping of keepings) {
  const { name, missing } = keeping

  test.unless(missing, `${name}: a held test begins at its instant, as the stranger, with nothing of ours`, () =>
    withRig(keeping, async ({ rid, hold, stdout, stderr }) => {
      const script = 'echo "$$"; cat /proc/self/status; env; ls /proc/self/fd; pwd; echo oops >&2'
      const held = await hold(['sh', '-c', script])
      const at = inMs(400)
      const { error } = await held.release(at)
      assert.ok(error >= 0n && error < 500_000_000n, `started ${error} ns late`)
      const outcome = await watchTest(held.enclosure, held.exited, watch)
      assert.equal(outcome, { why: 'exit', exit: { code: 0, signal: undefined }, killed: false, left: [] })
      assert.match(stdout(), new RegExp(`^${held.trace.pid}\n`))
      assert.match(stdout(), new RegExp(`^Uid:\\s+${Array(4).fill(stranger.uid).join('\\s+')}$`, 'm'))
      assert.match(stdout(), new RegExp(`^Gid:\\s+${Array(4).fill(stranger.gid).join('\\s+')}$`, 'm'))
      assert.match(stdout(), /^Groups:\s*$/m)
      assert.match(stdout(), /^NoNewPrivs:\s+1$/m)
      for (const set of ['Inh', 'Prm', 'Eff', 'Bnd', 'Amb'])
        assert.match(stdout(), new RegExp(`^Cap${set}:\\s+0{16}$`, 'm'))
      const names = [...stdout().matchAll(/^([A-Z_]+)=/gm)].map(([, each]) => each).sort()
      assert.equal(names, ['HOME', 'LANG', 'LOCKSTEP_RESERVATION', 'PATH', 'PWD'])
      assert.match(stdout(), new RegExp(`^LOCKSTEP_RESERVATION=${rid}$`, 'm'))
      // ls has opened the folder that it lists as 3.
      assert.match(stdout(), /^0\n1\n2\n3\n\/.*\/work$/m)
      assert.is(stderr(), 'oops\n')
    }),
  )

  test.unless(missing, `${name}: one that obeys TERM at its deadline is not killed`, () =>
    withRig(keeping, async ({ hold, stdout }) => {
      const held = await hold(['sh', '-c', 'trap "echo bye; exit 3" TERM; echo up; while :; do sleep 0.02; done'])
      await held.release(inMs(0))
      await until(() => stdout() === 'up\n')
      const outcome = await watchTest(held.enclosure, held.exited, { ...patient, withinMs: 100, stop: never })
      assert.equal(outcome, { why: 'overrun', exit: undefined, killed: false, left: [] })
      assert.is(stdout(), 'up\nbye\n')
    }),
  )

  test.unless(
    missing,
    `${name}: one that ignores TERM is killed with all that it started, outside its session too`,
    () =>
      withRig(keeping, async ({ hold, stdout }) => {
        const stubborn = 'trap "" TERM; while :; do sleep 0.05; done'
        const script = `trap "" TERM; setsid sh -c '${stubborn}' & (sh -c '${stubborn}' &); echo up; wait; ${stubborn}`
        const held = await hold(['sh', '-c', script])
        await held.release(inMs(0))
        await until(() => stdout() === 'up\n')
        assert.ok((await held.enclosure.members()).length >= 3)
        const outcome = await watchTest(held.enclosure, held.exited, {
          ...patient,
          graceMs: 200,
          withinMs: 50,
          stop: never,
        })
        assert.equal(outcome, { why: 'overrun', exit: undefined, killed: true, left: [] })
      }),
  )

  test.unless(missing, `${name}: what a test leaves in the background ends with it`, () =>
    withRig(keeping, async ({ hold }) => {
      const held = await hold(['sh', '-c', '(setsid sleep 100 &); (env -i sleep 100 &); exit 7'])
      await held.release(inMs(0))
      const outcome = await watchTest(held.enclosure, held.exited, watch)
      assert.equal(outcome, { why: 'exit', exit: { code: 7, signal: undefined }, killed: false, left: [] })
    }),
  )

  test.unless(missing, `${name}: a test that is stopped by a signal ends as well`, () =>
    withRig(keeping, async ({ hold }) => {
      const held = await hold(['sleep', '100'])
      await held.release(inMs(0))
      process.kill(held.trace.pid, 'SIGSTOP')
      const outcome = await endTest(held.enclosure, patient)
      assert.equal(outcome, { killed: false, left: [] })
      assert.equal(await held.exited, { code: undefined, signal: 'SIGTERM' })
    }),
  )

  test.unless(missing, `${name}: its owner may stop it early`, () =>
    withRig(keeping, async ({ hold }) => {
      const held = await hold(['sleep', '100'])
      await held.release(inMs(0))
      const cancelled = new AbortController()
      const watching = watchTest(held.enclosure, held.exited, { ...watch, stop: cancelled.signal })
      cancelled.abort()
      assert.is((await watching).why, 'stopped')
    }),
  )

  test.unless(missing, `${name}: one that is not started after all leaves nothing`, () =>
    withRig(keeping, async ({ hold, stdout }) => {
      const held = await hold(['echo', 'started'])
      const releasing = refusal(held.release(inMs(5_000)))
      held.abandon()
      assert.is((await releasing).code, 'BOOK_PROCESS')
      assert.is((await held.exited).code, 125)
      await held.enclosure.remove()
      assert.is(stdout(), '')
    }),
  )
}

test.unless(needsRoot, 'the shell holds a test where there is no perl', () =>
  withRig(session, async ({ hold, stdout }) => {
    const held = await hold(['sh', '-c', 'echo "$#" "$1"; readlink /proc/self/fd/3', 'sh', 'a  b; $(c) "d\''], {
      heldBy: 'sh',
    })
    const { error } = await held.release(inMs(300))
    assert.ok(error >= 0n && error < 500_000_000n, `started ${error} ns late`)
    await watchTest(held.enclosure, held.exited, watch)
    assert.is(stdout(), '1 a  b; $(c) "d\'\n')
  }),
)

test.unless(needsRoot, 'a profile’s capabilities are all that a test has', () =>
  withRig(session, async ({ hold, stdout }) => {
    const held = await hold(['cat', '/proc/self/status'], { capabilities: ['NET_RAW', 'IPC_LOCK'] })
    await held.release(inMs(0))
    await watchTest(held.enclosure, held.exited, watch)
    // capability.h: CAP_NET_RAW is bit 13, CAP_IPC_LOCK bit 14.
    for (const set of ['Inh', 'Prm', 'Eff', 'Bnd', 'Amb'])
      assert.match(stdout(), new RegExp(`^Cap${set}:\\s+0{12}6000$`, 'm'))
  }),
)

test.unless(needsRoot, 'an output that would fill the disk is cut, and the test ends', () =>
  withRig(session, async ({ hold, stdout }) => {
    const held = await hold(['sh', '-c', 'ulimit -c; ulimit -n; exec cat /dev/zero'])
    await held.release(inMs(0))
    const { exit } = await watchTest(held.enclosure, held.exited, watch)
    assert.equal(exit, { code: undefined, signal: 'SIGXFSZ' })
    assert.ok(stdout().startsWith('0\n1024\n\0'))
    assert.is(stdout().length, 100_000)
  }),
)

for (const heldBy of ['perl', 'sh'] as const) {
  test.unless(needsRoot, `a program that is missing is said by its name, held by ${heldBy}`, () =>
    withRig(session, async ({ hold }) => {
      const attempt = hold(['lockstep-no-such-tool'], { heldBy }).then(async held => {
        await held.release(inMs(0)).finally(() => held.exited)
      })
      assert.match((await refusal(attempt)).message, /exec lockstep-no-such-tool: /i)
    }),
  )
}

test.unless(needsRoot, 'an output is never written through a link or over a file', async () => {
  for (const inTheWay of ['link', 'file'] as const)
    await withRig(session, async ({ folder, hold }) => {
      const target = join(folder, 'target')
      await writeFile(target, 'precious')
      if (inTheWay === 'link') await symlink(target, join(folder, 'stdout'))
      else await writeFile(join(folder, 'stdout'), 'precious')
      const error = await hold(['echo', 'x']).then(
        () => undefined,
        (each: NodeJS.ErrnoException) => each,
      )
      assert.is(error?.code, 'EEXIST')
    })
})

test.unless(needsRoot, 'root is no user for a test, and an id is no path', () =>
  withRig(session, async ({ hold }) => {
    const root = await refusal(hold(['id'], { user: { uid: 0, gid: 0 } }))
    assert.is(root.message, 'a test never runs as root')
  }),
)

const frozen = keepings[1] as Keeping
const freezer = '/sys/fs/cgroup/freezer'
const noFreezer = frozen.missing ?? ((await exists(freezer)) ? undefined : 'this machine has no freezer of version 1')

test.unless(noFreezer, 'a test that even KILL does not end overstays, and is told from one that is gone', () =>
  withRig(session, async ({ rid, hold }) => {
    const held = await hold(['sleep', '100'])
    await held.release(inMs(0))
    const { makeCgroup } = await import('../../src/daemon/cgroup.ts')
    const ice = await makeCgroup(freezer, `${rid}-ice`)
    const state = (value: string) => writeFile(join(freezer, `lockstep-${rid}-ice`, 'freezer.state'), value)
    try {
      await ice.enter(held.trace.pid)
      await state('FROZEN')
      const outcome = await endTest(held.enclosure, { graceMs: 100, verifyMs: 200 })
      assert.equal(outcome, { killed: true, left: [held.trace.pid] })
      assert.ok(isAlive(held.trace.pid))
      const gone = untilGone(held.enclosure, AbortSignal.any([never]))
      await state('THAWED')
      await gone
      assert.not(isAlive(held.trace.pid))
    } finally {
      await state('THAWED')
      await until(() => !isAlive(held.trace.pid))
      await ice.remove()
    }
  }),
)

test.unless(needsRoot, 'the trace names the very process', () =>
  withRig(session, async ({ rid, hold }) => {
    const held = await hold(['sleep', '100'])
    const { pid, startTicks } = held.trace
    assert.is(readProcess(pid)?.startTicks, startTicks)
    assert.equal(held.trace.place, { kind: 'session', pid, startTicks, user: stranger.uid })
    assert.is(held.trace.rid, rid)
    held.abandon()
    await held.exited
    assert.is(readProcess(pid), undefined)
  }),
)

test('homes of control groups are found in what the kernel says', () => {
  const unified = '35 24 0:30 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n'
  assert.equal(homesIn(unified, '0::/system.slice/lockstepd.service\n'), [
    '/sys/fs/cgroup/system.slice/lockstepd.service',
  ])
  const container = '35 24 0:30 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n'
  assert.equal(homesIn(container, '0::/docker/abc/inner\n'), ['/sys/fs/cgroup/inner'])
  assert.equal(homesIn(container, '0::/elsewhere\n'), [])
  const old = '40 30 0:35 / /mnt/a\\040b rw - cgroup cgroup rw,pids\n39 30 0:34 / /f rw - cgroup cgroup rw,freezer\n'
  assert.equal(homesIn(old, '8:pids:/user\n6:freezer:/\n'), ['/mnt/a b/user', '/f'])
  assert.equal(homesIn('', ''), [])
})

test('a home is where a group can be made', async () => {
  const home = await cgroupHome()
  const expected = keepings.find(({ missing }) => missing === undefined)?.home
  if (expected === undefined) assert.is(home, undefined)
  else assert.is(home, expected)
})

async function exists(path: string): Promise<boolean> {
  const { access } = await import('node:fs/promises')
  return access(path).then(
    () => true,
    () => false,
  )
}

test.run()
