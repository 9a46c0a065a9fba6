import * as assert from 'uvu/assert'
import { hostNames } from '../../src/lab/names.ts'
import { type LabRequest, planLab } from '../../src/lab/plan.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('lab/plan')
const request = { name: 'lab', hosts: ['A', 'B', 'C'], network: '198.18.0', seed: '1', fastPtp: false }
const plan = (change: Partial<LabRequest> = {}) => planLab({ ...request, ...change })
const macs = ({ hosts, bridgeMac, controller }: ReturnType<typeof planLab>) => [
  bridgeMac,
  controller.mac,
  ...hosts.flatMap(host => [host.mac, host.portMac]),
]

test('the controller is .1 and hosts count from .11', () => {
  const { controller, hosts } = plan()
  assert.is(controller.address, '198.18.0.1')
  assert.equal(
    hosts.map(host => host.address),
    ['198.18.0.11', '198.18.0.12', '198.18.0.13'],
  )
})

test('the same request gives the same lab, another seed gives other clocks and the same links', () => {
  assert.equal(plan(), plan())
  const other = plan({ seed: '2' })
  assert.equal(macs(other), macs(plan()))
  assert.is.not(other.hosts[0]?.phc.offset, plan().hosts[0]?.phc.offset)
})

test('no MAC address occurs twice, in one lab or two', () => {
  const all = ['lab', 'other'].flatMap(name => macs(plan({ name, hosts: hostNames('244') })))
  assert.is(new Set(all).size, 2 * (2 + 2 * 244))
  for (const mac of all) assert.match(mac, /^02(:[0-9a-f]{2}){5}$/)
})

test('the last of the most hosts still has an address in the network', () => {
  assert.is(plan({ hosts: hostNames('244') }).hosts.at(-1)?.address, '198.18.0.254')
})

test('clocks start 2 to 60 s apart and drift in opposite directions by 10 to 20 ppm', () => {
  for (const { system, phc } of plan({ hosts: hostNames('244') }).hosts) {
    const apart = Math.abs(system.offset - phc.offset) / 1e9
    assert.ok(apart >= 2 && apart <= 60, `${apart} s apart`)
    assert.ok(system.drift * phc.drift < 0)
    for (const { drift } of [system, phc]) assert.ok(Math.abs(drift) >= 10_000 && Math.abs(drift) <= 20_000)
  }
})

test.run()
