import * as assert from 'uvu/assert'
import { commandIn } from '../fixtures/command.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('cli/step-options')

const playbook = `name: Options
hosts: {A: root@a, B: root@b}
vars: {interface: eth0}
sync: {ptp4l: -2 -P, phc2sys: -a -rr, gate: {offset: 1us}}
setup:
  - {name: net up, run: x, tags: [net, slow]}
  - {name: look, run: x, as: seen, tags: net}
  - {name: use, run: "echo {{ seen }}", tags: use}
  - {name: wipe, run: x, tags: never}
isochron: {num-frames: 10, cycle-time: 10ms, frame-size: 200}
flows:
  f: {from: A, to: B, before: [{name: arm, run: x}], after: [{name: disarm, run: x}]}
after:
  - {name: tidy, run: x, tags: [slow, "always"]}
`

const steps = ['net up', 'look', 'use', 'wipe', 'arm', 'disarm', 'tidy']

const planned = (options: readonly string[], text = playbook, command = 'plan') =>
  commandIn({ 'p.yml': text }, [command, 'p.yml', ...options])

/** The steps and the phases of a plan. */
async function plan(options: readonly string[]) {
  const { code, stdout, stderr } = await planned(options)
  assert.equal([code, stderr], [0, ''])
  const phases = stdout.split('\n').filter(line => /^[a-z]+$/.test(line))
  return { steps: steps.filter(name => new RegExp(`: ${name} \\(`).test(stdout)).join(', '), phases, stdout }
}

const selections: readonly (readonly [options: readonly string[], chosen: string])[] = [
  [[], 'net up, look, use, arm, disarm, tidy'],
  [['--only', 'net*', '--only', 'tidy'], 'net up, tidy'],
  [['--skip', '*arm', '--skip', 'net up'], 'look, use, tidy'],
  [['--tags', 'net'], 'net up, look, tidy'],
  [['--tags', ' net , use '], 'net up, look, use, tidy'],
  [['--tags', 'net', '--tags', 'use'], 'net up, look, use, tidy'],
  [['--tags', 'never'], 'wipe, tidy'],
  [['--skip-tags', 'slow'], 'look, use, arm, disarm'],
  [['--skip-tags', 'net,use', '--skip-tags', 'always'], 'arm, disarm'],
  [['--tags', 'net,use', '--skip-tags', 'slow', '--skip', 'tidy'], 'look, use'],
]

for (const [options, chosen] of selections)
  test(`${options.join(' ') || 'no option'} leaves ${chosen}`, async () => {
    assert.is((await plan(options)).steps, chosen)
  })

const beginnings: readonly (readonly [from: string, steps: string, phases: string])[] = [
  [
    'setup',
    'net up, look, use, arm, disarm, tidy',
    'connect setup sync receivers gate traffic collect after report cleanup',
  ],
  ['sync', 'arm, disarm, tidy', 'connect sync receivers gate traffic collect after report cleanup'],
  ['receivers', 'arm, disarm, tidy', 'connect receivers gate traffic collect after report cleanup'],
  ['after', 'disarm, tidy', 'connect after report cleanup'],
]

for (const [from, chosen, phases] of beginnings)
  test(`--from ${from} leaves out what comes before`, async () => {
    const made = await plan(['--from', from])
    assert.equal([made.steps, made.phases.join(' ')], [chosen, phases])
    assert.is(/: ptp4l -i/.test(made.stdout), from === 'setup' || from === 'sync')
  })

test('--from and a selection go together', async () => {
  assert.is((await plan(['--from', 'sync', '--skip', 'arm'])).steps, 'disarm, tidy')
})

const faults: readonly (readonly [options: readonly string[], message: string, hint: string])[] = [
  [['--only', 'net upp'], '--only net upp: no step has this name', "did you mean 'net up'?"],
  [['--skip', 'tdiy'], '--skip tdiy: no step has this name', "did you mean 'tidy'?"],
  [['--tags', 'slwo'], '--tags slwo: no step has this tag', "did you mean 'slow'?"],
  [['--skip-tags', 'alwyas'], '--skip-tags alwyas: no step has this tag', "did you mean 'always'?"],
  [['--only', 'use'], "step 'use' needs 'seen', and the step that sets it is left out: 'look'", 'select that step too'],
  [['--skip-tags', 'net'], "step 'use' needs 'seen'", 'or leave this one out'],
  [['--from', 'gate'], '--from gate: a run cannot begin there', 'it can begin at: setup, sync, receivers, after'],
  [['--from', 'setpu'], '--from setpu: there is no such phase', 'it can begin at: setup, sync, receivers, after'],
]

for (const [options, message, hint] of faults)
  for (const command of ['plan', 'run', 'run --check'])
    test(`${command} ${options.join(' ')} is refused before any host is touched`, async () => {
      const [name = '', ...more] = command.split(' ')
      const { code, stdout, stderr } = await planned([...more, ...options], playbook, name)
      assert.equal([code, stdout], [2, ''])
      assert.ok(stderr.includes(message), stderr)
      assert.ok(stderr.includes(hint), stderr)
    })

test('every word that selects nothing is told, not the first alone', async () => {
  const { stderr } = await planned(['--only', 'nope', '--tags', 'nah,net', '--skip', 'no*', '--skip', 'net*'])
  assert.equal(
    stderr.split('\n').flatMap(line => /(--\S+ \S+): no step/.exec(line)?.[1] ?? []),
    ['--only nope', '--skip no*', '--tags nah'],
  )
})

test.run()
