import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import * as assert from 'uvu/assert'
import { commandAt, commandIn, withFolder } from '../fixtures/command.ts'
import { lockstepProgram } from '../fixtures/lab-process.ts'
import { type Login, type LoginOptions, noLogins, withLogin } from '../fixtures/login.ts'
import { wordsOf } from '../fixtures/processes.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('cli/become-options')
const limitMs = 90_000
/** What a shell, an INI file and a template would each trip over. */
const password = "pa ss'w\\ord #{{ x }}"
const askedFor = { sudoers: 'ALL=(ALL:ALL) ALL', password }

/** A real login as host A of `hosts.ini`, in a folder with the password in `pw` and a wrong one in `wrong`. */
const withHost = (login: LoginOptions, use: (cwd: string, login: Login) => Promise<void>) => () =>
  withLogin(login, async made => {
    const { port, privateKeyFile, sshArgs = [] } = made.target
    const words = sshArgs.join(' ')
    const host = `A ansible_host=127.0.0.1 ansible_port=${port} ansible_user=${made.user}`
    const files = {
      'hosts.ini': `${host} ansible_ssh_private_key_file=${privateKeyFile} ansible_ssh_common_args="${words}"\n`,
      pw: `${password}\n`,
      wrong: 'a guess\n',
    }
    await withFolder(files, cwd => use(cwd, made))
  })

const exec = (...options: readonly string[]) => ['exec', 'A', '-i', 'hosts.ini', ...options, '--', 'id', '-un']
const fromFile = ['--become-password-file', 'pw']

for (const [what, login, options, who] of [
  ['-b with a password from a file becomes root', askedFor, ['-b', ...fromFile], 'root'],
  ['--become-user names somebody else', askedFor, ['-b', '--become-user', 'nobody', ...fromFile], 'nobody'],
  ['-b needs no password where sudo asks for none', { sudoers: 'ALL=(ALL:ALL) NOPASSWD: ALL' }, ['-b'], 'root'],
  ['without -b the others change nothing', askedFor, ['--become-user', 'nobody', ...fromFile], undefined],
] as const)
  test.unless(
    noLogins,
    what,
    withHost(login, async (cwd, { user }) => {
      const said = await commandAt(cwd, exec(...options))
      assert.equal(said, { code: 0, stdout: `A  ${who ?? user}\n`, stderr: '' })
    }),
    { limitMs },
  )

test.unless(
  noLogins,
  '-K reads a line of stdin where there is no terminal; the inventory wins over -b',
  withHost(askedFor, async (cwd, { user }) => {
    const piped = await commandAt(cwd, exec('-b', '-K'), { stdin: `${password}\n` })
    assert.equal(piped, { code: 0, stdout: 'A  root\n', stderr: '' })
    writeFileSync(join(cwd, 'more.ini'), '[all:vars]\nansible_become=false\n')
    const off = await commandAt(cwd, exec('-i', 'more.ini', '-b', ...fromFile))
    assert.equal(off, { code: 0, stdout: `A  ${user}\n`, stderr: '' })
  }),
  { limitMs },
)

const playbook = `name: Root
hosts: {A: a}
setup:
  - {run: id -un, as: who}
  - assert: who == 'root'
  - wait_for: {file: "{{ go_on }}", every: 50ms}
after:
  - {run: id -un, become: nobody}
`

test.unless(
  noLogins,
  'a run as root gives its password to sudo alone: no argument, no event, no file of the run holds it',
  withHost(askedFor, async cwd => {
    writeFileSync(join(cwd, 'test.yml'), playbook)
    const goOn = join(cwd, 'go-on')
    const argv = ['run', 'test.yml', '-i', 'hosts.ini', '-b', ...fromFile, '-e', `go_on=${goOn}`, '--json']
    const samples = sampling(() => writeFileSync(goOn, ''))
    const { code, stdout, stderr } = await commandAt(cwd, argv)
    const seen = await samples.end()
    assert.equal([code, stderr], [0, ''])
    assert.ok(seen.some(words => words.includes('sudo') && words.includes('-S')))
    const [run = ''] = readdirSync(join(cwd, 'runs'))
    const files = readdirSync(join(cwd, 'runs', run), { recursive: true, encoding: 'utf8' })
      .map(name => join(cwd, 'runs', run, name))
      .filter(path => statSync(path).isFile())
    assert.ok(files.some(path => path.endsWith('events.ndjson')) && files.some(path => path.endsWith('result.json')))
    for (const form of [password, JSON.stringify(password).slice(1, -1), encodeURIComponent(password)]) {
      for (const words of seen) assert.not(words.join(' ').includes(form), words.join(' '))
      for (const path of files) assert.not(readFileSync(path, 'utf8').includes(form), path)
      assert.not(stdout.includes(form))
    }
  }),
  { limitMs },
)

