import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import * as assert from 'uvu/assert'
import { LockstepError } from '../../src/errors/error.ts'
import { connectTo } from '../../src/transport/connect.ts'
import { sshTransport } from '../../src/transport/ssh.ts'
import type { HostConnection, Target } from '../../src/transport/transport.ts'
import { connected, freePort, isolated, knownLine, makeKey, withSshd } from '../fixtures/sshd.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('transport/ssh')
const timeoutMs = 15_000
const ssh = (env = process.env) => sshTransport({ env })
const connect = (target: Target, env = process.env) => ssh(env).connect(target, { signal: AbortSignal.timeout(20_000) })

/** The error that `work` ends with; a success is a failure of the test. */
async function refusal(work: Promise<unknown>): Promise<LockstepError> {
  const outcome = await work.then(
    () => new Error('it was not refused'),
    (error: Error) => error,
  )
  if (!(outcome instanceof LockstepError)) throw outcome
  return outcome
}

const text = async (connection: HostConnection, ...argv: string[]) =>
  (await connection.exec(argv, { timeoutMs })).stdout.toString('utf8')

test('a command gets its words as they are, and its status, output and errors come back', () =>
  withSshd(sshd =>
    connected(sshd, async connection => {
      const words = ["it's", 'two\nlines', '"$HOME" `id` \\', '', '*', 'é']
      assert.is(await text(connection, 'printf', '<%s>', ...words), words.map(word => `<${word}>`).join(''))
      const script = 'cat; echo bad >&2; exit 3'
      const { code, signal, stdout, stderr } = await connection.exec(['sh', '-c', script], { stdin: 'in', timeoutMs })
      assert.equal([code, signal, `${stdout}`, `${stderr}`], [3, undefined, 'in', 'bad\n'])
      const killed = await connection.exec(['sh', '-c', 'kill -9 $$'], { timeoutMs })
      assert.equal([killed.code, killed.signal], [undefined, 'SIGKILL'])
      assert.is((await connection.exec(['no-such-program'], { timeoutMs })).code, 127)
    }),
  ))

test('an endless command is ended at its deadline, a chatty one at its limit', () =>
  withSshd(sshd =>
    connected(sshd, async connection => {
      const pidFile = join(sshd.folder, 'pid')
      const work = connection.exec(['sh', '-c', 'echo $$ >"$1"; exec sleep 60', 'sh', pidFile], { timeoutMs: 500 })
      assert.is((await refusal(work)).code, 'SSH_TIMEOUT')
      await untilGone(Number(readFileSync(pidFile, 'utf8')))
      const noise = connection.exec(['head', '-c', '100000', '/dev/zero'], { timeoutMs, maxBytes: 1000 })
      assert.is((await refusal(noise)).code, 'STEP_OUTPUT')
    }),
  ))

test('more commands than channels wait for their turn', () =>
  withSshd(sshd =>
    connected(sshd, async connection => {
      const outputs = await Promise.all(Array.from({ length: 40 }, (_, i) => text(connection, 'echo', String(i))))
      assert.equal(
        outputs,
        Array.from({ length: 40 }, (_, i) => `${i}\n`),
      )
    }),
  ))

test('a forward reaches a port of the host; one that nobody listens on is refused', () =>
  withSshd(sshd =>
    connected(sshd, async connection => {
      const server = createServer(socket => socket.end('hello')).listen(0, '127.0.0.1')
      await once(server, 'listening')
      const stream = await connection.forward((server.address() as { port: number }).port)
      const [chunk] = await once(stream, 'data')
      assert.is(String(chunk), 'hello')
      stream.destroy()
      server.close()
      assert.is((await refusal(connection.forward(await freePort()))).code, 'SSH_FORWARD')
    }),
  ))

test(
  'a hundred connections at once get through the default MaxStartups',
  () =>
    withSshd(async sshd => {
      const transport = ssh()
      const signal = AbortSignal.timeout(60_000)
      const connections = await Promise.all(
        Array.from({ length: 100 }, () => transport.connect(sshd.target, { signal })),
      )
      try {
        const outputs = await Promise.all(connections.map(connection => text(connection, 'echo', 'up')))
        assert.equal(new Set(outputs), new Set(['up\n']))
      } finally {
        await Promise.all(connections.map(connection => connection.close()))
      }
    }),
  { limitMs: 90_000 },
)

