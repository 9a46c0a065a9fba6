import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import * as assert from 'uvu/assert'
import { main } from '../../../src/cli/main.ts'
import type { Lab } from '../../../src/lab/lab.ts'
import { stateOf, untilAsFound } from '../../fixtures/host-state.ts'
import { keptIo } from '../../fixtures/io.ts'
import { labReason } from '../../fixtures/lab.ts'
import { withRunProcessIn } from '../../fixtures/lab-process.ts'
import { type RunEnd, runToEnd, startRun, withRuns } from '../../fixtures/run-on-lab.ts'
import { sharedLab } from '../../fixtures/shared-lab.ts'
import { suite } from '../../fixtures/suite.ts'

const test = suite('steps of playbooks on a lab')
const shared = sharedLab({})
const reason = labReason()
const limitMs = 120_000

/** A test with a lab and a folder for its files and runs; afterwards the hosts must be as they were. */
function onLab(title: string, body: (lab: Lab, runs: string) => Promise<void>): void {
  const guarded = (lab: Lab) =>
    withRuns(async runs => {
      const found = stateOf(lab)
      await body(lab, runs)
      await untilAsFound(lab, found)
    })
  test.unless(reason, title, shared.on(guarded), { limitMs })
}

for (const name of ['every-step', 'lab-setup'])
  onLab(`playbooks/${name}.yml passes, and nothing that it calls secret is anywhere`, async (lab, runs) => {
    const kept = keptIo(process.cwd())
    const io = { ...kept.io, env: { PATH: process.env['PATH'], SHELL: '/bin/sh' } }
    const argv = ['run', `playbooks/${name}.yml`, '-i', lab.inventory, '--runs', resolve(runs, 'runs')]
    const code = await main(argv, io)
    assert.is(code, 0, `${kept.stdout()}${kept.stderr()}`)
    const folder = join(runs, 'runs')
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(each => each.isFile())
    assert.ok(files.length > 5)
    // What is pulled is the host's own, as it is there.
    const ours = files.map(file => join(file.parentPath, file.name)).filter(path => !path.includes('/pulled/'))
    const texts = ours.map(path => readFileSync(path, 'latin1'))
    for (const text of [...texts, kept.stdout(), kept.stderr()]) assert.not.match(text, 'not-for-the-log')
  })

type Step = Readonly<Record<string, unknown>>

interface Kind {
  /** Lasts until it is interrupted. */
  readonly slow?: Step
  /** Fails on B alone. */
  readonly failing?: Step
  readonly code?: number
  readonly why?: RegExp
  /** In front of the slow one. */
  readonly before?: Step
}

/** `bad` on B, `good` elsewhere. */
const onB = (bad: string, good: string) => `{{ '${bad}' if inventory_hostname == 'B' else '${good}' }}`

const kinds: Readonly<Record<string, Kind>> = {
  run: {
    slow: { run: 'echo up; sleep 300 & sleep 300' },
    failing: { run: 'echo last words >&2; test "$(hostname)" != B || exit 7' },
    why: /exit status 7/,
  },
  script: {
    slow: { script: 'slow.sh' },
    failing: { script: { file: 'fails-on-b.sh', args: ['9'] } },
    why: /exit status 9/,
  },
  push: {
    slow: { push: { from: 'big', to: '/etc/lockstep-big' } },
    failing: { push: { from: 'small', to: onB('/nosuch/x', '/etc/lockstep-small') } },
    why: /nosuch/,
  },
  template: {
    slow: { template: { from: 'a.j2', to: '/etc/lockstep-{{ item }}' }, for: 'range(500) | list' },
    failing: { template: { from: 'a.j2', to: onB('/nosuch/x', '/etc/lockstep-small') } },
    why: /nosuch/,
  },
  pull: {
    before: { run: 'head -c 20000000 /dev/urandom >/tmp/lockstep-big' },
    slow: { pull: '/tmp/lockstep-big', for: 'range(50) | list' },
    failing: { pull: onB('/nosuch', '/etc/hostname') },
    why: /nothing there: \/nosuch/,
  },
  wait_for: {
    slow: { wait_for: { file: '/nosuch' }, timeout: '5m' },
    failing: { wait_for: { file: onB('/nosuch', '/etc/hostname') }, timeout: '1s' },
    why: /1 ?s/,
  },
  pause: { slow: { pause: '5m' } },
  assert: {
    failing: { assert: "inventory_hostname != 'B'" },
    code: 1,
    why: /not so: inventory_hostname != 'B'/,
  },
  include: { slow: { include: 'slow.yml' }, failing: { include: 'fails.yml' }, why: /exit status 5/ },
  'a command of the controller': {
    slow: { run: 'sleep 300 & sleep 300', on: 'local' },
    failing: { run: 'exit 4', on: 'local' },
    why: /^local: .*exit status 4/,
  },
}

