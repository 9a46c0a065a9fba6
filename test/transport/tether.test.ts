import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'
import * as assert from 'uvu/assert'
import type { LockstepError } from '../../src/errors/error.ts'
import { connectTo } from '../../src/transport/connect.ts'
import { followLogs } from '../../src/transport/follow.ts'
import { localTransport } from '../../src/transport/local.ts'
import { openTether } from '../../src/transport/tether.ts'
import type { Tether, TetherOptions } from '../../src/transport/tether-contract.ts'
import type { HostConnection, Target } from '../../src/transport/transport.ts'
import { alive, naming, parentOf, refusal, sessionOf, until, wordsOf } from '../fixtures/processes.ts'
import { connected, type Sshd, withSshd } from '../fixtures/sshd.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('transport/tether')

/** Ignores SIGTERM, and so does its child. */
const stubborn = ['sh', '-c', 'trap "" TERM; echo up; sleep 300 & while :; do sleep 1; done']
/** Forks, leaves its session and writes its number without a newline, as isochron does. */
const daemon = (pidFile: string, seconds = 300) => [
  'sh',
  '-c',
  'setsid sh -c \'printf %s $$ >"$1"; exec sleep "$2"\' sh "$1" "$2" &',
  'sh',
  pidFile,
  String(seconds),
]

/** The same, but its launcher stays, and the number comes late. */
const lateDaemon = (pidFile: string) => [
  'sh',
  '-c',
  'setsid sh -c \': >"$1.begun"; sleep 0.4; printf %s $$ >"$1"; sleep 300; :\' sh "$1" & sleep 300',
  'sh',
  pidFile,
]

