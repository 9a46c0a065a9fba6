import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { trafficTools } from '../../src/tools/traffic-tools.ts'
import { labReason, sshTo, withLab } from '../fixtures/lab.ts'
import { type RunEnd, startRun, withRuns } from '../fixtures/run-on-lab.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('runner: every tool on a real lab')
const reason = labReason()

const playbook = (tool: string) => readFileSync(join('playbooks', `${tool}.yml`), 'utf8')

/** What went wrong, for whoever reads a failure. */
const said = ({ problems, stderr, result }: RunEnd) => JSON.stringify([problems, result.reasons, stderr])

test.unless(
  reason,
  'the playbook of every tool passes from bare hosts, and its figures are those of the tool',
  () =>
    withRuns(runs =>
      withLab({ hosts: ['A', 'C'], fastPtp: true }, async lab => {
        for (const { name } of trafficTools) {
          const end = await startRun(lab, runs, playbook(name), { file: `${name}.yml` }).ended
          assert.is(end.code, 0, `${name}: ${said(end)}`)
          const { flows, clocks } = end.result
          assert.is(clocks, /^sync: none/m.test(playbook(name)) ? 'not watched' : undefined, name)
          for (const flow of flows) {
            assert.is(flow.tool, name)
            assert.ok(flow.outputs?.includes(`flows/${flow.name}.sender.out`), `${name}: ${flow.outputs}`)
            assert.ok(Object.keys(flow.versions ?? {}).includes('A'), `${name}: ${JSON.stringify(flow.versions)}`)
            const late =
              Number(BigInt(flow.start?.released ?? flow.start?.due ?? 0n) - BigInt(flow.start?.due ?? 0n)) / 1e6
            assert.ok(late >= 0 && late < 100, `${name}: let go ${late} ms late`)
          }
          if (name === 'iperf3')
            assert.equal(
              flows.map(iperf3Says(end.folder)),
              flows.map(({ figures }) => figures['received']),
            )
        }
        assert.is((await sshTo(lab, 'C', 'cat /proc/net/tcp | grep -c " 0A "')).stdout.trim(), '1', 'only sshd listens')
      }),
    ),
  { limitMs: 240_000 },
)

/** The rate that the JSON of iperf3 names, as result.json writes it. */
const iperf3Says =
  (folder: string) =>
  ({ name }: { readonly name: string }): string => {
    const { end } = JSON.parse(readFileSync(join(folder, 'flows', `${name}.sender.out`), 'utf8'))
    const rate: number = end.sum_received.bits_per_second
    return Number.isInteger(rate) ? String(rate) : rate.toFixed(3)
  }

test('every tool has its playbook', () => {
  const files = readdirSync('playbooks')
  assert.equal(
    trafficTools.map(({ name }) => `${name}.yml`).filter(file => !files.includes(file)),
    [],
  )
})

test.run()
