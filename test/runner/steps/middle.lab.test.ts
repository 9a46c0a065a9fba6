import { readdirSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import type { Lab } from '../../../src/lab/lab.ts'
import { onHost, stateOf, untilAsFound } from '../../fixtures/host-state.ts'
import { labReason } from '../../fixtures/lab.ts'
import { type LockstepProcess, withRunProcessIn } from '../../fixtures/lab-process.ts'
import { onlyProblem, type RunEnd, reportOn, runToEnd, withRuns } from '../../fixtures/run-on-lab.ts'
import { sharedLab } from '../../fixtures/shared-lab.ts'
import {
  makeReplaced,
  middle,
  outcomesOf,
  playAround,
  printedBy,
  processesWith,
  traces,
  type WrittenStep,
  writeStepFiles,
} from '../../fixtures/step-play.ts'
import { suite } from '../../fixtures/suite.ts'

const test = suite('the middle of a step, on a lab')
const shared = sharedLab({})
const reason = labReason()
const all = ['A changed', 'B changed', 'C changed']

/** A length of sleep that no other process has. */
const mark = `3600.${process.pid}`
const twoSleeps = `sleep ${mark} & sleep ${mark}`

/** A test with a lab, a folder for its files and runs; then hosts and controller must be as they were. */
function onLab(title: string, body: (lab: Lab, runs: string) => Promise<void>): void {
  const guarded = (lab: Lab) =>
    withRuns(async runs => {
      makeReplaced(lab)
      writeStepFiles(runs, mark)
      const [found, files] = [stateOf(lab), traces(lab)]
      await body(lab, runs)
      await untilAsFound(lab, found)
      assert.equal(traces(lab), files)
      assert.equal(processesWith(mark), [])
    })
  test.unless(reason, title, shared.on(guarded), { limitMs: 120_000 })
}

interface Slow {
  readonly step: WrittenStep
  readonly before?: WrittenStep
  /** Whether the step is in its middle: begun, and far from its end. */
  readonly isThere: (lab: Lab, run: LockstepProcess, runs: string) => boolean
  /** Where it is done. */
  readonly on?: readonly string[]
  readonly kill?: true
}

const sleeping = (count: number) => () => processesWith(mark).length >= count
const filesAt = (lab: Lab, folder: string): string[] =>
  lab.hosts.flatMap(({ pid }) => readdirSync(`/proc/${pid}/root${folder}`))

const slow: Readonly<Record<string, Slow>> = {
  run: { step: { run: twoSleeps }, isThere: sleeping(6), kill: true },
  'run, between two tries': {
    step: { run: 'echo tried; exit 1', retries: 5, delay: '1h' },
    isThere: (_, run) => run.of('step_output').filter(({ lines }) => lines.includes('tried')).length === 3,
  },
  script: { step: { script: 'slow.sh' }, isThere: sleeping(6), kill: true },
  push: {
    step: { push: { from: 'big', to: '/etc/lockstep-big' } },
    isThere: lab => filesAt(lab, '/etc').some(name => name.startsWith('.lockstep.')),
    kill: true,
  },
  'template, of many': {
    step: { template: { from: 'a.j2', to: '/etc/lockstep-{{ item }}' }, for: 'range(500) | list' },
    isThere: lab => filesAt(lab, '/etc').includes('lockstep-5'),
  },
  pull: {
    before: { run: 'head -c 300000000 /dev/zero >/tmp/lockstep-big' },
    step: { pull: '/tmp/lockstep-big' },
    isThere: (_, __, runs) => readdirSync(runs, { recursive: true }).some(name => `${name}`.endsWith('-big.part')),
  },
  wait_for: { step: { wait_for: { command: ['sleep', mark] } }, isThere: sleeping(3) },
  pause: {
    step: { pause: '1h' },
    isThere: (_, run) => run.of('step_started').some(({ name }) => name === middle),
  },
  include: { step: { include: 'slow.yml' }, isThere: sleeping(3) },
  'a line of the controller': {
    step: { run: twoSleeps, on: 'local' },
    isThere: sleeping(2),
    on: ['local'],
    kill: true,
  },
  'a script of the controller': { step: { script: 'slow.sh', on: 'local' }, isThere: sleeping(2), on: ['local'] },
}

async function untilThere(lab: Lab, run: LockstepProcess, runs: string, { isThere }: Slow): Promise<void> {
  for (const deadline = Date.now() + 60_000; !isThere(lab, run, runs); await pause(10))
    if (Date.now() > deadline) throw new Error(`never in its middle: ${JSON.stringify(run.events.slice(-3))}`)
}

for (const [what, each] of Object.entries(slow)) {
  const hosts = each.on ?? ['A', 'B', 'C']
  const playbook = playAround(each.step, each.before)
  onLab(`${what}: Ctrl-C ends it, nothing is left, after-steps know of it`, async (lab, runs) => {
    await withRunProcessIn(runs, lab, playbook, async run => {
      await untilThere(lab, run, runs, each)
      run.kill('SIGINT')
      const interruptedAt = performance.now()
      const end = await run.ended
      const tookMs = performance.now() - interruptedAt
      assert.is(end.code, 130, JSON.stringify([end.problems, end.stderr]))
      assert.ok(tookMs < 20_000, `it took ${tookMs} ms to end`)
      onlyProblem(end, 'USER_INTERRUPT')
      const ends = outcomesOf(end, middle).filter(outcome => outcome.endsWith('failed'))
      assert.equal(
        ends,
        hosts.map(host => `${host} failed`),
      )
      assert.equal([outcomesOf(end, 'Never'), outcomesOf(end, 'Last')], [[], all])
      assert.is(printedBy(end, 5, 'A'), 'true\n')
      assert.match(await reportOn(end.folder), /^step 3 +setup +The one +.*failed.*(\n {2}.*)*\n {2}\S+: interrupted$/m)
    })
    for (const host of lab.hosts) onHost(host, 'rm', '-f', '/tmp/lockstep-big')
  })
  if (each.kill === undefined) continue
  onLab(`${what}: kill -9 of lockstep, and nothing is left 10 s later`, async (lab, runs) => {
    const [found, files] = [stateOf(lab), traces(lab)]
    await withRunProcessIn(runs, lab, playbook, async run => {
      await untilThere(lab, run, runs, each)
      run.kill('SIGKILL')
      const end = await run.ended
      assert.is(end.code, 137, end.stderr)
      await untilAsFound(lab, found)
      assert.equal(traces(lab), files)
      const where = `in phase setup, in step 3, ${middle}, on ${hosts.join(', ')}: last heard of at 2`
      assert.match(await reportOn(end.folder), `  the run was cut off ${where}`)
    })
  })
}

interface Failing {
  readonly step: WrittenStep
  /** Why it fails at B, or at the controller. */
  readonly why: RegExp
  readonly hint?: RegExp
  readonly code?: 1
  readonly on?: 'local'
  /** What C has printed meanwhile. */
  readonly printed?: string
  readonly file?: string
}

/** `bad` on B, `good` elsewhere. */
const onB = (bad: string, good: string) => `{{ '${bad}' if me == 'B' else '${good}' }}`

const failing: Readonly<Record<string, Failing>> = {
  run: {
    step: { run: 'echo from $(hostname); [ $(hostname) != B ] || { echo last; echo words >&2; exit 7; }; sleep 0.5' },
    why: /^exit status 7: words$/,
    hint: /^it said: words$/,
    printed: 'from C\n',
  },
  'run, whose output is not what as wants': {
    step: { run: `[ $(hostname) = B ] || echo '{}'`, as: { made: 'json' } },
    why: /^its output is no JSON, as 'made' wants it$/,
    printed: '{}\n',
  },
  'run, whose words cannot be made': {
    step: { run: ['echo', "{{ [1, 2][5 if me == 'B' else 0].x }}{{ me }}"] },
    why: /./,
  },
  script: { step: { script: 'fails.sh' }, why: /^exit status 9: last words$/, hint: /last words/, printed: 'from C\n' },
  push: { step: { push: { from: 'small', to: onB('/nosuch/x', '/etc/lockstep-small') } }, why: /\/nosuch/ },
  template: { step: { template: { from: 'a.j2', to: onB('/nosuch/x', '/etc/lockstep-small') } }, why: /\/nosuch/ },
  pull: { step: { pull: onB('/nosuch', '/etc/hostname') }, why: /^nothing there: \/nosuch$/ },
  wait_for: {
    step: { wait_for: { file: onB('/nosuch', '/etc/hostname') }, timeout: '1s' },
    why: /^it took longer than 1s$/,
  },
  assert: {
    step: { assert: { that: "me != 'B'", message: 'not here' } },
    why: /^not here \(not so: me != 'B'\)$/,
    code: 1,
  },
  include: { step: { include: 'fails.yml' }, why: /^exit status 5$/, file: 'fails.yml' },
  'a line of the controller': { step: { run: 'echo oh; exit 4', on: 'local' }, why: /^exit status 4$/, on: 'local' },
}

for (const [what, { step, why, hint, code, on, printed, file = 'test.yml' }] of Object.entries(failing))
  onLab(`${what}: where and why it failed is said, the others finish, after-steps know of it`, async (lab, runs) => {
    const playbook = playAround(step)
    const end: RunEnd = await runToEnd(lab, runs, playbook)
    assert.is(end.code, code ?? 3, JSON.stringify([end.problems, end.stderr]))
    assert.is(end.result.verdict, code === 1 ? 'fail' : 'invalid')
    const problem = onlyProblem(end, code === 1 ? 'STEP_ASSERT' : 'STEP_FAILED')
    const where = `${on ?? 'B'}: ${middle}: `
    assert.is(problem.message.slice(0, where.length), where)
    assert.match(problem.message.slice(where.length), why)
    if (hint !== undefined) assert.match(problem.hint ?? '', hint)
    const at = (problem as { at?: { file: string; line: number } }).at
    const line = playbook.split('\n').findIndex(text => text.includes(`"${middle}"`)) + 1
    assert.is(at?.file, file)
    if (file === 'test.yml') assert.ok(Math.abs((at?.line ?? 0) - line) <= 1, `line ${at?.line}, not ${line}`)
    const outcomes = outcomesOf(end, middle).map(outcome => outcome.replace(/ (ok|changed)$/, ' good'))
    assert.equal(outcomes, on === undefined ? ['A good', 'B failed', 'C good'] : ['local failed'])
    if (printed !== undefined) assert.is(printedBy(end, 3, 'C'), printed)
    assert.equal([outcomesOf(end, 'Never'), outcomesOf(end, 'Last')], [[], all])
    assert.is(printedBy(end, 5, 'C'), 'true\n')
    assert.match(
      await reportOn(end.folder),
      new RegExp(`^step 3 +setup +${middle} .*1 failed.*\n  ${on ?? 'B'}: `, 'm'),
    )
  })

test.run()