/** A folder for the claim and what undo commands write. */
async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-tether-'))
  try {
    return await use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const open = (connection: HostConnection, claimFolder: string, more: Partial<TetherOptions> = {}) =>
  openTether(connection, {
    run: 'test',
    owner: 'me@here for x.yml since now',
    signal: AbortSignal.timeout(20_000),
    claimFolder,
    ...more,
  })

const locally = () =>
  localTransport({ env: process.env }).connect(
    { name: 'A', kind: 'local', address: 'localhost' },
    { signal: AbortSignal.timeout(5_000) },
  )

/** A tether on this machine without ssh, for what does not depend on the link. */
async function withTether<T>(
  use: (tether: Tether, folder: string, connection: HostConnection) => Promise<T>,
  more: Partial<TetherOptions> = {},
): Promise<T> {
  return await withFolder(async folder => {
    const connection = await locally()
    const tether = await open(connection, folder, more)
    try {
      return await use(tether, folder, connection)
    } finally {
      if (existsSync(tether.folder)) await tether.end()
      await connection.close()
    }
  })
}

for (const shell of ['dash', 'bash --posix', 'busybox sh']) {
  const [program = ''] = shell.split(' ')
  const missing = existsSync(`/usr/bin/${program}`) || existsSync(`/bin/${program}`) ? undefined : `no ${program} here`

  test.unless(missing, `${shell}: programs get their words, report their end, and are stopped for good`, () =>
    withTether(
      async (tether, folder) => {
        const exits: [string, number | undefined][] = []
        tether.onExit((id, code) => exits.push([id, code]))
        const words = ["it's", 'two\nlines', '$HOME "x" \\n', '']
        const spec = { argv: ['sh', '-c', 'printf "<%s>" "$@" "$V"; pwd; exit 7', 'sh', ...words], env: { V: "v'\n" } }
        await tether.start({ id: 'words', ...spec, cwd: folder, log: 'words.log' })
        await until(() => exits.length === 1)
        assert.equal(exits, [['words', 7]])
        const printed = readFileSync(join(tether.folder, 'words.log'), 'utf8')
        assert.is(printed, `${[...words, "v'\n"].map(word => `<${word}>`).join('')}${folder}\n`)

        const { pid } = await tether.start({ id: 'stubborn', argv: stubborn, log: 'stubborn.log' })
        await until(() => sessionOf(pid).length >= 2)
        const members = sessionOf(pid)
        assert.equal(await tether.stop('stubborn'), { code: undefined, signal: 'SIGKILL' })
        assert.equal(members.filter(alive), [])

        const polite = await tether.start({ id: 'polite', argv: ['sleep', '300'], log: 'p.log' })
        assert.equal(await tether.stop('polite'), { code: undefined, signal: 'SIGTERM' })
        assert.not(alive(polite.pid))
        assert.equal(await tether.stop('polite'), { code: undefined, signal: 'SIGTERM' })
        assert.equal(
          exits.map(([id]) => id),
          ['words', 'stubborn', 'polite'],
        )
      },
      { shell },
    ),
  )

  test.unless(missing, `${shell}: a program that leaves its session is known by its pid file`, () =>
    withTether(
      async tether => {
        const exits: string[] = []
        tether.onExit(id => exits.push(id))
        const pidFile = join(tether.folder, 'd.pid')
        const { pid } = await tether.start({ id: 'd', argv: daemon(pidFile), pidFile, log: 'd.log' })
        assert.is(pid, Number(readFileSync(pidFile, 'utf8')))
        assert.equal(await tether.stop('d'), { code: undefined })
        assert.not(alive(pid))
        // The old pid file is still there, and is not taken for the new process.
        const short = await tether.start({
          id: 'd',
          argv: ['sh', '-c', 'sleep 0.3; "$@"', 'sh', ...daemon(pidFile, 1)],
          pidFile,
          log: 'd.log',
        })
        assert.is.not(short.pid, pid)
        await until(() => exits.length === 2, 4_000)
      },
      { shell },
    ),
  )

  test.unless(missing, `${shell}: what killed programs leave under their number is removed`, () =>
    withTether(
      async (tether, folder) => {
        const litter = join(folder, 'socket.')
        const leaving = (id: string) => ({
          id,
          argv: ['sh', '-c', 'echo >"$1$$"; exec sleep 300', 'sh', litter],
          litter,
        })
        const { pid } = await tether.start({ ...leaving('a'), log: 'a.log' })
        const pidFile = join(tether.folder, 'd.pid')
        const apart = await tether.start({ id: 'd', argv: daemon(pidFile), pidFile, litter, log: 'd.log' })
        const late = await tether.start({ ...leaving('b'), log: 'b.log' })
        writeFileSync(`${litter}${apart.pid}`, '')
        const left = () => [pid, apart.pid, late.pid].map(each => existsSync(`${litter}${each}`))
        await until(() => !left().includes(false), 4_000)
        process.kill(pid, 'SIGKILL')
        process.kill(apart.pid, 'SIGKILL')
        await until(() => `${left()}` === 'false,false,true', 4_000)
        await tether.end()
        assert.equal(left(), [false, false, false])
      },
      { shell },
    ),
  )

  for (const how of ['stopped', 'at the end'] as const) {
    test.unless(missing, `${shell}: what has just left its launcher's session is not lost when it is ${how}`, () =>
      withTether(
        async (tether, folder) => {
          const pidFile = join(folder, 'd.pid')
          const start = refusal(tether.start({ id: 'd', argv: lateDaemon(pidFile), pidFile, log: 'd.log' })).catch(
            () => {},
          )
          await until(() => existsSync(`${pidFile}.begun`))
          assert.is.not(naming(pidFile).length, 0)
          await (how === 'stopped' ? tether.stop('d') : tether.end())
          assert.equal(naming(pidFile), [])
          if (how === 'stopped') await start
        },
        { shell },
      ),
    )
  }

  test.unless(missing, `${shell}: what is stopped before it has begun does not begin`, () =>
    withTether(
      async (tether, folder) => {
        const begun = join(folder, 'begun')
        const starts = Array.from({ length: 5 }, (_, i) => {
          const argv = ['sh', '-c', ': >"$1"; sleep 300; :', 'sh', `${begun}${i}`]
          return tether.start({ id: `p${i}`, argv, log: 'p.log' })
        })
        const outcomes = Promise.allSettled(starts)
        await Promise.all(starts.map((_, i) => tether.stop(`p${i}`)))
        await outcomes
        assert.equal(naming(begun), [])
      },
      { shell },
    ),
  )

  test.unless(missing, `${shell}: the end stops everything and puts everything back, last first`, () =>
    withTether(
      async (tether, folder) => {
        const said = join(folder, 'said')
        const say = (word: string) => ['sh', '-c', 'printf "%s\\n" "$1" >>"$2"', 'sh', word, said]
        const { pid } = await tether.start({ id: 'a', argv: stubborn, log: 'a.log' })
        const pidFile = join(tether.folder, 'd.pid')
        const other = await tether.start({ id: 'd', argv: daemon(pidFile), pidFile, log: 'd.log' })
        await tether.undo('first', say('first'))
        await tether.undo('dropped', say('dropped'))
        await tether.undo('fails', ['sh', '-c', 'echo "no such link"; exit 3'])
        await tether.undo('last', say("la'st\nline"))
        await tether.undo('again', say('once'))
        await tether.undo('again', say('twice'))
        await tether.forget('dropped')
        assert.equal(await tether.end(), {
          stopped: ['a', 'd'],
          left: ["'fails' was not put back: status 3 no such link"],
        })
        assert.is(readFileSync(said, 'utf8'), "twice\nla'st\nline\nfirst\n")
        assert.equal([alive(pid), alive(other.pid), existsSync(tether.folder)], [false, false, false])
        assert.equal(readdirSync(folder), ['said'])
      },
      { shell },
    ),
  )
}

test('a program that does not start says why', () =>
  withTether(async tether => {
    const exits: (number | undefined)[] = []
    tether.onExit((_, code) => exits.push(code))
    await tether.start({ id: 'none', argv: ['no-such-program'], log: 'none.log' })
    await until(() => exits.length === 1)
    assert.equal(exits, [127])
    assert.match(readFileSync(join(tether.folder, 'none.log'), 'utf8'), 'no-such-program')
    const pidFile = join(tether.folder, 'x.pid')
    const failing = await refusal(tether.start({ id: 'f', argv: ['sh', '-c', 'exit 9'], pidFile, log: 'f.log' }))
    assert.match(failing.message, "'f' on A: ended with 9")
    const spec = { id: 'mute', argv: ['sleep', '300'], pidFile, pidFileWaitS: 1, log: 'm.log' }
    assert.match((await refusal(tether.start(spec))).message, 'wrote no process number')
    assert.match((await refusal(tether.start({ id: 'out', argv: ['true'], log: '../out' }))).message, 'plain file name')
  }))

test('what a program leaves in its session ends with it', () =>
  withTether(async tether => {
    let ended = false
    tether.onExit(() => (ended = true))
    const { pid } = await tether.start({ id: 'a', argv: ['sh', '-c', 'sleep 300 & echo $! >left'], log: 'a.log' })
    await until(() => ended)
    const left = Number(readFileSync(join(tether.folder, 'left'), 'utf8'))
    await until(() => !alive(left), 4_000)
    assert.equal(sessionOf(pid), [])
  }))

test('a process may have any name', () =>
  withTether(async (tether, folder) => {
    const file = join(folder, 'a) Z 1 (\nb)')
    copyFileSync('/bin/sleep', file)
    const { pid } = await tether.start({ id: 'a', argv: [file, '300'], log: 'a.log' })
    await until(() => readFileSync(`/proc/${pid}/stat`, 'latin1').includes('(a) Z 1 (\n'))
    assert.equal(await tether.stop('a'), { code: undefined, signal: 'SIGTERM' })
    assert.not(alive(pid))
  }))

test('a foreign process is left alone, in whatever session it is', async () => {
  const foreign = spawn('sleep', ['300'], { detached: true, stdio: 'ignore' })
  try {
    await withTether(async tether => {
      // A pid file that names a stranger: older than our program, so not its work.
      const pidFile = join(tether.folder, 'f.pid')
      const argv = ['sh', '-c', 'echo "$1" >"$2"; exec sleep 300', 'sh', String(foreign.pid), pidFile]
      const error = await refusal(tether.start({ id: 'f', argv, pidFile, pidFileWaitS: 1, log: 'f.log' }))
      assert.match(error.message, 'wrote no process number')
      await tether.end()
    })
    assert.ok(alive(foreign.pid as number))
  } finally {
    foreign.kill()
  }
})

for (const [how, prepare] of [
  ['flock', () => 'sh'],
  ['files alone', (folder: string) => `env PATH=${toolsWithoutFlock(folder)} sh`],
] as const) {
  test(`one run at a time: a second one hears whose the host is (${how})`, () =>
    withFolder(async folder => {
      const shell = prepare(join(folder, 'tools'))
      const claim = join(folder, 'claim')
      mkdirSync(claim)
      const connection = await locally()
      const tether = await open(connection, claim, { shell })
      const busy = await refusal(open(connection, claim, { shell, owner: 'you' }))
      assert.equal([busy.code, busy.message], ['BOOK_HOST_BUSY', 'A is claimed by me@here for x.yml since now'])
      await tether.end()
      const next = await open(connection, claim, { shell })
      // Killed outright, both of them: the claim is free all the same.
      const pids = await tetherPids(next)
      for (const pid of pids) process.kill(pid, 'SIGKILL')
      await until(() => !pids.some(alive))
      await until(() => next.lost.aborted)
      const last = await open(connection, claim, { shell })
      await last.end()
      assert.equal(readdirSync(claim), [])
      rmSync(next.folder, { recursive: true })
      await connection.close()
    }))
}

test('a tether without a claim stands beside one that has it, and ends like any other', () =>
  withTether(async (tether, folder, connection) => {
    const beside = await open(connection, folder, { claim: false })
    const again = await open(connection, folder, { claim: false })
    const { pid } = await beside.start({ id: 'a', argv: ['sleep', '300'], log: 'a.log' })
    await again.end()
    assert.ok(alive(pid))
    await beside.end()
    assert.not(alive(pid))
    assert.equal(
      [tether, beside, again].map(each => existsSync(each.folder)),
      [true, false, false],
    )
    assert.is((await refusal(open(connection, folder))).code, 'BOOK_HOST_BUSY')
  }))

test('of twenty runs at once exactly one gets the host', () =>
  withFolder(async folder => {
    const connection = await locally()
    const opened = await Promise.allSettled(Array.from({ length: 20 }, () => open(connection, folder)))
    const tethers = opened.flatMap(each => (each.status === 'fulfilled' ? [each.value] : []))
    const codes = opened.flatMap(each => (each.status === 'rejected' ? [(each.reason as LockstepError).code] : []))
    for (const tether of tethers) await tether.end()
    assert.is(tethers.length, 1)
    assert.equal(new Set(codes), new Set(['BOOK_HOST_BUSY']))
    await connection.close()
  }))

for (const [who, index] of [
  ['reader', 0],
  ['watchdog', 1],
] as const) {
  test(`when the ${who} is killed the other one ends everything`, () =>
    withTether(async (tether, folder) => {
      const { pid } = await tether.start({ id: 'a', argv: stubborn, log: 'a.log' })
      await until(() => sessionOf(pid).length >= 2)
      const members = sessionOf(pid)
      await tether.undo('u', ['touch', join(folder, 'undone')])
      process.kill((await tetherPids(tether))[index] as number, 'SIGKILL')
      await until(() => !existsSync(tether.folder) && !members.some(alive), 10_000)
      // The claim goes last.
      await until(() => readdirSync(folder).join() === 'undone')
      await until(() => tether.lost.aborted)
      assert.is((tether.lost.reason as LockstepError).code, 'SSH_LOST')
    }))
}

/** What a controller of its own process has set up on a host, and how to hurt it. */
interface Scene {
  readonly controller: ChildProcess
  readonly pids: readonly number[]
  readonly folder: string
  readonly undone: string
}

for (const [what, hurt] of [
  ['is killed', ({ controller }: Scene) => controller.kill('SIGKILL')],
  ['is stopped', ({ controller }: Scene) => controller.kill('SIGSTOP')],
] as const) {
  test(
    `when the controller ${what} everything it started is gone within ten seconds`,
    () =>
      withSshd(sshd =>
        withController(sshd, async scene => {
          assert.ok(scene.pids.length >= 5 && scene.pids.every(alive))
          hurt(scene)
          await until(() => !scene.pids.some(alive) && !existsSync(scene.folder), 10_000)
          assert.ok(existsSync(scene.undone))
        }),
      ),
    { limitMs: 60_000 },
  )
}

test(
  'when the link falls silent the host ends everything, and the controller knows that it is lost',
  () =>
    withSshd(sshd =>
      withFolder(folder =>
        connected(sshd, async connection => {
          const tether = await open(connection, folder)
          const { pid } = await tether.start({ id: 'a', argv: stubborn, log: 'a.log' })
          await until(() => sessionOf(pid).length >= 2)
          const members = sessionOf(pid)
          const sshdOfOurs = parentOf((await tetherPids(tether))[0])
          process.kill(sshdOfOurs, 'SIGSTOP')
          try {
            const from = performance.now()
            await until(() => tether.lost.aborted, 10_000)
            assert.ok(performance.now() - from < 8_000)
            await until(() => !members.some(alive) && !existsSync(tether.folder), 10_000 - (performance.now() - from))
            assert.is((await refusal(tether.start({ id: 'b', argv: ['true'], log: 'b.log' }))).code, 'SSH_LOST')
          } finally {
            process.kill(sshdOfOurs, 'SIGKILL')
          }
        }),
      ),
    ),
  { limitMs: 60_000 },
)

test('an undo command that hangs is given up, and leaves nothing behind', () =>
  withTether(async (tether, folder) => {
    const pidFile = join(folder, 'hung')
    await tether.undo('after', ['touch', join(folder, 'after')])
    await tether.undo('hangs', ['sh', '-c', 'echo $$ >"$1"; sleep 300', 'sh', pidFile])
    const { left } = await tether.end()
    assert.match(left[0] ?? '', "'hangs' was not put back: status 137")
    assert.ok(existsSync(join(folder, 'after')))
    assert.equal(sessionOf(Number(readFileSync(pidFile, 'utf8'))), [])
  }))

test('the logs of all programs arrive byte for byte, to the last one', () =>
  withSshd(sshd =>
    withFolder(folder =>
      connected(sshd, async connection => {
        const tether = await open(connection, folder)
        const ids = ['a', 'b', 'c', 'd']
        const got = new Map(ids.map(id => [`${id}.log`, [] as Buffer[]]))
        const follower = await followLogs(connection, tether.folder, [...got.keys()], (file, chunk) =>
          got.get(file)?.push(chunk),
        )
        // Lines, lone newlines and binary, in bursts of all sizes.
        const script =
          'i=0; while [ $i -lt 60 ]; do head -c $((i * i * 7 + 1)) /dev/urandom; echo; echo; i=$((i + 1)); done; printf "==> x <=="'
        for (const id of ids) await tether.start({ id, argv: ['sh', '-c', script], log: `${id}.log` })
        let running = ids.length
        tether.onExit(() => running--)
        await until(() => running === 0)
        await follower.finish()
        for (const [file, chunks] of got)
          assert.ok(Buffer.concat(chunks).equals(readFileSync(join(tether.folder, file))), `${file} differs`)
        assert.equal(await tether.end(), { stopped: [], left: [] })
      }),
    ),
  ))

test('a line is there while its program runs', () =>
  withTether(async (tether, _folder, connection) => {
    let seen = ''
    const follower = await followLogs(
      connection,
      tether.folder,
      ['a.log', 'b.log'],
      (file, chunk) => (seen += `${file}:${chunk}`),
    )
    await tether.start({ id: 'a', argv: stubborn, log: 'a.log' })
    await until(() => seen === 'a.log:up\n')
    await tether.start({ id: 'b', argv: stubborn, log: 'b.log' })
    await until(() => seen === 'a.log:up\nb.log:up\n')
    await follower.finish()
  }))

/** Starts this very file as a controller; it says what it has set up, and lives until it is hurt. */
async function withController<T>(sshd: Sshd, use: (scene: Scene) => Promise<T>): Promise<T> {
  return await withFolder(async folder => {
    const controller = spawn(process.execPath, ['--enable-source-maps', process.argv[1] ?? ''], {
      env: { ...process.env, LOCKSTEP_TEST_CONTROLLER: JSON.stringify({ target: sshd.target, folder }) },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const exited = once(controller, 'exit')
    try {
      const [line] = await once(createInterface(controller.stdout), 'line', { signal: AbortSignal.timeout(20_000) })
      return await use({ controller, ...JSON.parse(line) })
    } finally {
      controller.kill('SIGKILL')
      await exited
    }
  })
}

async function beController({ target, folder }: { target: Target; folder: string }): Promise<void> {
  const signal = AbortSignal.timeout(15_000)
  const connection = await connectTo({ env: process.env }).connect(target, { signal })
  const tether = await open(connection, folder)
  await followLogs(connection, tether.folder, ['a.log'], () => undefined)
  const a = await tether.start({ id: 'a', argv: ['sleep', '300'], log: 'a.log' })
  const b = await tether.start({ id: 'b', argv: stubborn, log: 'b.log' })
  const pidFile = join(tether.folder, 'd.pid')
  const d = await tether.start({ id: 'd', argv: daemon(pidFile), pidFile, log: 'd.log' })
  const undone = join(folder, 'undone')
  await tether.undo('u', ['touch', undone])
  await until(() => sessionOf(b.pid).length >= 2)
  const tails = readdirSync(join(tether.folder, '.tether')).filter(name => name.startsWith('f.'))
  const followers = tails.flatMap(name => sessionOf(Number(name.slice(2))))
  const pids = [a.pid, ...sessionOf(b.pid), d.pid, ...(await tetherPids(tether)), ...followers]
  process.stdout.write(`${JSON.stringify({ pids, folder: tether.folder, undone })}\n`)
}

/** Reader and watchdog, found by the script that both run. */
async function tetherPids(tether: Tether): Promise<[number, number]> {
  // For a moment the watchdog is a fork of the reader, with its very words, and in the moment of its exec it has none.
  let found: ReadonlyMap<string, number> = new Map()
  await until(() => {
    found = processesOfTether(tether)
    return found.has('reader') && found.has('watchdog')
  })
  return [found.get('reader') as number, found.get('watchdog') as number]
}

function processesOfTether(tether: Tether): ReadonlyMap<string, number> {
  const script = join(tether.folder, '.tether/tether.sh')
  const found = new Map<string, number>()
  for (const name of readdirSync('/proc').filter(name => /^\d+$/.test(name))) {
    const words = wordsOf(name)
    const mode = words[words.indexOf(script) + 1]
    // The keepers are forks of the reader with its very words; the reader is the oldest of them.
    if (words.includes(script) && mode !== undefined && !found.has(mode)) found.set(mode, Number(name))
  }
  return found
}

/** A folder with every program that the tether calls but flock. */
function toolsWithoutFlock(folder: string): string {
  mkdirSync(folder)
  for (const tool of ['sh', 'env', 'setsid', 'mktemp', 'sleep', 'rm', 'mkdir', 'rmdir', 'mv', 'ln']) {
    symlinkSync(
      execFileSync('sh', ['-c', 'command -v "$1"', 'sh', tool], { encoding: 'utf8' }).trim(),
      join(folder, basename(tool)),
    )
  }
  return folder
}

const controller = process.env['LOCKSTEP_TEST_CONTROLLER']
if (controller === undefined) test.run()
else await beController(JSON.parse(controller))
