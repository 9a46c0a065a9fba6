import * as assert from 'uvu/assert'
import { parseDrift, parseStep } from '../../src/lab/amounts.ts'
import { labPaths } from '../../src/lab/folder.ts'
import { unlocked } from '../../src/lab/host-files.ts'
import { inventory, sshConfig } from '../../src/lab/login-files.ts'
import { planLab } from '../../src/lab/plan.ts'
import { hasBlackhole } from '../../src/lab/status.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('lab/texts')
const plan = planLab({ name: 'lab', hosts: ['A', 'B'], network: '198.18.3', seed: '1', fastPtp: false })

test('the inventory names hosts, key, known hosts and interface', () => {
  assert.is(
    inventory(plan, labPaths('lab')),
    `# Written by lockstep lab up.
[lab]
A ansible_host=198.18.3.11
B ansible_host=198.18.3.12

[lab:vars]
ansible_user=root
ansible_ssh_private_key_file=/run/lockstep-lab/lab/id_ed25519
ansible_ssh_common_args='-o UserKnownHostsFile=/run/lockstep-lab/lab/known_hosts -o IdentitiesOnly=yes'
interface=eth0
`,
  )
})

test('the ssh configuration has one entry per host and does not trust strangers', () => {
  const text = sshConfig(plan, labPaths('lab'))
  assert.match(text, 'Host A\n  HostName 198.18.3.11\nHost B\n  HostName 198.18.3.12\n')
  assert.match(text, 'StrictHostKeyChecking yes')
})

test('a locked root account is opened for keys, other accounts stay as they are', () => {
  assert.is(unlocked('root:!:19000:0:::::\nx:!:1::::::\n'), 'root:*:19000:0:::::\nx:!:1::::::\n')
  assert.is(unlocked('root:!$6$salt$hash:19000:0:::::\n'), 'root:*:19000:0:::::\n')
  assert.is(unlocked('root:$6$salt$hash:1::::::\n'), 'root:$6$salt$hash:1::::::\n')
})

test('a blackhole is found in /proc/net/route by its address', () => {
  const table = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t000312C6\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
*\t010312C6\t00000000\t0005\t0\t0\t0\tFFFFFFFF\t0\t0\t0
`
  assert.is(hasBlackhole(table, '198.18.3.1'), true)
  assert.is(hasBlackhole(table, '198.18.3.0'), false, 'that one has an interface')
  assert.is(hasBlackhole(table, '198.18.3.2'), false)
})

test('steps are durations with a unit, drifts are ppm or ppb', () => {
  assert.equal(['50us', '-2s', '0'].map(parseStep), [50_000n, -2_000_000_000n, 0n])
  assert.equal(
    ['20ppm', '-20ppm', '+0.5ppm', '350ppb', '-1000ppm'].map(parseDrift),
    [20_000, -20_000, 500, 350, -1_000_000],
  )
  for (const wrong of ['50', 'fast', '']) assert.throws(() => parseStep(wrong), /is no step/)
  for (const wrong of ['20', '20ppt', '1001ppm', '1e3ppm', '']) assert.throws(() => parseDrift(wrong), /is no drift/)
})

test.run()
