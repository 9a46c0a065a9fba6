import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { sshTransport } from '../../src/transport/ssh.ts'
import { openTether } from '../../src/transport/tether.ts'
import type { Become, HostConnection, Target } from '../../src/transport/transport.ts'
import { type Login, type LoginOptions, noLogins, withLogin } from '../fixtures/login.ts'
import { alive, naming, refusal, until } from '../fixtures/processes.ts'
import { connected, withSshd } from '../fixtures/sshd.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('transport/become')
const timeoutMs = 15_000
const root = (password?: string): Become => ({
  method: 'sudo',
  user: 'root',
  ...(password === undefined ? {} : { password }),
})

/** Every user and every group: what Debian gives to the group sudo. */
const all = 'ALL=(ALL:ALL) ALL'
const freely = 'ALL=(ALL:ALL) NOPASSWD: ALL'
const password = "pa ss'w\\ord"

async function withConnection<T>(
  options: LoginOptions,
  use: (connection: HostConnection, login: Login) => Promise<T>,
  more: Partial<Target> = {},
): Promise<T> {
  return await withLogin(options, async login => {
    const signal = AbortSignal.timeout(20_000)
    const connection = await sshTransport({ env: process.env }).connect({ ...login.target, ...more }, { signal })
    try {
      return await use(connection, login)
    } finally {
      await connection.close()
    }
  })
}

const text = async (connection: HostConnection, ...argv: string[]) =>
  (await connection.exec(argv, { timeoutMs })).stdout.toString('utf8')

for (const [what, options, become] of [
  ['freely', { sudoers: freely }, root()],
  ['freely, though a password is at hand', { sudoers: freely, password }, root(password)],
  ['with a password', { sudoers: all, password }, root(password)],
] as const) {
  test.unless(noLogins, `a login becomes root ${what}: input, outputs and outcome are the command's own`, () =>
    withConnection(options, async (connection, { user }) => {
      const there = connection.as(become)
      const words = ["it's", 'two\nlines', '$HOME']
      const script = 'id -un; printf "<%s>" "$@"; cat; printf e >&2; exit 3'
      const input = `first\n${'x'.repeat(200_000)}`
      const result = await there.exec(['sh', '-c', script, 'sh', ...words], { stdin: input, timeoutMs })
      const printed = words.map(word => `<${word}>`).join('')
      assert.is(result.stdout.toString('utf8'), `root\n${printed}${input}`)
      assert.equal([result.stderr.toString('utf8'), result.code], ['e', 3])
      const killed = await there.exec(['sh', '-c', 'kill -s TERM $$'], { timeoutMs })
      assert.equal([killed.code, killed.signal], [undefined, 'SIGTERM'])
      assert.is((await there.exec(['no-such-program'], { timeoutMs })).code, 127)
      // Where the login begins, with root's programs in reach.
      assert.is(await text(there, 'sh', '-c', 'pwd; echo $HOME; command -v ethtool || echo none'), await at(user))
      assert.is(await text(connection, 'id', '-un'), `${user}\n`)
      assert.is(await text(there.as(undefined), 'id', '-un'), `${user}\n`)
      assert.is(await text(there.as({ method: 'sudo', user: 'nobody', ...secret(become) }), 'id', '-un'), 'nobody\n')
      assert.is(there.as({ method: 'sudo', user }), connection)
      const other = { ...become, exe: '/usr/bin/sudo', flags: ['-n', '-S', '-g', 'nogroup'] }
      assert.is(await text(connection.as(other), 'id', '-gn'), 'nogroup\n')
    }),
  )
}

const secret = ({ password }: Become) => (password === undefined ? {} : { password })
const at = async (user: string) => {
  const tool = ['/usr/sbin/ethtool', '/sbin/ethtool'].find(existsSync) ?? 'none'
  return `/home/${user}\n/root\n${tool}\n`
}

for (const [what, options, become, message, hint] of [
  ['has no password at hand', { sudoers: all, password }, root(), 'becomes root on A only with a password', '-K'],
  ['has a wrong password', { sudoers: all, password }, root('guess'), 'A does not take the password with which', '-K'],
  ['is not in sudoers', { password }, root(password), 'may not become root on A', 'sudoers'],
  ['is not in sudoers and has no password', {}, root(), 'becomes root on A only with a password', '-K'],
  [
    'may become somebody else only',
    { sudoers: 'ALL=(nobody) NOPASSWD: ALL', password },
    root(password),
    'may not become root on A',
    'sudoers',
  ],
  [
    'needs a terminal',
    { sudoers: freely, defaults: 'Defaults:%u requiretty' },
    root(),
    'wants a terminal',
    'requiretty',
  ],
  ['names nobody we know', { sudoers: freely }, { method: 'sudo', user: 'no-such-user' }, 'no-such-user', 'try it'],
  [
    'finds no sudo',
    { sudoers: freely, config: ['SetEnv PATH=/nonesuch SHLVL=1'] },
    root(),
    'sudo is missing there',
    'install sudo',
  ],
] as const satisfies readonly (readonly [string, LoginOptions, Become, string, string])[]) {
  test.unless(noLogins, `a login that ${what} is refused in words, and at once`, () =>
    withConnection(options, async (connection, { user }) => {
      const error = await refusal(connection.as(become).exec(['cat'], { stdin: 'own\n', timeoutMs }))
      assert.is(error.code, 'HOST_BECOME')
      assert.match(error.message, message)
      assert.match(error.message, 'A')
      if (become.user === 'root' && become.password !== 'guess') assert.match(error.message, /root|sudo/)
      assert.match(error.hint ?? '', hint)
      assert.not.match(`${error.message} ${error.hint}`, /lockstep-|guess|pa ss/)
      assert.ok(error.message.includes(user))
      const spawned = await refusal(connection.as(become).spawn(['cat']))
      assert.is(spawned.code, 'HOST_BECOME')
    }),
  )
}

