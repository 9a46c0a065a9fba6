import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import * as assert from 'uvu/assert'
import type { Lab } from '../../src/lab/lab.ts'
import type { RunResult } from '../../src/runner/result.ts'
import { startForeignersOn } from '../fixtures/foreigners.ts'
import { stateOf, untilAsFound } from '../fixtures/host-state.ts'
import { checkInterrupt } from '../fixtures/interrupt-check.ts'
import { labReason } from '../fixtures/lab.ts'
import { lockstepProgram, runArguments, withRunProcess } from '../fixtures/lab-process.ts'
import { atEach, momentSeed, momentsOf, runWithMoments, untilMoment } from '../fixtures/moments.ts'
import { withRuns } from '../fixtures/run-on-lab.ts'
import { sharedLab } from '../fixtures/shared-lab.ts'
import { suite } from '../fixtures/suite.ts'
import { wholeEvents } from '../fixtures/whole-lines.ts'

const test = suite('a run that is interrupted')
const shared = sharedLab({ fastPtp: true })
const reason = labReason()
const limitMs = 180_000
const run = promisify(execFile)

test.unless(
  reason,
  'Ctrl-C in any phase ends with 130, hosts as found, and what was measured is kept',
  shared.on(async lab => {
    const foreigners = await startForeignersOn(lab)
    const found = stateOf(lab)
    await atEach(momentsOf(momentSeed, 1), moment => checkInterrupt(lab, found, foreigners, moment))
  }),
  { limitMs },
)

for (const [when, phase] of [
  ['while the receivers are read', 'traffic'],
  ['in the cleanup', 'cleanup'],
] as const) {
  test.unless(
    reason,
    `a second Ctrl-C ${when} ends the process at once, and the hosts do the rest`,
    shared.on(async lab => {
      const found = stateOf(lab)
      await withRunProcess(lab, runWithMoments, async run => {
        await untilMoment(run, { phase: 'traffic', afterMs: 1_000 })
        run.kill('SIGINT')
        if (phase === 'cleanup') await run.until('phase_started', event => event.phase === phase)
        else await pause(500)
        const secondAt = performance.now()
        run.kill('SIGINT')
        const end = await run.ended
        assert.is(end.code, 130)
        assert.ok(performance.now() - secondAt < 1_000, 'it ended at once')
        assert.match(end.stderr, /ended at once; the hosts of a run end by themselves .* within 10 s\n$/)
        await untilAsFound(lab, found)
        wholeEvents(end.folder)
      })
    }),
    { limitMs },
  )
}

test.unless(
  reason,
  'a Ctrl-C that comes twice at once, as through npm, is one: everything is cleaned up by us',
  shared.on(async lab => {
    const found = stateOf(lab)
    await withRunProcess(lab, runWithMoments, async run => {
      await untilMoment(run, { phase: 'gate', afterMs: 300 })
      run.kill('SIGINT')
      await pause(20)
      run.kill('SIGINT')
      const end = await run.ended
      assert.is(end.code, 130)
      assert.is(run.of('cleanup_done').length, 3)
      assert.is(end.result.verdict, undefined)
      await untilAsFound(lab, found, { withinMs: 2_000 })
    })
  }),
  { limitMs },
)

test.unless(
  reason,
  'a terminal that is closed is a Ctrl-C',
  shared.on(lab =>
    withRuns(async runs => {
      const found = stateOf(lab)
      const pid = await inTerminal(lab, runs, async () => untilEvent(runs, 'traffic_started'))
      await untilGone(pid)
      const folder = theRun(runs)
      const result = JSON.parse(readFileSync(join(folder, 'result.json'), 'utf8')) as RunResult
      assert.equal([result.verdict, result.exitCode, result.reasons], [undefined, 130, ['interrupted']])
      assert.ok(existsSync(join(folder, 'attempts/1/a.receiver-log')))
      assert.is(wholeEvents(folder).filter(({ kind }) => kind === 'cleanup_done').length, 3)
      await untilAsFound(lab, found, { withinMs: 2_000 })
    }),
  ),
  { limitMs },
)

test.unless(
  reason,
  'a reader that leaves early ends the output, not the run',
  shared.on(lab =>
    withRuns(async runs => {
      const found = stateOf(lab)
      const words = [process.execPath, lockstepProgram, ...runArguments(lab, runs, runWithMoments)]
      const script = 'set -o pipefail; "$@" | head -n 1'
      const { stdout, stderr } = await run('bash', ['-c', script, 'bash', ...words], { cwd: runs })
      assert.match(stdout, /^\S+ +Fault: 3 hosts, 2 flows, folder .*\n$/)
      assert.is(stderr, '')
      const result = JSON.parse(readFileSync(join(theRun(runs), 'result.json'), 'utf8')) as RunResult
      assert.equal([result.verdict, result.exitCode], ['pass', 0])
      await untilAsFound(lab, found, { withinMs: 2_000 })
    }),
  ),
  { limitMs },
)

/** Runs lockstep in a terminal of its own, which is taken away when `use` is done; gives the process's number. */
async function inTerminal(lab: Lab, runs: string, use: () => Promise<void>): Promise<number> {
  const tmux = async (...argv: string[]) => (await run('tmux', ['-S', join(runs, 'tmux'), ...argv])).stdout
  const words = ['env', '-u', 'CI', process.execPath, lockstepProgram, ...runArguments(lab, runs, runWithMoments)]
  await tmux('-f', '/dev/null', 'new-session', '-d', '-x', '80', '-y', '24', '-c', runs, ...words)
  try {
    const pid = Number(await tmux('list-panes', '-F', '#{pane_pid}'))
    await use()
    return pid
  } finally {
    await tmux('kill-server')
  }
}

/** The one run folder. */
function theRun(runs: string): string {
  const [name, ...more] = readdirSync(join(runs, 'runs'))
  assert.ok(name !== undefined && more.length === 0, `one run folder, got ${[name, ...more]}`)
  return join(runs, 'runs', name)
}

async function untilEvent(runs: string, kind: string): Promise<void> {
  const happened = () =>
    readdirSync(join(runs, 'runs')).length > 0 && wholeEvents(theRun(runs)).some(event => event['kind'] === kind)
  await until(happened, `no ${kind}`)
}

const untilGone = (pid: number) => until(() => !existsSync(`/proc/${pid}`), `process ${pid} is still there`)

async function until(isSo: () => boolean, otherwise: string): Promise<void> {
  const deadline = performance.now() + 30_000
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(otherwise)
    await pause(50)
  }
}

test.run()
