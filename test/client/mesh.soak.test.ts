import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { commandAt } from '../fixtures/command.ts'
import { endpointsOn } from '../fixtures/endpoints.ts'
import { labReason, withLab } from '../fixtures/lab.ts'
import { resultPath } from '../fixtures/reserved-runs.ts'
import { checkAlone } from '../fixtures/rivalry.ts'
import { withFolder } from '../fixtures/scratch.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('two rival meshes on eight shared hosts')

const hosts = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H']
const seconds = 10
const rivals = ['alice', 'bob'] as const

test.unless(
  labReason(),
  'every test runs alone on its hosts, both get all, in little more than the rounds of both take',
  () =>
    withLab({ hosts }, async lab => {
      const endpoints = await endpointsOn(lab)
      await withFolder(async folder => {
        const reserve = { what: 'flows', latest: '+30m' }
        const mesh = { pairs: 'one', tool: 'iperf3' }
        const playbook = { hosts, sync: 'none', reserve, iperf3: { time: `${seconds}s`, bitrate: '10M' }, mesh }
        writeFileSync(join(folder, 'mesh.yml'), JSON.stringify(playbook)) // JSON is YAML
        const startedAt = performance.now()
        const runs = await Promise.all(
          rivals.map(who => commandAt(folder, ['run', 'mesh.yml', ...endpoints.as(who), '--runs', `${who}/runs`])),
        )
        const tookS = (performance.now() - startedAt) / 1_000
        for (const { code, stdout } of runs) assert.is(code, 0, stdout)
        await checkAlone(endpoints, folder, rivals, hosts, 28)
        const floorS = floorOf(resultPath(join(folder, 'alice')))
        process.stdout.write(
          `two meshes of 28 tests: ${tookS.toFixed(1)} s, ${(tookS / floorS).toFixed(2)} times the floor\n`,
        )
        assert.ok(tookS < 1.6 * floorS, `${tookS} s, the floor is ${floorS} s`)
      })
    }),
  { limitMs: 1_200_000 },
)

/** s: seven rounds of each, a test with the margins of its window in each of them. */
function floorOf(path: string): number {
  const { facts } = JSON.parse(readFileSync(join(path, 'reservations', 'A-B.sender.json'), 'utf8'))
  const margins = 0.3 + 0.5 + 1 + 2 * 0.07
  assert.ok(facts.until - facts.planned >= seconds * 1_000_000)
  return 2 * 7 * (seconds + margins)
}

test.run()