test.unless(noLogins, 'the whole connection is as the target says, and what it gives up is ended', () =>
  withConnection(
    { sudoers: all, password },
    async connection => {
      assert.is(await text(connection, 'id', '-un'), 'root\n')
      const folder = mkdtempSync(join(tmpdir(), 'lockstep-become-'))
      const file = join(folder, 'pid')
      const argv = ['sh', '-c', 'echo $$ >"$1"; exec sleep 300', 'sh', file]
      assert.is((await refusal(connection.exec(argv, { timeoutMs: 2_000 }))).code, 'SSH_TIMEOUT')
      await until(() => !alive(Number(readFileSync(file, 'utf8'))))
      rmSync(folder, { recursive: true })
    },
    { become: root(password) },
  ),
)

test('whoever is that user already needs no sudo', () =>
  withSshd(sshd =>
    connected(sshd, async connection => {
      assert.is(connection.as({ method: 'sudo', user: userInfo().username }), connection)
    }),
  ))

test.unless(
  noLogins,
  'a tether of root ends what a login runs through it, as whomever',
  () =>
    withConnection({ sudoers: all, password }, async (connection, { user }) => {
      const tether = await opened(connection.as(root(password)), user)
      for (const [become, name] of [
        [undefined, 'root'],
        [false, user],
        [{ user }, user],
        [{ user: 'nobody' }, 'nobody'],
        [{ user: 'root' }, 'root'],
      ] as const) {
        const also = become === undefined ? {} : { become }
        const script = 'id -un; printf "%s" "$TOKEN"; cat; pwd >&2; exit 5'
        const result = await tether.exec(['sh', '-c', script], {
          env: { TOKEN: 'a\nb' },
          stdin: '-in',
          timeoutMs,
          ...also,
        })
        assert.equal([`${result.stdout}`, `${result.stderr}`, result.code], [`${name}\na\nb-in`, `/home/${user}\n`, 5])
        const file = mkdtempSync(join(tmpdir(), 'lockstep-become-'))
        chmodSync(file, 0o777)
        const stubborn = 'trap "" TERM; umask 022; echo $$ >"$1"/pid; sleep 300 & while :; do sleep 1; done'
        const late = await refusal(tether.exec(['sh', '-c', stubborn, 'sh', file], { timeoutMs: 4_000, ...also }))
        assert.is(late.code, 'STEP_TIMEOUT')
        const pid = Number(readFileSync(join(file, 'pid'), 'utf8'))
        assert.equal([alive(pid), naming(file)], [false, []])
        rmSync(file, { recursive: true })
      }
      const unknown = await refusal(tether.exec(['id'], { become: { user: 'no-such-user' }, timeoutMs }))
      assert.equal([unknown.code, /no-such-user/.test(unknown.message)], ['HOST_BECOME', true])
      const left = await tether.exec(['sh', '-c', 'sleep 300 >/dev/null 2>&1 & echo $!'], { become: false, timeoutMs })
      assert.ok(alive(Number(`${left.stdout}`)))
      assert.equal(await tether.end(), { stopped: [], left: [] })
      assert.not(alive(Number(`${left.stdout}`)))
    }),
  { limitMs: 180_000 },
)

test.unless(noLogins, 'a tether that is not root refuses what it could not end', () =>
  withConnection({ sudoers: freely }, async (connection, { user }) => {
    const tether = await opened(connection, user)
    const error = await refusal(tether.exec(['id'], { become: { user: 'root' }, timeoutMs }))
    assert.equal([error.code, /could not be ended/.test(error.message)], ['HOST_BECOME', true])
    for (const become of [false, { user }] as const)
      assert.is(`${(await tether.exec(['id', '-un'], { become, timeoutMs })).stdout}`, `${user}\n`)
    await tether.end()
  }),
)

/** Its claim is in the login's home folder, apart from those of other tests. */
const opened = (connection: HostConnection, user: string) =>
  openTether(connection, {
    run: 'test',
    owner: 'me',
    signal: AbortSignal.timeout(20_000),
    claimFolder: `/home/${user}`,
  })

test.run()
