import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { main } from '../../../src/cli/main.ts'
import { labPaths } from '../../../src/lab/folder.ts'
import { inventory } from '../../../src/lab/login-files.ts'
import { hostNames } from '../../../src/lab/names.ts'
import { planLab } from '../../../src/lab/plan.ts'
import { trafficTools } from '../../../src/tools/traffic-tools.ts'
import { keptIo } from '../../fixtures/io.ts'
import { suite } from '../../fixtures/suite.ts'

const test = suite('cli/plan')

async function lockstep(...argv: readonly string[]) {
  const { io, stdout, stderr } = keptIo(process.cwd())
  const code = await main(argv, io)
  return { code, stdout: stdout(), stderr: stderr() }
}

/** The inventory that `lockstep lab up --hosts N` writes. */
async function withLabInventory(hosts: string, use: (file: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-plan-'))
  try {
    const request = { name: 'lab', hosts: hostNames(hosts), network: '198.18.0', seed: '1', fastPtp: false }
    const file = join(folder, 'inventory.ini')
    writeFileSync(file, inventory(planLab(request), labPaths('lab')))
    await use(file)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Playbooks whose hosts come from an inventory: how many they need. All others name their hosts themselves. */
const inventories: Readonly<Record<string, string>> = { 'sixteen-senders.yml': '17' }

const files = readdirSync('playbooks').filter(name => name.endsWith('.yml'))
const hasFlows = (file: string) => /^(flows|senders):/m.test(readFileSync(join('playbooks', file), 'utf8'))

for (const file of files.filter(each => !hasFlows(each) && each !== 'mesh.yml'))
  test(`playbooks/${file} is sound without a flow`, async () => {
    const { code, stdout, stderr } = await lockstep('check', `playbooks/${file}`)
    assert.equal([code, stderr], [0, ''])
    assert.match(stdout, /: ok \(\d+ hosts, 0 flows, \d+ steps\)\n$/)
  })

const isOfTool = (file: string) => trafficTools.some(({ name }) => file === `${name}.yml`)
/** They have neither ptp4l nor isochron. */
const areOthers = new Set(['command.yml', 'several.yml', 'ntp.yml', 'capture.yml', 'ping-sizes.yml'])

for (const file of files.filter(each => hasFlows(each) && !isOfTool(each) && !areOthers.has(each)))
  test(`playbooks/${file} is sound, and its plan names every process of it`, () =>
    withLabInventory(inventories[file] ?? '1', async made => {
      const inventory = file in inventories ? ['-i', made] : []
      const checked = await lockstep('check', `playbooks/${file}`, ...inventory)
      assert.equal([checked.code, checked.stderr], [0, ''])
      const [, hosts, flows] = /: ok \((\d+) hosts, (\d+) flows\)\n$/.exec(checked.stdout) ?? []

      const { code, stdout, stderr } = await lockstep('plan', `playbooks/${file}`, ...inventory)
      assert.equal([code, stderr], [0, ''])
      const count = (pattern: RegExp) => [...stdout.matchAll(pattern)].length
      assert.is(count(/^ {2}\w+: ssh root@/gm), Number(hosts))
      for (const program of ['ptp4l -i', 'phc2sys -a'])
        assert.is(count(new RegExp(`^ {2}\\w+: ${program} `, 'gm')), Number(hosts), program)
      for (const process of [/ isochron daemon /g, / isochron rcv /g, /\.dat: the packet logs/g])
        assert.is(count(process), Number(flows), process.source)
    }))

test('a plan says that clocks are put back only where something of the run may change them', async () => {
  for (const [file, isSaid] of [
    ['two-senders.yml', true],
    ['capture.yml', true],
    ['ping-sizes.yml', false],
  ] as const) {
    const { code, stdout } = await lockstep('plan', `playbooks/${file}`)
    assert.is(code, 0, file)
    assert.is(/TAI offset are put back/.test(stdout), isSaid, file)
  }
})

test('playbooks/several.yml is sound, and its plan starts each process once', async () => {
  const { code, stdout, stderr } = await lockstep('plan', 'playbooks/several.yml')
  assert.equal([code, stderr], [0, ''])
  const lines = stdout.split('\n').map(line => line.trim())
  assert.equal(
    lines.filter(line => line.includes('iperf --server')),
    [
      'C: iperf --server --enhanced --format=b --port=5001',
      'B: iperf --server --enhanced --format=b --port=5001 --udp --bind=239.1.1.1%eth0',
      'C: iperf --server --enhanced --format=b --port=5001 --udp --bind=239.1.1.1%eth0',
    ],
  )
  assert.is(lines.filter(line => line.includes('iperf --client')).length, 3)
  assert.ok(lines.includes('out-C: A to C, the sender of out-B'))
})

test('playbooks/ntp.yml is sound, and its plan starts nothing that keeps time', async () => {
  const { code, stdout, stderr } = await lockstep('plan', 'playbooks/ntp.yml')
  assert.equal([code, stderr], [0, ''])
  assert.match(stdout, /every clock within 5ms/)
  assert.not.match(stdout, /ptp4l|phc2sys|chronyd/)
})

test('playbooks/capture.yml is sound, and its plan names what tcpdump is told and where its files go', async () => {
  const checked = await lockstep('check', 'playbooks/capture.yml')
  assert.equal([checked.code, checked.stderr], [0, ''])
  const { code, stdout, stderr } = await lockstep('plan', 'playbooks/capture.yml')
  assert.equal([code, stderr], [0, ''])
  for (const host of ['A', 'C']) {
    const tcpdump = `  ${host}: tcpdump -i eth0 -U --time-stamp-precision=nano -s 96 -w - -- icmp\n`
    assert.ok(stdout.includes(tcpdump), stdout)
    assert.ok(stdout.includes(`  captures/${host}.pcap: packets at eth0 of ${host}, at most 10M\n`), stdout)
  }
})

for (const file of files.filter(isOfTool))
  test(`playbooks/${file} is sound, and its plan has the command lines of both ends`, async () => {
    const tool = trafficTools.find(({ name }) => file === `${name}.yml`)
    const checked = await lockstep('check', `playbooks/${file}`)
    assert.equal([checked.code, checked.stderr], [0, ''])
    const { code, stdout, stderr } = await lockstep('plan', `playbooks/${file}`)
    assert.equal([code, stderr], [0, ''])
    const flows = [...stdout.matchAll(/^ {2}flows\/\S+\.\*: what /gm)].length
    assert.ok(flows > 0, stdout)
    const senders = new RegExp(`^ {2}\\w+: A to C, ${tool?.name}: ${tool?.name} .*ADDRESS-OF-C`, 'gm')
    assert.is([...stdout.matchAll(senders)].length, flows, stdout)
    const receivers = new RegExp(`^ {2}C: ${tool?.name} `, 'gm')
    assert.is([...stdout.matchAll(receivers)].length, tool?.programs.receiver === undefined ? 0 : flows, stdout)
  })

for (const file of ['command.yml'])
  test(`playbooks/${file} is sound, and its plan has both commands with what they are told of their flow`, async () => {
    const checked = await lockstep('check', `playbooks/${file}`)
    assert.equal([checked.code, checked.stderr], [0, ''])
    const { code, stdout, stderr } = await lockstep('plan', `playbooks/${file}`)
    assert.equal([code, stderr], [0, ''])
    assert.match(stdout, /^ {2}own: A to C, command: sh -c 'exec talk ADDRESS-OF-C 5301 2'$/m)
    assert.match(stdout, /^ {2}C: listen 5301$/m)
    assert.match(stdout, /^ {2}received == 500000B$/m)
  })

test.run()
