import { spawnSync } from 'node:child_process'
import * as assert from 'uvu/assert'
import { runProgram } from '../../src/cli/run-program.ts'
import type { LockstepError } from '../../src/errors/error.ts'
import { commandAt, commandIn, withFolder } from '../fixtures/command.ts'
import { keptIo } from '../fixtures/io.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('cli/inventory-inputs')

const list = '{"web": {"hosts": ["n1", "n2"], "vars": {"speed": 10}}, "_meta": {"hostvars": {"n1": {"a": 1}}}}'

for (const source of ['-', '/dev/stdin', '/dev/fd/0'])
  test(`an inventory comes in through stdin: -i ${source}`, async () => {
    const argv = ['inventory', '-i', source, '--host', 'n1']
    const { code, stdout } = await commandIn({}, argv, { stdin: list })
    assert.is(code, 0)
    assert.equal(JSON.parse(stdout), { a: 1, speed: 10 })
    assert.is(
      (await commandIn({}, ['inventory', '-i', source, '--list-hosts', 'all'], { stdin: 'a\n[g]\nb\n' })).stdout,
      'a\nb\n',
    )
  })

test('what lies beside the folder where we are does not belong to stdin', async () => {
  const { stdout } = await commandIn({ 'group_vars/all.yml': 'a: 1\n' }, ['inventory', '-i', '-', '--host', 'n1'], {
    stdin: 'n1\n',
  })
  assert.is(stdout, '{}\n')
})

test('what a program prints comes in through process substitution', () =>
  withFolder({ 'cloud.sh': `#!/bin/sh\necho '${list}'\n` }, cwd => {
    const line = `node "$0" inventory -i <(./cloud.sh --list) -i <(printf 'n3 a=2\\n') --list-hosts all`
    const argv = ['-c', line, `${process.cwd()}/bin/lockstep.js`]
    const { stdout, stderr, status } = spawnSync('bash', argv, { cwd, encoding: 'utf8' })
    assert.equal([status, stdout, stderr], [0, 'n3\nn1\nn2\n', ''])
  }))

/** Prints its list without `_meta`, and of each host its name and number of arguments. */
const script = `#!/bin/sh
case $1 in
--list) echo '{"web": {"hosts": ["n1", "n2"]}, "db": ["n2"]}' ;;
--host) if [ $2 = n1 ]; then echo "{\\"me\\": \\"$2 $#\\"}"; else echo {}; fi ;;
esac
`

test('with --run-scripts an inventory script is run, and asked for each host when its list has no _meta', () =>
  withFolder({ 'cloud.sh': script }, async cwd => {
    const { code, stdout, stderr } = await commandAt(cwd, ['inventory', '-i', 'cloud.sh', '--run-scripts', '--list'])
    assert.equal([code, stderr], [0, ''])
    const { _meta, web, db } = JSON.parse(stdout)
    assert.equal([_meta.hostvars, web.hosts, db.hosts], [{ n1: { me: 'n1 2' } }, ['n1', 'n2'], ['n2']])
  }))

const missing =
  spawnSync('ansible-inventory', ['--version']).status === 0 ? undefined : 'ansible-inventory is not installed'

test.unless(missing, 'what a script says is listed as ansible-inventory lists it', () =>
  withFolder({ 'cloud.sh': script }, async cwd => {
    const ours = await commandAt(cwd, ['inventory', '-i', 'cloud.sh', '--run-scripts', '--list'])
    const env = { PATH: process.env['PATH'], HOME: cwd, LC_ALL: 'C.UTF-8' }
    const theirs = spawnSync('ansible-inventory', ['-i', 'cloud.sh', '--list'], { cwd, env, encoding: 'utf8' })
    assert.is(ours.stdout, theirs.stdout)
  }),
)

test('scripts in a folder are run too, and variables beside them count', async () => {
  const files = { 'inv/10-cloud': script, 'inv/20-hosts.ini': 'n9\n', 'inv/group_vars/web.yml': 'speed: 1\n' }
  const argv = ['inventory', '-i', 'inv', '--run-scripts']
  assert.is((await commandIn(files, [...argv, '--list-hosts', 'all'])).stdout, 'n9\nn1\nn2\n')
  assert.equal(JSON.parse((await commandIn(files, [...argv, '--host', 'n1'])).stdout), { me: 'n1 2', speed: 1 })
})

test('what a script says on stderr is passed on', async () => {
  const files = { 'cloud.sh': '#!/bin/sh\necho slow >&2\necho {}\n' }
  const { code, stderr } = await commandIn(files, ['inventory', '-i', 'cloud.sh', '--run-scripts', '--list'])
  assert.equal([code, stderr], [0, 'slow\n'])
})

test('a program that does not end is ended, also when a child of it keeps the pipe', () =>
  withFolder({ 'hang.sh': '#!/bin/sh\nsleep 3 &\nwait\n' }, async cwd => {
    const started = performance.now()
    try {
      await runProgram([`${cwd}/hang.sh`], keptIo(cwd).io, { limitMs: 100 })
      assert.unreachable()
    } catch (error) {
      assert.match((error as LockstepError).message, /hang\.sh: it has not ended after 0\.1 s$/)
    }
    assert.ok(performance.now() - started < 2_000)
  }))

test.run()