function writeFiles(runs: string): void {
  const files = {
    'slow.sh': '#!/bin/sh\nsleep 300 &\nsleep 300\n',
    'fails-on-b.sh': 'test "$(hostname)" != B || exit "$1"\n',
    'a.j2': 'I am {{ inventory_hostname }}\n',
    'slow.yml': '- {run: sleep 300, name: The one}\n',
    'fails.yml': '- run: test "$(hostname)" != B || exit 5\n  name: The one\n',
    small: 'small\n',
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(runs, name), text)
  writeFileSync(join(runs, 'big'), Buffer.alloc(200_000_000, 'x'))
}

/** JSON is YAML too. */
const playbook = (step: Step, before?: Step) =>
  JSON.stringify({
    hosts: { A: null, B: null, C: null },
    setup: [
      ...(before === undefined ? [] : [{ ...before, name: 'Prepare' }]),
      'include' in step ? step : { ...step, name: 'The one' },
      { run: 'hostname', name: 'The next' },
    ],
    after: [{ run: 'echo "{{ failed }}"; rm -f /tmp/lockstep-big', name: 'Last' }],
  })

const outcomesOf = ({ result }: RunEnd, name: string) =>
  result.steps
    .filter(step => step.name === name)
    .flatMap(({ hosts }) => hosts.map(({ host, outcome }) => `${host} ${outcome}`))
    .toSorted()

const isGood = (outcome: string) => /^(A|C) (ok|changed)$/.test(outcome)

for (const [kind, { slow, before }] of Object.entries(kinds)) {
  if (slow === undefined) continue
  onLab(
    `${kind}: Ctrl-C in its middle ends it, puts back what it has changed, and after-steps are done`,
    async (lab, runs) => {
      writeFiles(runs)
      const run = startRun(lab, runs, playbook(slow, before))
      const { step } = await run.until('step_started', ({ name }) => name === 'The one')
      // In the middle: something of it has begun on the hosts.
      if (kind === 'run') await run.until('step_output', each => each.step === step)
      if (kind === 'template' || kind === 'pull') await run.until('step_host', each => each.step === step)
      run.interrupt()
      const end = await run.ended
      assert.is(end.code, 130, JSON.stringify(end.problems))
      assert.equal(outcomesOf(end, 'The next'), [])
      assert.equal(outcomesOf(end, 'Last'), ['A changed', 'B changed', 'C changed'])
      assert.ok(end.tookMs < 60_000, `${end.tookMs} ms`)
    },
  )
}

for (const [kind, { failing, code = 3, why = /./ }] of Object.entries(kinds)) {
  if (failing === undefined) continue
  onLab(`${kind}: where it fails is said with why, others finish it, and after-steps know of it`, async (lab, runs) => {
    writeFiles(runs)
    const end = await runToEnd(lab, runs, playbook(failing))
    assert.is(end.code, code, JSON.stringify(end.problems))
    assert.is(end.problems.length, 1)
    assert.match(end.problems[0]?.message ?? '', why)
    if (kind !== 'a command of the controller') {
      assert.match(end.problems[0]?.message ?? '', /^B: /)
      const outcomes = outcomesOf(end, 'The one')
      assert.equal(outcomes.filter(isGood).length, 2, outcomes.join())
      assert.ok(outcomes.includes('B failed'))
    }
    assert.equal(outcomesOf(end, 'The next'), [])
    const last = end.files.find(file => /Last|last\/A\.stdout$/.test(file)) ?? ''
    assert.match(readFileSync(join(end.folder, last), 'utf8'), /^True\n$/i)
  })
}

for (const kind of ['run', 'script', 'push', 'a command of the controller'])
  onLab(`${kind}: kill -9 of lockstep in its middle, and the hosts are as found within 10 s`, async (lab, runs) => {
    writeFiles(runs)
    await withRunProcessIn(runs, lab, playbook(kinds[kind]?.slow ?? {}), async run => {
      const { step } = await run.until('step_started', ({ name }) => name === 'The one')
      if (kind === 'run') await run.until('step_output', each => each.step === step)
      run.kill('SIGKILL')
      assert.is((await run.ended).code, 137)
    })
  })

test.run()
