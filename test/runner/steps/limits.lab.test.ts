import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { LockstepError } from '../../../src/errors/error.ts'
import type { Lab } from '../../../src/lab/lab.ts'
import type { TaskResult } from '../../../src/playbook/step.ts'
import { ms } from '../../../src/units/quantity.ts'
import { stateOf, untilAsFound } from '../../fixtures/host-state.ts'
import { labReason } from '../../fixtures/lab.ts'
import { run as command, madeStep } from '../../fixtures/made-steps.ts'
import { playOn, runMade, startMade } from '../../fixtures/run-made.ts'
import { onlyProblem, type RunEnd, runToEnd, startRun, withRuns } from '../../fixtures/run-on-lab.ts'
import { sharedLab } from '../../fixtures/shared-lab.ts'
import { printedBy, processesWith, type WrittenStep } from '../../fixtures/step-play.ts'
import { suite } from '../../fixtures/suite.ts'

const test = suite('limits and modifiers of steps, on a lab')
const shared = sharedLab({})
const reason = labReason()

/** A length of sleep that no other process has. */
const mark = `3600.${process.pid}`

function onLab(title: string, body: (lab: Lab, runs: string) => Promise<void>): void {
  const guarded = (lab: Lab) =>
    withRuns(async runs => {
      const found = stateOf(lab)
      await body(lab, runs)
      await untilAsFound(lab, found)
      assert.equal(processesWith(mark), [])
    })
  test.unless(reason, title, shared.on(guarded), { limitMs: 120_000 })
}

const play = (...setup: readonly WrittenStep[]) => JSON.stringify({ hosts: { A: null, B: null, C: null }, setup })
const at = (end: RunEnd, step: number, host: string) =>
  end.result.steps.find(each => each.step === step)?.hosts.find(each => each.host === host)

onLab('tries are counted and apart, and the last one is what the step gives', async (lab, runs) => {
  const count = 'n=$(cat /var/tmp/n 2>/dev/null || echo 0); n=$((n + 1)); echo $n >/var/tmp/n; echo $n'
  const end = await runToEnd(
    lab,
    runs,
    play(
      { run: count, as: 'n', until: '(n | int) >= 3', retries: 5, delay: '400ms' },
      { run: 'rm /var/tmp/n' },
      { assert: "n == '3'" },
    ),
  )
  assert.is(end.code, 0, JSON.stringify(end.problems))
  for (const host of ['A', 'B', 'C']) {
    assert.is(at(end, 1, host)?.tries, 3)
    assert.ok((at(end, 1, host)?.tookMs ?? 0) >= 800, `${at(end, 1, host)?.tookMs} ms`)
    assert.is(printedBy(end, 1, host), '1\n2\n3\n')
  }
})

onLab('a loop keeps a list in its order, here, there and once for all', async (lab, runs) => {
  const end = await runToEnd(
    lab,
    runs,
    play(
      { run: 'echo {{ item }}$(hostname)', for: ['x', 'y'], as: { made: 'text', whole: 'result' } },
      { run: 'echo {{ item }}', for: [1, 2], as: { every: 'json' }, once: true },
      { run: 'echo {{ n }}', for: { n: [3] }, as: 'here', on: 'local' },
      { run: "test {{ item }} = 2 && echo '{}'", for: [1, 2], as: { half: 'json' }, optional: true },
      { set: { square: '{{ item * item }}' }, for: [1, 2, 3] },
      {
        assert: [
          "made == ['x' ~ inventory_hostname, 'y' ~ inventory_hostname]",
          'whole[1].code == 0',
          'every == [1, 2]',
          "here == ['3']",
          'half == [none, {}]',
          'square == [1, 4, 9]',
          "hostvars.B.made[0] == 'xB'",
        ],
      },
    ),
  )
  assert.is(end.code, 0, JSON.stringify(end.problems))
})

onLab('what is printed is kept octet for octet, and events have it as text', async (lab, runs) => {
  const run = startRun(
    lab,
    runs,
    play({ run: "printf 'a\\000\\377\\r\\n\\303'; sleep 0.3; printf '\\244\\n\\n'", on: 'A' }),
  )
  const end = await run.ended
  assert.is(end.code, 0, JSON.stringify(end.problems))
  const file = end.files.find(each => each.endsWith('/A.stdout')) ?? ''
  assert.is(readFileSync(join(end.folder, file)).toString('hex'), '6100ff0d0ac3a40a0a')
  assert.equal(
    run.of('step_output').flatMap(({ lines }) => lines),
    ['a\0\ufffd\r', 'ä', ''],
  )
})

