import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { LockstepError } from '../../src/errors/error.ts'
import { listensOn } from '../../src/runner/listens-on.ts'
import { connectTo } from '../../src/transport/connect.ts'
import { type Asking, askFiles, askTime, readFiles } from '../../src/transport/file-question.ts'
import { localTransport } from '../../src/transport/local.ts'
import { openTether } from '../../src/transport/tether.ts'
import type { Tether } from '../../src/transport/tether-contract.ts'
import type { HostConnection, Target } from '../../src/transport/transport.ts'
import { alive, refusal, sessionOf, until, wordsOf } from '../fixtures/processes.ts'
import { connected, withSshd } from '../fixtures/sshd.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('transport/tether-command')
const timeoutMs = 15_000

const open = (connection: HostConnection, claimFolder: string, shell = 'sh') =>
  openTether(connection, {
    run: 'test',
    owner: 'me',
    signal: AbortSignal.timeout(20_000),
    claimFolder,
    shell,
  })

async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-command-'))
  try {
    return await use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

type Scene = { readonly tether: Tether; readonly folder: string; readonly connection: HostConnection }

async function withTetherOn(connection: HostConnection, use: (scene: Scene) => Promise<unknown>, shell?: string) {
  await withFolder(async folder => {
    const tether = await open(connection, folder, shell)
    try {
      await use({ tether, folder, connection })
    } finally {
      if (existsSync(tether.folder)) await tether.end()
    }
  })
}

const overSsh = (use: (scene: Scene) => Promise<unknown>) =>
  withSshd(sshd => connected(sshd, connection => withTetherOn(connection, use)))

async function locally(use: (scene: Scene) => Promise<unknown>, shell?: string): Promise<void> {
  const target: Target = { name: 'A', kind: 'local', address: 'localhost' }
  const connection = await localTransport({ env: process.env }).connect(target, { signal: AbortSignal.timeout(5_000) })
  await withTetherOn(connection, use, shell)
  await connection.close()
}

const links = { ssh: overSsh, local: locally } as const

for (const [link, withScene] of Object.entries(links)) {
  test(`${link}: words, variables, input, outputs and the outcome are exact`, () =>
    withScene(async ({ tether, folder }) => {
      const words = ["it's", 'two\nlines', '$HOME "x" `id` \\n', '', '*', '-n']
      const env = { SECRET: "a'b\n$c", nl: 'x', cwd: 'y', PLAIN: 'é' }
      const script = 'printf "<%s>" "$@" "$SECRET" "$nl" "$cwd" "$PLAIN"; cat; pwd >&2; exit 7'
      const result = await tether.exec(['sh', '-c', script, 'sh', ...words], {
        env,
        stdin: 'first\nrest\0\n',
        cwd: folder,
        timeoutMs,
      })
      const printed = [...words, env.SECRET, env.nl, env.cwd, env.PLAIN].map(word => `<${word}>`).join('')
      assert.is(result.stdout.toString('utf8'), `${printed}first\nrest\0\n`)
      assert.equal([result.stderr.toString('utf8'), result.code, result.signal], [`${folder}\n`, 7, undefined])
      const killed = await tether.exec(['sh', '-c', 'kill -s USR1 $$'], { timeoutMs })
      assert.equal([killed.code, killed.signal], [undefined, 'SIGUSR1'])
      const none = await tether.exec(['no-such-program'], { timeoutMs })
      assert.is(none.code, 127)
      assert.match(none.stderr.toString('utf8'), /^\S+: .{0,20}no-such-program: not found\n$/)
      const home = await tether.exec(['pwd'], { timeoutMs })
      assert.is(home.stdout.toString('utf8'), `${homedir()}\n`)
      assert.is((await tether.exec(['pwd'], { cwd: '/nonesuch', timeoutMs })).code, 126)
    }))

  test(`${link}: a megabyte goes in and comes out as it was, and is heard on the way`, () =>
    withScene(async ({ tether }) => {
      const data = randomBytes(1 << 20)
      let heard = 0
      const { stdout } = await tether.exec(['cat'], {
        stdin: data,
        env: { A: 'b' },
        timeoutMs,
        onOutput: (stream, chunk) => (heard += stream === 'stdout' ? chunk.length : 0),
      })
      assert.ok(stdout.equals(data))
      assert.is(heard, data.length)
    }))
}

test('a question has the answer of the command that it stands for, without a process', () =>
  locally(async ({ tether, folder }) => {
    const files = [join(folder, 'some'), join(folder, 'none'), '/sys/class/net/lo/carrier_changes', folder]
    writeFileSync(files[0] as string, 'é\n\0x')
    const asked = async ({ argv, question }: Asking, isCommand: boolean) =>
      (await tether.exec(argv, isCommand ? { timeoutMs } : { question, timeoutMs })).stdout
    await tether.exec(['true'], { timeoutMs }) // the first has a channel of its own
    const regular = files.slice(0, 3)
    const [command, question] = [await asked(askFiles(regular), true), await asked(askFiles(regular), false)]
    assert.is(`${question}`, `${command}`)
    const read = readFiles(await asked(askFiles(files), false), files)
    assert.equal(
      files.map(file => `${read.get(file)}`),
      ['é\n\0x', '', readFileSync(files[2] as string, 'utf8'), ''],
    )
    const said = BigInt(`${await asked(askTime, false)}`)
    assert.ok(Math.abs(Number(said / 1_000_000n) - Date.now()) < 10_000, String(said))
    // A command would have to be on this path.
    const gone = await tether.exec(['no-such-program'], { question: askTime.question, timeoutMs })
    assert.is(gone.code, 0)
  }))

test('whether a process listens is answered alike by a command and by the worker', () =>
  locally(async ({ tether }) => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const isThere = async ({ argv, question }: Asking) => {
      await tether.exec(['true'], { timeoutMs }) // the first has a channel of its own
      const codes = [await tether.exec(argv, { timeoutMs }), await tether.exec(['none'], { question, timeoutMs })]
      return codes.map(({ code }) => code)
    }
    assert.equal(await isThere(listensOn(process.pid, port)), [0, 0])
    assert.equal(await isThere(listensOn(process.pid, port, 'udp')), [1, 1])
    assert.equal(await isThere(listensOn(1, port)), [1, 1])
    server.close()
  }))

