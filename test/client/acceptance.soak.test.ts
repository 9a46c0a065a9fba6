import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { random, shuffled } from '../../src/units/random.ts'
import { commandAt } from '../fixtures/command.ts'
import { type Endpoints, endpointsOn, type Identity, on as onHost } from '../fixtures/endpoints.ts'
import { labReason } from '../fixtures/lab.ts'
import { allIdsOf, resultIn, resultPath } from '../fixtures/reserved-runs.ts'
import { withFolder } from '../fixtures/scratch.ts'
import { sharedLab } from '../fixtures/shared-lab.ts'
import { suite } from '../fixtures/suite.ts'

/**
 * The acceptance checks of shared hosts that take long. The others by their numbers: 3 and 4 bwctl-faults.test.ts, 5
 * lockstepd-crash.test.ts and reserved.lab.test.ts, 6 reserved.lab.test.ts, 8 refusal.test.ts, 9 the benchmark of reserved tests, 10
 * test/limits, 11 test/book/block.test.ts, 12 own-endpoint.lab.test.ts.
 */
const test = suite('acceptance of shared hosts')
const reason = labReason()
const hosts = ['A', 'B', 'C', 'D', 'E']
const { on } = sharedLab({ hosts })
const limitMs = 600_000

type Line = (host: string, line: string) => Promise<string>

const onEndpoints = (use: (endpoints: Endpoints, folder: string, line: Line) => Promise<void>) =>
  on(async lab => {
    const endpoints = await endpointsOn(lab)
    await withFolder(folder => use(endpoints, folder, (host, line) => onHost(lab, host, line)))
  })

/** JSON is YAML. */
async function run(endpoints: Endpoints, folder: string, name: string, who: Identity, playbook: object) {
  writeFileSync(join(folder, `${name}.yml`), JSON.stringify({ sync: 'none', ...playbook }))
  return commandAt(folder, ['run', `${name}.yml`, ...endpoints.as(who), '--runs', `${name}/runs`])
}

interface Span {
  readonly from: number
  readonly to: number
  readonly isAlone: boolean
}

/** When each of these tests ran on a host, by what the host itself has kept. */
async function spansOn(endpoints: Endpoints, host: string, ids: ReadonlySet<string>): Promise<readonly Span[]> {
  return (await endpoints.manifests(host))
    .filter(({ rid }) => ids.has(rid))
    .map(({ facts }) => ({
      from: Number(facts['started']),
      to: Number(facts['end']),
      isAlone: facts['kind'] === 'throughput',
    }))
    .sort((a, b) => a.from - b.from)
}

const overlapping = (spans: readonly Span[]): readonly (readonly [Span, Span])[] =>
  spans.flatMap((one, i) => spans.slice(i + 1).flatMap(other => (other.from < one.to ? [[one, other] as const] : [])))

test.unless(
  reason,
  '1: whatever two strangers mix, a throughput test has its interfaces alone, and others share them',
  onEndpoints(async (endpoints, folder) => {
    const pairs = hosts.flatMap(from => hosts.flatMap(to => (from === to ? [] : [{ from, to }])))
    const tools = [
      { tool: 'iperf3', time: '1s', bitrate: '10M' },
      { tool: 'ping', c: 20, i: '100ms' },
      { tool: 'nuttcp', T: '1s', R: '10M' },
      { tool: 'ping', c: 5, i: '200ms', s: 1000 },
    ]
    const rivals = ['alice', 'bob'] as const
    const runs = await Promise.all(
      rivals.map((who, i) => {
        const order = shuffled(pairs, random(i + 7)).slice(0, 16)
        const flows = order.map((pair, n) => [`f${n}`, { ...pair, ...tools[n % tools.length] }])
        const reserve = { what: 'flows', latest: '+10m' }
        return run(endpoints, folder, who, who, { hosts, reserve, flows: Object.fromEntries(flows) })
      }),
    )
    for (const { code, stdout } of runs) assert.is(code, 0, stdout)
    const ids = new Set(rivals.flatMap(who => allIdsOf(resultPath(join(folder, who)))))
    let shared = 0
    for (const host of hosts)
      for (const pair of overlapping(await spansOn(endpoints, host, ids))) {
        assert.ok(!pair.some(({ isAlone }) => isAlone), `${host}: ${JSON.stringify(pair)}`)
        shared += 1
      }
    assert.ok(shared > 0, 'nothing was shared')
  }),
  { limitMs },
)

test.unless(
  reason,
  '2: throughput tests over two interfaces of the same hosts run at the same time',
  onEndpoints(async (endpoints, folder, line) => {
    for (const [i, host] of ['A', 'B'].entries()) {
      await line(host, 'ip link add link eth0 name eth1 type macvlan mode bridge && ip link set eth1 up')
      await line(host, `ip address add 198.51.100.${i + 1}/24 dev eth1`)
      await line(host, `sed -i 's/"nic:eth0": {}/"nic:eth0": {}, "nic:eth1": {}/' /etc/lockstep/limits.yml`)
      await line(host, 'kill -HUP "$(cat /run/lockstepd.pid)"')
    }
    const over = (device: string, who: Identity) =>
      run(endpoints, folder, device, who, {
        hosts: ['A', 'B'],
        vars: { interface: device },
        reserve: { what: 'flows', latest: '+1m' },
        flows: { f: { from: 'A', to: 'B', tool: 'iperf3', time: '4s', bitrate: '10M' } },
      })
    for (const { code, stdout } of await Promise.all([over('eth0', 'alice'), over('eth1', 'bob')]))
      assert.is(code, 0, stdout)
    const ids = new Set(['eth0', 'eth1'].flatMap(device => allIdsOf(resultPath(join(folder, device)))))
    for (const host of ['A', 'B']) assert.is(overlapping(await spansOn(endpoints, host, ids)).length, 1, host)
    for (const host of ['A', 'B']) await line(host, 'ip link delete eth1')
  }),
  { limitMs },
)

test.unless(
  reason,
  '7: ten clients want two, three or all five hosts at once: each has them alone, and none gives up',
  onEndpoints(async (endpoints, folder) => {
    // Whoever is not alone on a host finds the folder of the other.
    const alone = 'mkdir /tmp/alone && sleep 0.3 && rmdir /tmp/alone'
    const sizes = [2, 3, 5, 2, 3, 5, 2, 3, 2, 3]
    const runs = await Promise.all(
      sizes.map((size, i) =>
        run(endpoints, folder, `c${i}`, i % 2 === 0 ? 'alice' : 'bob', {
          hosts: shuffled(hosts, random(i)).slice(0, size),
          reserve: { duration: '10s', latest: '+10m' },
          setup: [{ run: ['sh', '-c', alone] }],
        }),
      ),
    )
    for (const [i, { code, stdout }] of runs.entries()) {
      assert.is(code, 0, `client ${i}: ${stdout}`)
      assert.is(resultIn(join(folder, `c${i}`)).result.verdict, 'pass')
    }
    for (const host of hosts) assert.not.match(await endpoints.listed(host), / (held|confirmed|armed|active) /)
  }),
  { limitMs },
)

test.run()