onLab(
  'a command that ignores TERM is gone soon after its time is over, with all that it has started',
  async (lab, runs) => {
    const setup = play({ run: `trap "" TERM; sleep ${mark} & sleep ${mark}`, timeout: '1s', on: 'B' })
    const end = await runToEnd(lab, runs, setup)
    assert.is(end.code, 3)
    assert.match(onlyProblem(end, 'STEP_FAILED').message, /^B: run: trap .*: it took longer than 1s$/)
    assert.ok((at(end, 1, 'B')?.tookMs ?? 0) < 15_000)
  },
)

for (const where of ['A', 'local'])
  onLab(`on ${where}: one that prints without end is ended, and what was kept has a bound`, async (lab, runs) => {
    const end = await runToEnd(lab, runs, play({ run: ['cat', '/dev/zero'], on: where }))
    assert.is(end.code, 3)
    assert.match(onlyProblem(end, 'STEP_FAILED').message, new RegExp(`^${where}: run: .*: .*printed more than`))
    const file = end.files.find(each => each.endsWith(`/${where}.stdout`)) ?? ''
    assert.ok(statSync(join(end.folder, file)).size <= 64 << 20)
  })

for (const where of [['A', 'B', 'C'], 'local'] as const)
  onLab(
    `on ${where}: what is left in the background lives for the next step and not beyond the run`,
    async (lab, runs) => {
      const many = where === 'local' ? 1 : 3
      const look = { run: 'echo up; sleep 1', on: where }
      const run = startRun(lab, runs, play({ run: `sleep ${mark} >/dev/null 2>&1 &`, on: where }, look))
      await run.until('step_output', ({ lines }) => lines.includes('up'))
      assert.is(processesWith(mark).length, many)
      const end = await run.ended
      assert.is(end.code, 0, JSON.stringify(end.problems))
      assert.equal(processesWith(mark), [])
      const stopped = run
        .of('cleanup_done')
        .filter(each => each.host === 'local')
        .map(each => each.stopped)
      assert.equal(stopped, where === 'local' ? [1] : [])
    },
  )

onLab('never more hosts at a time than were asked for', async (lab, runs) => {
  const steps = [madeStep('Two at a time', ['A', 'B', 'C'], { act: command('echo begun; sleep 0.5') })]
  const made = startMade(playOn(lab, { setup: steps }), runs, { forks: 2 })
  assert.is((await made.ended).code, 0)
  let [open, most] = [0, 0]
  for (const event of made.events) {
    if (event.kind === 'step_output') open += 1
    if (event.kind === 'step_host') open -= 1
    most = Math.max(most, open)
  }
  assert.is(most, 2)
})

onLab('hosts that wait for their turn when the user stops the run are said to be left out', async (lab, runs) => {
  const steps = [madeStep('One at a time', ['A', 'B', 'C'], { act: command(`echo begun; sleep ${mark}`) })]
  const made = startMade(playOn(lab, { setup: steps }), runs, { forks: 1 })
  await made.until('step_output')
  made.interrupt()
  const end = await made.ended
  assert.is(end.code, 130)
  const outcomes = end.result.steps[0]?.hosts.map(({ host, outcome, reason }) => `${host} ${outcome}: ${reason}`).sort()
  assert.equal(outcomes, ['A failed: interrupted', 'B skipped: interrupted', 'C skipped: interrupted'])
})

onLab('a step of after is done at every host, though it fails at another one before', async (lab, runs) => {
  const act = (host: string | undefined) => command(host === 'A' ? 'exit 1' : 'true')
  const after = [madeStep('Put back', ['A', 'B', 'C'], { act }), madeStep('More', ['A', 'B', 'C'], { act })]
  const end = await runMade(playOn(lab, { setup: [], after }), runs, { forks: 1 })
  assert.is(end.code, 3)
  for (const { hosts } of end.result.steps)
    assert.equal(
      hosts.map(({ host, outcome }) => `${host} ${outcome}`),
      ['A failed', 'B changed', 'C changed'],
    )
})

onLab('a failure on one host spares the others the tries and the delay that are left', async (lab, runs) => {
  const enough = ({ code }: TaskResult) => {
    if (code === 2) throw new LockstepError('SCHEMA_EXPRESSION', 'there is no such name')
    return false
  }
  const act = (host: string | undefined) => command(host === 'B' ? 'sleep 1; exit 2' : 'exit 1')
  const steps = [madeStep('Again', ['A', 'B', 'C'], { act, retries: 3, delay: ms(3_600_000), task: { enough } })]
  const end = await runMade(playOn(lab, { setup: steps }), runs)
  assert.is(end.code, 3)
  assert.ok(end.tookMs < 30_000, `${end.tookMs} ms`)
  const outcomes = end.result.steps[0]?.hosts.map(({ host, outcome, tries }) => `${host} ${outcome} ${tries}`).sort()
  assert.equal(outcomes, ['A failed 1', 'B failed 1', 'C failed 1'])
})

test.run()