test('a server that drops logins is asked again', () =>
  withSshd(
    async sshd => {
      // Four of our five connections at once exceed this server's limit, and ours is not the only handshake.
      const transport = sshTransport({ env: process.env, maxHandshakes: 20 })
      const signal = AbortSignal.timeout(25_000)
      const connections = await Promise.all(
        Array.from({ length: 10 }, () => transport.connect(sshd.target, { signal })),
      )
      await Promise.all(connections.map(connection => connection.close()))
      assert.is(connections.length, 10)
    },
    ['MaxStartups 2:100:2'],
  ))

test('an exec on an open connection is many times cheaper than an ssh process', () =>
  withSshd(sshd =>
    connected(sshd, async connection => {
      const ours = await medianMs(31, () => connection.exec(['true'], { timeoutMs }))
      const argv = [
        ...isolated(sshd.folder),
        '-i',
        join(sshd.folder, 'id'),
        '-p',
        String(sshd.port),
        '127.0.0.1',
        'true',
      ]
      const theirs = await medianMs(5, async () => void execFileSync('ssh', argv, { stdio: 'ignore' }))
      assert.ok(theirs / ours > 3, `ssh takes ${theirs} ms, an exec ${ours} ms`)
    }),
  ))

test('an unknown host key is refused with its fingerprint and the fix', () =>
  withSshd(async sshd => {
    writeFileSync(join(sshd.folder, 'known_hosts'), '')
    const error = await refusal(connect(sshd.target))
    assert.is(error.code, 'SSH_HOST_KEY')
    const shown = execFileSync('ssh-keygen', ['-lf', join(sshd.folder, 'host.pub')], { encoding: 'utf8' }).split(' ')[1]
    assert.is(error.message, `the host key of A is not known: it shows ssh-ed25519 ${shown}`)
    assert.match(error.hint ?? '', `ssh-keyscan -p ${sshd.port} 127.0.0.1 >> ${sshd.folder}/known_hosts`)
  }))

test('a changed host key is refused with file, line and the command that forgets it', () =>
  withSshd(async sshd => {
    makeKey(join(sshd.folder, 'other'))
    const file = join(sshd.folder, 'known_hosts')
    writeFileSync(file, `# first line\n${knownLine(sshd.folder, sshd.port, 'other')}`)
    const error = await refusal(connect(sshd.target))
    assert.is(error.code, 'SSH_HOST_KEY')
    assert.match(error.message, `${file}:2`)
    assert.match(error.hint ?? '', `ssh-keygen -f ${file} -R '[127.0.0.1]:${sshd.port}'`)
    assert.equal(error.at, { file, line: 2, column: 1 })
    // The hint is right: after it the key is unknown, no longer changed.
    execFileSync('sh', ['-c', (error.hint ?? '').replace(/^.*then: /, '')], { stdio: 'ignore' })
    assert.match((await refusal(connect(sshd.target))).message, 'is not known')
  }))

test('a hashed entry is found; a key that the host has beside the known one is no attack', () =>
  withSshd(async sshd => {
    execFileSync('ssh-keygen', ['-H', '-f', join(sshd.folder, 'known_hosts')], { stdio: 'ignore' })
    await connected(sshd, async connection => assert.is(await text(connection, 'echo', 'in'), 'in\n'))
  }))

test('host keys are not checked where the inventory says so, and kept where it says accept-new', () =>
  withSshd(async sshd => {
    const file = join(sshd.folder, 'known_hosts')
    writeFileSync(file, '')
    const fresh = { ...sshd.target, sshArgs: [...isolated(sshd.folder), '-o', 'StrictHostKeyChecking=accept-new'] }
    await (await connect(fresh)).close()
    assert.is(readFileSync(file, 'utf8').split(' ')[0], `[127.0.0.1]:${sshd.port}`)
    makeKey(join(sshd.folder, 'other'))
    writeFileSync(file, knownLine(sshd.folder, sshd.port, 'other'))
    assert.is((await refusal(connect(fresh))).code, 'SSH_HOST_KEY')
    await (await connect({ ...sshd.target, hostKeyChecking: false })).close()
  }))

test('a login that is refused says what was tried and what to do', () =>
  withSshd(async sshd => {
    makeKey(join(sshd.folder, 'stranger'))
    const stranger = { ...sshd.target, privateKeyFile: join(sshd.folder, 'stranger') }
    const error = await refusal(connect(stranger))
    assert.is(error.code, 'SSH_LOGIN')
    assert.match(error.message, `with ${sshd.folder}/stranger; it takes publickey`)
    execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'secret', '-f', join(sshd.folder, 'stranger')])
    const encrypted = await refusal(connect(stranger))
    assert.match(encrypted.message, 'is encrypted')
    assert.match(encrypted.hint ?? '', `ssh-add ${sshd.folder}/stranger`)
    assert.is((await refusal(connect({ ...sshd.target, privateKeyFile: '/nonesuch' }))).code, 'SSH_LOGIN')
  }))

