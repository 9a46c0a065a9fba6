import { spawn } from 'node:child_process'
import { once } from 'node:events'
import * as assert from 'uvu/assert'
import { main } from '../../../src/cli/main.ts'
import type { Lab } from '../../../src/lab/lab.ts'
import { type LabState, processesOn, stateOf, untilAsFound } from '../../fixtures/host-state.ts'
import { keptIo } from '../../fixtures/io.ts'
import { labReason } from '../../fixtures/lab.ts'
import { lockstepProgram } from '../../fixtures/lab-process.ts'
import { until } from '../../fixtures/processes.ts'
import { startRun, withRuns } from '../../fixtures/run-on-lab.ts'
import { sharedLab } from '../../fixtures/shared-lab.ts'
import { suite } from '../../fixtures/suite.ts'

const test = suite('cli/exec')
const reason = labReason()
const lab = sharedLab({ hosts: ['A', 'long-name'] })

/** As the first test has found them: later ones may still see the end of the login before. */
let found: LabState | undefined
const on = (body: (lab: Lab, found: LabState) => Promise<void>) =>
  lab.on(each => {
    found ??= stateOf(each)
    return body(each, found)
  })

async function exec({ inventory }: Lab, args: readonly string[], interrupted = new AbortController().signal) {
  const kept = keptIo(process.cwd())
  const io = { ...kept.io, env: { PATH: process.env['PATH'] }, interrupted }
  const code = await main(['exec', '-i', inventory, ...args], io)
  return { code, stdout: kept.stdout(), stderr: kept.stderr() }
}

const sorted = (text: string) => text.trimEnd().split('\n').toSorted()

test.unless(
  reason,
  'several words are a command, one is a line for the shell; every line has its host in front',
  on(async lab => {
    const words = await exec(lab, ['all', '--', 'printf', '%s|', 'a b', "it's", '$HOME'])
    assert.equal(words.code, 0)
    assert.equal(sorted(words.stdout), ["A          a b|it's|$HOME|", "long-name  a b|it's|$HOME|"])
    const line = await exec(lab, ['A', '--', 'echo one; echo two >&2; printf "\\033[31mthree" | cat'])
    assert.equal(line, { code: 0, stdout: 'A  one\nA  three\n', stderr: 'A  two\n' })
  }),
)

test.unless(
  reason,
  'a command that fails is 3, with the status; a host that cannot be used is 4, and the others go on',
  on(async lab => {
    const failed = await exec(lab, ['all', '--', 'test "$(hostname)" = A || exit 7'])
    assert.equal(failed, { code: 3, stdout: '', stderr: 'long-name  exit status 7\n' })
    const missing = await exec(lab, ['A', '--', 'no-such-program', 'x'])
    assert.is(missing.code, 3)
    assert.match(missing.stderr, /no-such-program[^\n]*not found[^\n]*\nA {2}exit status 127\n$/)
    const unusable = await exec(lab, ['all', '-i', '127.0.0.1:1,', '--json', '--', 'true'])
    assert.is(unusable.code, 4)
    const hosts = sorted(unusable.stdout).map(text => JSON.parse(text) as { host: string; code?: number })
    assert.equal(
      hosts.map(({ host, code }) => [host, code]),
      [
        ['127.0.0.1', undefined],
        ['A', 0],
        ['long-name', 0],
      ],
    )
  }),
)

test.unless(
  reason,
  'one that takes too long is ended with what it has started, and said',
  on(async (lab, found) => {
    const late = await exec(lab, ['A', '--timeout', '1s', '--', 'trap "" TERM; sleep 300 & sleep 300'])
    assert.is(late.code, 3)
    assert.match(late.stderr, /^A: 'sh' did not end within 1 s on A {2}\[STEP_TIMEOUT\]/)
    await untilAsFound(lab, found)
  }),
)

test.unless(
  reason,
  'a host that a run has claimed can be looked at all the same',
  on(lab =>
    withRuns(async runs => {
      const playbook =
        'hosts: {A: , long-name: }\nvars: {interface: eth0}\nsync: {gate: {offset: 1ns, timeout: 1m}}\nisochron: {num-frames: 10, cycle-time: 10ms, frame-size: 100, omit-remote-sync: false}\nflows: {a: {from: A, to: long-name}}\n'
      const run = startRun(lab, runs, playbook)
      await run.until('phase_started', ({ phase }) => phase === 'gate')
      assert.equal(await exec(lab, ['A', '--', 'hostname']), { code: 0, stdout: 'A  A\n', stderr: '' })
      run.interrupt()
      assert.is((await run.ended).code, 130)
    }),
  ),
)

for (const [how, signal, status] of [
  ['Ctrl-C ends it on every host', 'SIGINT', 130],
  ['kill -9 of lockstep ends it on every host', 'SIGKILL', null],
] as const)
  test.unless(
    reason,
    how,
    on(async (lab, found) => {
      const argv = [lockstepProgram, 'exec', 'all', '-i', lab.inventory, '--', 'echo up; sleep 298 & sleep 299']
      const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] })
      try {
        let said = ''
        child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
        await until(() => said.split('\n').length === 3, 30_000)
        await until(() => lab.hosts.every(host => processesOn(host).some(({ words }) => words.includes('299'))))
        child.kill(signal)
        const [code] = (await once(child, 'close')) as [number | null]
        assert.is(code, status)
        await untilAsFound(lab, found)
      } finally {
        child.kill('SIGKILL')
      }
    }),
  )

test('a deadline without a unit, no command, no host: refused before anything is touched', async () => {
  const cases = [
    [['A', '--timeout', '5', '--', 'true'], /--timeout 5: expected a duration with its unit, such as 30s or 5m/],
    [['A'], /missing required argument 'command'/],
    [['B', '--', 'true'], /'B' matches no host/],
  ] as const
  for (const [args, message] of cases) {
    const kept = keptIo(process.cwd())
    assert.is(await main(['exec', '-i', 'A,', ...args], kept.io), 2)
    assert.match(kept.stderr(), message)
  }
})

test.run()