test('nothing secret stands in a command line, and no process stands between sshd and the program', () =>
  overSsh(async ({ tether }) => {
    const script = 'printf "%s\\n" "$TOKEN"; cat /proc/$PPID/comm; grep -ls "hush-[4]711" /proc/[0-9]*/cmdline; true'
    const { stdout } = await tether.exec(['sh', '-c', script], { env: { TOKEN: 'hush-4711' }, timeoutMs })
    assert.is(stdout.toString('utf8'), 'hush-4711\nsshd\n')
  }))

/** Ignores SIGTERM, and so does its child. */
const stubborn = (file: string) => [
  'sh',
  '-c',
  'trap "" TERM; echo $$ >"$1"; sleep 300 & while :; do sleep 1; done',
  'sh',
  file,
]

for (const shell of ['dash', 'bash --posix', 'busybox sh']) {
  const [program = ''] = shell.split(' ')
  const missing = existsSync(`/usr/bin/${program}`) || existsSync(`/bin/${program}`) ? undefined : `no ${program} here`

  test.unless(missing, `${shell}: a command is ended with all of its session on its deadline and on abort`, () =>
    locally(async ({ tether, folder }) => {
      const file = join(folder, 'pid')
      const pid = () => Number(readFileSync(file, 'utf8'))
      const late = await refusal(tether.exec(stubborn(file), { timeoutMs: 700 }))
      assert.equal([late.code, late.message], ['STEP_TIMEOUT', "'sh' did not end within 0.7 s on A"])
      assert.equal(sessionOf(pid()), [])
      rmSync(file)
      const stop = new AbortController()
      const stopped = refusal(tether.exec(stubborn(file), { timeoutMs, signal: stop.signal }))
      await until(() => existsSync(file) && pid() > 0 && sessionOf(pid()).length >= 2)
      const members = sessionOf(pid())
      stop.abort(new LockstepError('USER_INTERRUPT', 'stop'))
      assert.is((await stopped).code, 'USER_INTERRUPT')
      assert.equal(members.filter(alive), [])
    }, shell),
  )

  test.unless(missing, `${shell}: what a command leaves behind lives until the end, and holds nobody up`, () =>
    locally(async ({ tether, folder }) => {
      const start = (n: number, redirection: string) =>
        tether.exec(['sh', '-c', `sleep 300 ${redirection} & echo $! >"$1"; echo said`, 'sh', join(folder, `${n}`)], {
          timeoutMs,
        })
      const began = performance.now()
      const results = await Promise.all([
        start(0, '>/dev/null 2>&1'),
        start(1, ''),
        tether.exec(['true'], { timeoutMs }),
      ])
      assert.ok(performance.now() - began < 4_000)
      assert.equal(
        results.map(({ code, stdout }) => [code, `${stdout}`]),
        [
          [0, 'said\n'],
          [0, 'said\n'],
          [0, ''],
        ],
      )
      const left = [0, 1].map(n => Number(readFileSync(join(folder, `${n}`), 'utf8')))
      const records = () =>
        readdirSync(join(tether.folder, '.tether'))
          .filter(name => /^[cl]\./.test(name))
          .sort()
      // The record of what left nothing goes; what was left is looked for no more, and lives. One is the worker's.
      await until(() => /^c\.0{5}\d,l\.000001,l\.000002$/.test(`${records()}`))
      assert.equal(left.filter(alive), left)
      assert.equal(await tether.end(), { stopped: [], left: [] })
      assert.equal(left.filter(alive), [])
    }, shell),
  )
}

