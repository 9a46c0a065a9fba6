import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { fastPlaybook } from '../fixtures/fast-playbook.ts'
import { onHost, stateOf, untilAsFound } from '../fixtures/host-state.ts'
import { hostNamed, labReason } from '../fixtures/lab.ts'
import { type RunEnd, type RunOnLab, startRun, withRuns } from '../fixtures/run-on-lab.ts'
import { sharedLab } from '../fixtures/shared-lab.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('runner: meshes, on a lab')
const shared = sharedLab({ hosts: ['A', 'B', 'C', 'D'], fastPtp: true })
const reason = labReason()

const why = ({ problems, stderr }: RunEnd) => `${JSON.stringify(problems)} ${stderr}`

/** The most senders and receivers of one host that ran at one time, as the events tell. */
function mostAtOnce(run: RunOnLab): number {
  const now = new Map<string, Set<string>>()
  let most = 0
  for (const event of run.events) {
    if (event.kind !== 'process_started' && event.kind !== 'process_exited') continue
    if (!event.process.startsWith('snd-')) continue
    const flow = event.process.slice(4)
    for (const host of flow.split('-')) {
      const flows = now.get(host) ?? new Set()
      now.set(host, flows)
      if (event.kind === 'process_started') flows.add(flow)
      else flows.delete(flow)
      most = Math.max(most, flows.size)
    }
  }
  return most
}

test.unless(
  reason,
  'playbooks/mesh.yml: six rounds of two flows, no host in two of them at a time, figures of all twelve',
  shared.on(lab =>
    withRuns(async runs => {
      const before = stateOf(lab)
      const run = startRun(lab, runs, readFileSync('playbooks/mesh.yml', 'utf8'))
      const end = await run.ended
      assert.is(end.code, 0, why(end))
      assert.equal(
        run.of('round_started').map(({ round, of, flows }) => [round, of, flows.length]),
        [1, 2, 3, 4, 5, 6].map(round => [round, 6, 2]),
      )
      assert.is(mostAtOnce(run), 1)
      assert.is(run.of('host_connected').length, 4)
      const { flows, expectations } = end.result
      assert.is(flows.length, 12)
      for (const { name, figures } of flows) {
        assert.ok(Number(figures['received']) >= 4e6, name)
        assert.ok(existsSync(join(end.folder, 'flows', `${name}.sender.out`)), name)
      }
      assert.is(expectations.length, 12)
      await untilAsFound(lab, before)
    }),
  ),
  { limitMs: 120_000 },
)

test.unless(
  reason,
  'with two flows per host there are half as many rounds',
  shared.on(lab =>
    withRuns(async runs => {
      const text = readFileSync('playbooks/mesh.yml', 'utf8').replace('host: 1', 'host: 2')
      const run = startRun(lab, runs, text)
      const end = await run.ended
      assert.is(end.code, 0, why(end))
      assert.equal([run.of('round_started').length, mostAtOnce(run)], [3, 2])
    }),
  ),
  { limitMs: 90_000 },
)

test.unless(
  reason,
  'one gate holds all rounds of isochron, and a void attempt repeats its round alone',
  shared.on(lab =>
    withRuns(async runs => {
      const playbook = fastPlaybook({ offset: '100us', frames: 300 })
        .replace(/^hosts: .*$/m, 'hosts: {A: root@a, B: root@b, C: root@c, D: root@d}')
        .replace(/flows:\n( {2}.*\n)+/, 'mesh: {pairs: one}\n')
      const run = startRun(lab, runs, playbook)
      const second = await run.until('round_started', ({ round }) => round === 2)
      const [first = ''] = second.flows
      await run.until('traffic_started', ({ attempt }) => attempt === 2)
      const receiver = run.of('process_started').findLast(({ process }) => process === `rcv-${first}`)
      assert.ok(receiver)
      onHost(hostNamed(lab, receiver.host), 'sh', '-c', `kill -s KILL ${receiver.pid}`)
      const end = await run.ended
      assert.is(end.code, 0, why(end))
      assert.equal(
        end.result.attempts.map(({ attempt, valid }) => [attempt, valid]),
        [
          [1, true],
          [2, false],
          [3, true],
          [4, true],
        ],
      )
      // The gate of the first round, and that of the attempt that was repeated.
      assert.is(run.of('gate_passed').length, 2)
      assert.is(end.result.flows.length, 6)
      for (const { name, figures } of end.result.flows) assert.is(figures['lost'], '0', name)
    }),
  ),
  { limitMs: 120_000 },
)

test.run()