test('a password is given where the server asks for one, as such or in a dialogue', () =>
  withSshd(async ({ folder }) => {
    for (const way of ['password', 'keyboard-interactive'] as const) {
      const server = new ssh2.Server({ hostKeys: [readFileSync(join(folder, 'host'))] }, client =>
        client.on('authentication', context => {
          if (context.method !== way) return context.reject([way])
          const decide = (said?: string) => (said === 'se cret' ? context.accept() : context.reject([way]))
          if (context.method === 'password') decide(context.password)
          if (context.method === 'keyboard-interactive') context.prompt('Password: ', answers => decide(answers[0]))
        }),
      ).listen(0, '127.0.0.1')
      await once(server, 'listening')
      const { port } = server.address() as { port: number }
      writeFileSync(join(folder, 'known_hosts'), knownLine(folder, port))
      const target = { name: 'A', kind: 'ssh', address: '127.0.0.1', port, sshArgs: isolated(folder) } as const
      await (await connect({ ...target, password: 'se cret' })).close()
      const error = await refusal(connect({ ...target, password: 'other' }))
      assert.is(error.code, 'SSH_LOGIN')
      assert.match(error.message, `the password; it takes ${way}`)
      assert.not.match(error.message, 'other')
      server.close()
    }
  }))

test('an encrypted key is used through the agent, several keys are tried in turn', () =>
  withSshd(async sshd => {
    const socket = join(sshd.folder, 'agent')
    const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' })
    try {
      for (let tries = 0; !existsSync(socket) && tries < 100; tries++) await new Promise(next => setTimeout(next, 50))
      const env = { ...process.env, SSH_AUTH_SOCK: socket }
      makeKey(join(sshd.folder, 'stranger'))
      for (const key of ['stranger', 'id'])
        execFileSync('ssh-add', ['-q', join(sshd.folder, key)], { env, stdio: 'ignore' })
      execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'secret', '-f', join(sshd.folder, 'id')])
      const words = isolated(sshd.folder).filter(word => word !== 'IdentityAgent=none')
      const sshArgs = [...words.slice(0, -1)]
      await (await connect({ ...sshd.target, sshArgs }, env)).close()
      // With IdentitiesOnly the agent signs for the named file alone, which it finds by the .pub beside it.
      await (await connect({ ...sshd.target, sshArgs: [...sshArgs, '-o', 'IdentitiesOnly=yes'] }, env)).close()
      const other = { ...sshd.target, privateKeyFile: join(sshd.folder, 'stranger') }
      const error = await refusal(connect({ ...other, sshArgs: [...sshArgs, '-o', 'IdentitiesOnly=yes'] }, env))
      assert.is(error.code, 'SSH_LOGIN')
    } finally {
      agent.kill()
      await once(agent, 'exit')
    }
  }))

test('the settings of an ssh configuration file are used: HostName, Port, User, IdentityFile, ProxyJump, ProxyCommand', () =>
  withSshd(async sshd => {
    const { folder, port } = sshd
    const config = join(folder, 'config')
    const common = `IdentityFile ${folder}/id\n UserKnownHostsFile ${folder}/known_hosts\n IdentityAgent none\n`
    writeFileSync(
      config,
      [
        `Host alias jump\n HostName 127.0.0.1\n Port ${port}\n ${common}`,
        `Host far\n HostName 127.0.0.1\n Port ${port}\n ProxyJump jump\n ${common}`,
        `Host piped\n HostName 127.0.0.1\n Port ${port}\n ProxyCommand ssh -F ${config} -W %h:%p jump\n ${common}`,
      ].join('\n'),
    )
    let directMs: number | undefined
    for (const address of ['alias', 'far', 'piped']) {
      const connection = await connect({ name: address, kind: 'ssh', address, sshArgs: ['-F', config] })
      try {
        assert.is(await text(connection, 'echo', address), `${address}\n`)
        const tookMs = await medianMs(9, () => connection.exec(['true'], { timeoutMs }))
        directMs ??= tookMs
        // Nagle's algorithm on either side would add 40 ms to each.
        assert.ok(tookMs < 3 * directMs + 25, `an exec takes ${tookMs} ms on ${address}, ${directMs} ms without a hop`)
      } finally {
        await connection.close()
      }
    }
  }))