/** Looks at the arguments of every process again and again; `enough` is called once sudo was seen. */
function sampling(enough: () => void) {
  const seen = new Set<string>()
  let stopped = false
  const look = async () => {
    for (let round = 0; !stopped; ) {
      for (const pid of readdirSync('/proc')) if (/^\d+$/.test(pid)) seen.add(wordsOf(pid).join('\0'))
      if ([...seen].some(words => words.startsWith('sudo\0'))) round += 1
      if (round === 10) enough()
      await new Promise(next => setTimeout(next, 20))
    }
  }
  const looking = look()
  return {
    end: async () => {
      stopped = true
      await looking
      return [...seen].map(words => words.split('\0'))
    },
  }
}

for (const [what, argv] of [
  ['exec', exec('-b', '--become-password-file', 'wrong')],
  ['run', ['run', 'test.yml', '-i', 'hosts.ini', '-b', '--become-password-file', 'wrong', '-e', 'go_on=/']],
  [
    'run --check',
    ['run', 'test.yml', '-i', 'hosts.ini', '--check', '-b', '--become-password-file', 'wrong', '-e', 'go_on=/'],
  ],
  ['ping', ['ping', 'A', '-i', 'hosts.ini', '-b', '--become-password-file', 'wrong']],
] as const)
  test.unless(
    noLogins,
    `a wrong password is HOST_BECOME for lockstep ${what}, with exit code 4 and what to do`,
    withHost(askedFor, async (cwd, { user }) => {
      writeFileSync(join(cwd, 'test.yml'), playbook)
      const { code, stdout, stderr } = await commandAt(cwd, argv)
      assert.is(code, 4, stdout + stderr)
      const said = stdout + stderr
      assert.match(said, `A does not take the password with which ${user} becomes root`)
      assert.match(said, 'HOST_BECOME')
      assert.match(said, /hint: .*-K/)
      assert.not.match(said, 'a guess')
    }),
    { limitMs },
  )

const noTerminal = noLogins ?? (spawnSync('tmux', ['-V']).status === 0 ? undefined : 'tmux is missing')
const run = promisify(execFile)

for (const [what, argv, end] of [
  ['exec', exec('-b', '-K'), /^A {2}root$/m],
  ['run', ['run', 'test.yml', '-i', 'hosts.ini', '-b', '-K', '-e', 'go_on=/'], /PASS/],
] as const)
  test.unless(
    noTerminal,
    `lockstep ${what} -K asks on a terminal, and what is typed is not shown`,
    withHost(askedFor, async cwd => {
      writeFileSync(join(cwd, 'test.yml'), playbook)
      const screen = await typed(cwd, argv, 'sudo password:', password, end)
      assert.match(screen, /^sudo password:$/m)
      assert.not.match(screen, 'pa ss')
    }),
    { limitMs },
  )

/** Runs lockstep in a terminal of its own, answers its question, and gives all that was on the screen at its end. */
async function typed(cwd: string, argv: readonly string[], question: string, answer: string, end: RegExp) {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-tmux-'))
  const tmux = async (...words: readonly string[]) =>
    (await run('tmux', ['-S', join(folder, 'socket'), ...words])).stdout
  let screen = ''
  const untilSeen = async (isSo: (text: string) => boolean) => {
    for (const deadline = performance.now() + 40_000; !isSo(screen); ) {
      if (performance.now() > deadline) throw new Error(`it did not come; on the screen is:\n${screen}`)
      screen = await tmux('capture-pane', '-p', '-S', '-')
      await new Promise(next => setTimeout(next, 50))
    }
  }
  const words = ['env', '-u', 'CI', process.execPath, lockstepProgram, ...argv]
  const script = '"$@"; echo "it ended with $?"; exec cat'
  const line = ['sh', '-c', script, 'sh', ...words]
  try {
    await tmux('-f', '/dev/null', 'new-session', '-d', '-x', '120', '-y', '40', '-c', cwd, ...line)
    await untilSeen(text => text.includes(question))
    await tmux('send-keys', '-l', answer)
    await tmux('send-keys', 'Enter')
    await untilSeen(text => text.includes('it ended with'))
    assert.match(screen, end)
    assert.match(screen, 'it ended with 0')
    return screen
  } finally {
    await tmux('kill-server')
    rmSync(folder, { recursive: true })
  }
}

for (const [what, options, message, hint] of [
  ['two ways to give it', ['-K', ...fromFile], '-K and --become-password-file are two ways', ''],
  ['an empty file', ['--become-password-file', 'empty'], 'empty: the file is empty', ''],
  ['no file', ['--become-password-file', 'nothing'], 'nothing', ''],
  ['nothing typed', ['-K'], 'sudo password: nothing was given', ''],
  ['stdin is an inventory', ['-K', '-i', '-'], 'stdin cannot be both', '--become-password-file FILE'],
] as const)
  test(`a password that cannot be had is a matter of usage: ${what}`, async () => {
    const files = { empty: '\n', pw: 'x\n', 'hosts.ini': 'A ansible_connection=local\n' }
    const { code, stdout, stderr } = await commandIn(files, exec('-b', ...options))
    assert.equal([code, stdout], [2, ''])
    assert.match(stderr, message)
    assert.match(stderr, hint)
  })

test.run()