const workers = (folder: string) =>
  readdirSync('/proc').filter(pid => {
    const words = wordsOf(pid)
    return words[0] === 'perl' && words.includes(join(folder, '.tether')) && words.length < 8
  })

test('a worker that is killed fails what it has begun, and the next command has another', () =>
  overSsh(async ({ tether, folder }) => {
    assert.is((await tether.exec(['true'], { timeoutMs })).code, 0)
    const file = join(folder, 'pid')
    const running = refusal(tether.exec(stubborn(file), { timeoutMs }))
    await until(() => existsSync(file) && Number(readFileSync(file, 'utf8')) > 0)
    const [worker, ...others] = workers(tether.folder)
    assert.equal(others, [])
    process.kill(Number(worker), 'SIGKILL')
    const { code, message } = await running
    assert.equal([code, message], ['HOST_TETHER', 'what runs our commands on A has ended'])
    assert.equal(sessionOf(Number(readFileSync(file, 'utf8'))), [])
    assert.is(`${(await tether.exec(['echo', 'on'], { timeoutMs })).stdout}`, 'on\n')
    assert.is(workers(tether.folder).length, 1)
  }))

test('without perl every command has a channel of its own', () =>
  withFolder(async folder => {
    const programs = ['sh', 'env', 'setsid', 'sleep', 'rm', 'mkdir', 'mv', 'flock', 'cat', 'true']
    for (const name of programs)
      symlinkSync(execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim(), join(folder, name))
    const target: Target = { name: 'A', kind: 'local', address: 'localhost' }
    const options = { signal: AbortSignal.timeout(5_000) }
    const connection = await localTransport({ env: { PATH: folder, HOME: folder } }).connect(target, options)
    await withTetherOn(connection, async ({ tether }) => {
      const said = () => tether.exec(['sh', '-c', 'cat; exit 3'], { stdin: 'in', timeoutMs })
      for (const { code, stdout } of [await said(), await said(), await said()])
        assert.equal([code, `${stdout}`], [3, 'in'])
      assert.equal(workers(tether.folder), [])
    })
    await connection.close()
  }))