test('without an ssh client its words and defaults are read by ourselves', () =>
  withSshd(async sshd => {
    mkdirSync(join(sshd.folder, 'empty'))
    const connection = await connect(sshd.target, { ...process.env, PATH: join(sshd.folder, 'empty') })
    assert.is(await text(connection, 'echo', 'in'), 'in\n')
    await connection.close()
  }))

test('a host that refuses, does not answer or is not known by name says so', async () => {
  const target = { name: 'A', kind: 'ssh', address: '127.0.0.1', sshArgs: ['-F', 'none'] } as const
  const refused = await refusal(connect({ ...target, port: await freePort() }))
  assert.equal([refused.code, /ECONNREFUSED/.test(refused.message)], ['SSH_UNREACHABLE', true])
  const mute = createServer(() => undefined).listen(0, '127.0.0.1')
  await once(mute, 'listening')
  const { port } = mute.address() as { port: number }
  const late = await refusal(connect({ ...target, port, connectTimeoutS: 1 }))
  assert.is(late.code, 'SSH_TIMEOUT')
  mute.close()
  assert.is((await refusal(connect({ ...target, address: 'no-such-host.invalid' }))).code, 'SSH_UNREACHABLE')
  assert.is((await refusal(connect({ ...target, sshArgs: ['-o', 'Nonsense=1'] }))).code, 'SSH_CONFIG')
})

test('a connection that breaks is lost with the reason, and a command on it has no result', () =>
  withSshd(async sshd => {
    const connection = await connect(sshd.target)
    const parent = (await text(connection, 'sh', '-c', 'read -r _ _ _ ppid _ </proc/$$/stat; echo $ppid')).trim()
    const pending = refusal(connection.exec(['sleep', '60'], { timeoutMs }))
    process.kill(Number(parent), 'SIGKILL')
    assert.is((await pending).code, 'SSH_LOST')
    await aborted(connection.lost)
    assert.is((connection.lost.reason as LockstepError).code, 'SSH_LOST')
    await connection.close()
  }))

test('a peer that falls silent is noticed in about five seconds', () =>
  withSshd(async sshd => {
    const connection = await connect(sshd.target)
    const parent = Number(await text(connection, 'sh', '-c', 'read -r _ _ _ ppid _ </proc/$$/stat; echo $ppid'))
    process.kill(parent, 'SIGSTOP')
    try {
      const from = performance.now()
      await aborted(connection.lost)
      const tookMs = performance.now() - from
      assert.ok(tookMs > 3_000 && tookMs < 9_000, `${tookMs} ms`)
      assert.match((connection.lost.reason as LockstepError).message, 'has not answered for 5 s')
    } finally {
      process.kill(parent, 'SIGKILL')
    }
    await connection.close()
  }))

test('closing is no loss', () =>
  withSshd(async sshd => {
    const connection = await connect(sshd.target)
    await connection.close()
    assert.not(connection.lost.aborted)
  }))

test('the controller itself is a host like any other', async () => {
  const here = await connectTo({ env: process.env }).connect(
    { name: 'here', kind: 'local', address: 'localhost' },
    { signal: AbortSignal.timeout(5_000) },
  )
  const { code, stdout } = await here.exec(['sh', '-c', 'cat; exit 4'], { stdin: 'in', timeoutMs })
  assert.equal([code, `${stdout}`], [4, 'in'])
  assert.is((await here.exec(['no-such-program'], { timeoutMs })).code, 127)
  assert.is((await refusal(here.exec(['sleep', '60'], { timeoutMs: 300 }))).code, 'SSH_TIMEOUT')
  assert.is((await refusal(here.forward(await freePort()))).code, 'SSH_FORWARD')
  const echo = await here.spawn(['cat'])
  echo.stdin.end('through')
  const [chunk] = await once(echo.stdout, 'data')
  assert.is(String(chunk), 'through')
  assert.equal(await echo.ended, { code: 0, signal: undefined })
  await here.close()
})

const aborted = (signal: AbortSignal): Promise<unknown> => (signal.aborted ? Promise.resolve() : once(signal, 'abort'))

async function medianMs(times: number, work: () => Promise<unknown>): Promise<number> {
  const took: number[] = []
  for (let i = 0; i < times; i++) {
    const from = performance.now()
    await work()
    took.push(performance.now() - from)
  }
  return took.sort((a, b) => a - b)[times >> 1] as number
}

async function untilGone(pid: number): Promise<void> {
  for (const until = performance.now() + 5_000; performance.now() < until; ) {
    const state = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : undefined
    if (state === undefined || / Z /.test(state)) return
    await new Promise(next => setTimeout(next, 50))
  }
  throw new Error(`process ${pid} is still there`)
}

test.run()
