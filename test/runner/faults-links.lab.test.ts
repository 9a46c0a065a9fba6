import { setTimeout as sleep } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import type { Lab } from '../../src/lab/lab.ts'
import { cutLink, healLink } from '../../src/lab/link.ts'
import { powerOff } from '../../src/lab/power.ts'
import { eventually } from '../fixtures/clock-rig.ts'
import { fastPlaybook } from '../fixtures/fast-playbook.ts'
import { type LabState, processesOn, stateOf, untilAsFound } from '../fixtures/host-state.ts'
import { hostNamed, labReason } from '../fixtures/lab.ts'
import { onlyProblem, type RunEnd, type RunOnLab, reportOn, startRun, withRuns } from '../fixtures/run-on-lab.ts'
import { sharedLab } from '../fixtures/shared-lab.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('links and hosts that fail while traffic flows, on a lab')
const shared = sharedLab({ fastPtp: true })
const reason = labReason()
const limitMs = 120_000
/** Three seconds: what A sends is over when B is given up for lost. */
const playbook = fastPlaybook({ frames: 1500, offset: '25us' })
/** Between the fault and the end of the run, cleaning up included. */
const endsWithinMs = 25_000

test.unless(
  reason,
  'a link that drops and comes back voids the attempt, and the next one counts',
  shared.on(lab =>
    withRuns(async runs => {
      const before = withoutLogins(stateOf(lab))
      const run = startRun(lab, runs, playbook)
      await inMidTraffic(run)
      await cutLink(lab.name, 'B', false)
      await sleep(300)
      await healLink(lab.name, 'B', false)
      const end = await run.ended
      assert.is(end.code, 0, end.stderr)
      // On a busy machine another attempt may be void as well.
      const valid = end.result.attempts.map(attempt => attempt.valid)
      assert.equal([valid[0], valid.at(-1)], [false, true])
      assert.match(end.result.attempts.flatMap(({ reasons }) => reasons).join('; '), /\bB\b/)
      await untilAsFound(lab, before, { exceptLogins: true })
    }),
  ),
  { limitMs },
)

for (const { what, sshOnly } of [
  { what: 'a host whose link is cut', sshOnly: false },
  { what: 'a host that falls silent to the controller', sshOnly: true },
]) {
  test.unless(
    reason,
    `${what} ends the run; it cleans up by itself within 10 s, the others at once`,
    shared.on(lab =>
      withRuns(async runs => {
        const before = withoutLogins(stateOf(lab))
        const run = startRun(lab, runs, playbook)
        await inMidTraffic(run)
        const cutAt = performance.now()
        await cutLink(lab.name, 'B', sshOnly)
        try {
          const cleanAlone = untilClean(lab, 'B', before['B'] ?? [], 10_000)
          const end = await run.ended
          const tookMs = performance.now() - cutAt
          await cleanAlone
          await untilAsFound(withoutB(lab), before, { exceptLogins: true })
          assert.is(end.code, 3)
          assert.ok(tookMs < endsWithinMs, `${tookMs} ms`)
          await tellsWhatIsMissing(end)
        } finally {
          await healLink(lab.name, 'B', sshOnly)
        }
        await untilAsFound(lab, before, { exceptLogins: true })
      }),
    ),
    { limitMs },
  )
}

test.unless(
  reason,
  'a host that loses its power ends the run, and the others are cleaned up',
  shared.on(lab =>
    withRuns(async runs => {
      const before = withoutLogins(stateOf(lab))
      const run = startRun(lab, runs, playbook)
      await inMidTraffic(run)
      const offAt = performance.now()
      await powerOff(lab.name, 'B')
      const end = await run.ended
      const tookMs = performance.now() - offAt
      assert.is(end.code, 3)
      assert.ok(tookMs < endsWithinMs, `${tookMs} ms`)
      await tellsWhatIsMissing(end)
      await untilAsFound(withoutB(lab), before, { exceptLogins: true })
    }),
  ),
  { limitMs },
)

/** Half a second after the first frames. */
async function inMidTraffic(run: RunOnLab): Promise<void> {
  await run.until('traffic_started')
  await sleep(1_100)
}

/** Says that B is lost and why, and keeps what could still be read: all of A and C, and every process's words. */
async function tellsWhatIsMissing(end: RunEnd): Promise<void> {
  const { message } = onlyProblem(end, 'SSH_LOST')
  assert.match(message, /\bB\b/)
  assert.ok(end.files.includes('attempts/1/a.dat'), end.files.join(' '))
  assert.ok(end.files.includes('attempts/1/b.receiver-log'), end.files.join(' '))
  for (const file of ['A/daemon-a.log', 'B/daemon-b.log', 'B/ptp4l.log', 'C/phc2sys.log', 'B.json'])
    assert.ok(end.files.includes(`hosts/${file}`), `${file} is missing: ${end.files.join(' ')}`)
  const report = await reportOn(end.folder)
  assert.match(report, /^INVALID {2}Fault$/m)
  assert.match(report, /^ {2}a: no packet log that counts: attempt 1 was void$/m)
  assert.match(report, /^ {2}b: no packet log \(sender: (sender b on B|the connection to B|the supervisor)[^;]*\)$/m)
  assert.match(report, /^void +\S+\/attempts\/1\/a\.dat$/m)
  assert.match(report, /^void +\S+\/attempts\/1\/b\.receiver-log$/m)
}

/** Nothing runs on a host that did not run before but ssh logins whose end it cannot have heard of. */
async function untilClean(lab: Lab, name: string, before: readonly string[], withinMs: number): Promise<void> {
  const strangers = () =>
    processesOn(hostNamed(lab, name))
      .filter(({ pid, start }) => !before.some(line => line.startsWith(`process ${pid} (${start})`)))
      .map(({ words }) => words.join(' '))
      .filter(command => !command.startsWith('sshd: '))
  await eventually(
    async () => strangers(),
    found => found.length === 0,
    withinMs,
  )
}

/** The lab as it is, without logins: those of a link that was cut may stay for a while. */
const withoutLogins = (state: LabState): LabState =>
  Object.fromEntries(
    Object.entries(state).map(([host, lines]) => [host, lines.filter(line => !/: sshd: \S+@/.test(line))]),
  )

const withoutB = (lab: Lab): Lab => ({ ...lab, hosts: lab.hosts.filter(({ name }) => name !== 'B') })

test.run()