test('a command that is given up while it waits for a channel does not begin', () =>
  overSsh(async ({ tether, folder }) => {
    // One channel is the tether's.
    const busy = Array.from({ length: 7 }, () => tether.exec(['sleep', '1'], { timeoutMs }))
    const stops = Array.from({ length: 5 }, () => new AbortController())
    const work = stops.map(({ signal }, n) =>
      refusal(tether.exec(['touch', join(folder, `${n}`)], { timeoutMs, signal })),
    )
    for (const stop of stops) stop.abort(new LockstepError('USER_INTERRUPT', 'stop'))
    assert.equal(new Set((await Promise.all(work)).map(({ code }) => code)), new Set(['USER_INTERRUPT']))
    await Promise.all(busy)
    assert.is((await tether.exec(['true'], { timeoutMs })).code, 0)
    assert.equal(readdirSync(folder), ['lockstep.claim'])
  }))

test('after the end nothing begins, and a lost link is an error', () =>
  overSsh(async ({ tether, folder, connection }) => {
    const running = refusal(tether.exec(['sleep', '300'], { timeoutMs }))
    const open = join(tether.folder, '.tether/open')
    await until(() => existsSync(join(tether.folder, '.tether/c.000001')))
    renameSync(open, `${open}.not`)
    const late = await refusal(tether.exec(['touch', join(folder, 'late')], { timeoutMs }))
    renameSync(`${open}.not`, open)
    assert.equal([late.code, late.message], ['HOST_TETHER', 'a command cannot begin on A: the run is over there'])
    assert.not(existsSync(join(folder, 'late')))
    await connection.close()
    assert.is((await running).code, 'SSH_LOST')
    await until(() => !existsSync(tether.folder))
  }))

test('a program that prints too much is ended', () =>
  overSsh(async ({ tether, folder }) => {
    const file = join(folder, 'pid')
    const error = await refusal(
      tether.exec(['sh', '-c', 'echo $$ >"$1"; exec cat /dev/zero', 'sh', file], { timeoutMs, maxBytes: 9_999 }),
    )
    assert.is(error.code, 'STEP_OUTPUT')
    assert.not(alive(Number(readFileSync(file, 'utf8'))))
  }))

for (const how of ['killed', 'stopped'] as const) {
  test(`when the controller is ${how} its commands end within the lease`, () =>
    withSshd(sshd =>
      withFolder(async folder => {
        const file = join(folder, 'pid')
        const controller = spawn(process.execPath, ['--enable-source-maps', process.argv[1] ?? ''], {
          env: { ...process.env, LOCKSTEP_TEST_CONTROLLER: JSON.stringify({ target: sshd.target, folder, file }) },
          stdio: ['ignore', 'inherit', 'inherit'],
        })
        const exited = once(controller, 'exit')
        try {
          await until(() => existsSync(file) && sessionOf(Number(readFileSync(file, 'utf8'))).length >= 2, 20_000)
          const members = sessionOf(Number(readFileSync(file, 'utf8')))
          controller.kill(how === 'killed' ? 'SIGKILL' : 'SIGSTOP')
          await until(() => !members.some(alive), 11_000)
        } finally {
          controller.kill('SIGKILL')
          await exited
        }
      }),
    ))
}

test(
  'two hundred commands in a row take about as long as bare ones',
  () =>
    overSsh(async ({ tether, connection }) => {
      const took = async (run: () => Promise<unknown>) => {
        const from = performance.now()
        for (let i = 0; i < 100; i++) await run()
        return performance.now() - from
      }
      const bare = () => connection.exec(['true'], { timeoutMs })
      const ours = () => tether.exec(['true'], { timeoutMs })
      await took(bare)
      const [first, mine, second, again] = [await took(bare), await took(ours), await took(bare), await took(ours)]
      assert.ok(mine + again < 2 * (first + second), `${mine + again} ms against ${first + second} ms`)
    }),
  { limitMs: 60_000 },
)

async function beController({ target, folder, file }: { target: Target; folder: string; file: string }): Promise<void> {
  const connection = await connectTo({ env: process.env }).connect(target, { signal: AbortSignal.timeout(15_000) })
  const tether = await open(connection, folder)
  await tether.exec(stubborn(file), { timeoutMs: 100_000 })
}

const controller = process.env['LOCKSTEP_TEST_CONTROLLER']
if (controller === undefined) test.run()
else await beController(JSON.parse(controller))
