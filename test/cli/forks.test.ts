import * as assert from 'uvu/assert'
import { commandAt, commandIn, withFolder } from '../fixtures/command.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('cli/forks')

const files = {
  'hosts.ini': '[all]\nA\nB\nC\n[all:vars]\nansible_connection=local\n',
  'p.yml': 'name: P\nhosts: {A: a}\nsetup:\n  - run: x\n',
}

for (const argv of [
  ['run', 'p.yml'],
  ['run', 'p.yml', '--check'],
  ['exec', 'all', '-i', 'hosts.ini', '--', 'true'],
  ['ping', 'all', '-i', 'hosts.ini'],
])
  test(`lockstep ${argv.join(' ')} refuses --forks that is no number of hosts`, async () => {
    for (const forks of ['0', '-1', '1.5', 'many', '', '1000000']) {
      const [command = '', ...more] = argv
      const { code, stdout, stderr } = await commandIn(files, [command, `--forks=${forks}`, ...more])
      assert.equal([code, stdout], [2, ''], forks)
      assert.ok(stderr.includes(`--forks ${forks}: expected a number of hosts, 1 or more`), stderr)
    }
  })

/** A command that fails where another host is at it. */
const alone = (folder: string, forks: readonly string[]) => {
  const line = `mkdir ${folder}/busy && sleep 0.5 && rmdir ${folder}/busy`
  return ['exec', 'all', '-i', 'hosts.ini', ...forks, '--', line]
}

test('with --forks 1 one host comes after the other; without it all are at it at once', () =>
  withFolder(files, async cwd => {
    const one = await commandAt(cwd, alone(cwd, ['--forks', '1']))
    assert.equal(one, { code: 0, stdout: '', stderr: '' })
    const all = await commandAt(cwd, alone(cwd, []))
    assert.equal([all.code, all.stdout], [3, ''])
    assert.match(all.stderr, /mkdir: /)
  }))

test.run()
