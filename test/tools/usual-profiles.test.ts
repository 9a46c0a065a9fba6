import * as assert from 'uvu/assert'
import { type PlannedTest, planWithPorts, profileFaults } from '../../src/tools/profile.ts'
import { type OfferedProfile, usualProfiles } from '../../src/tools/usual-profiles.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('tools/usual-profiles')

for (const [name, profile] of Object.entries(usualProfiles))
  test(`the profile ${name} fits its tool`, () => {
    assert.is(profile.name, name)
    assert.equal(profileFaults(profile), [])
  })

const trafficOf = (name: string, sender: Readonly<Record<string, unknown>>) => {
  const profile = usualProfiles[name]
  if (profile === undefined) throw new Error(`there is no ${name}`)
  const site = {
    from: '192.0.2.1',
    to: '192.0.2.2',
    folder: '/',
    startAt: undefined,
    inStep: false,
  }
  const plan = planWithPorts(profile, { ...site, sender, receiver: {} }, [5202, 5203])
  assert.ok('options' in plan)
  return profile.traffic((plan as PlannedTest).options.sender)
}

test('limits see what a test of iperf3 sends: all streams together, both ways', () => {
  assert.equal(trafficOf('iperf3', {}), { protocol: 'tcp', bandwidth: Number.POSITIVE_INFINITY, streams: 1 })
  assert.equal(trafficOf('iperf3', { udp: true, bitrate: '10M', parallel: 3, length: 1000 }), {
    ...{ protocol: 'udp', bandwidth: 30e6, streams: 3, packetSize: 1000 },
  })
  assert.equal(trafficOf('iperf3', { bitrate: '10M', bidir: true }).bandwidth, 20e6)
  assert.is(trafficOf('iperf3', { udp: true, bitrate: '0' }).bandwidth, Number.POSITIVE_INFINITY)
})

test('limits see what iperf and nuttcp send', () => {
  const [unbound, tcp] = [Number.POSITIVE_INFINITY, 'tcp']
  assert.equal(trafficOf('iperf', {}), { protocol: tcp, bandwidth: unbound, streams: 1 })
  assert.equal(trafficOf('iperf', { udp: true, bandwidth: '10M', parallel: 2 }), {
    ...{ protocol: 'udp', bandwidth: 20e6, streams: 2, packetSize: 1_470 },
  })
  assert.equal(trafficOf('nuttcp', { R: '10M' }), { protocol: tcp, bandwidth: 10e6, streams: 1 })
  assert.equal(trafficOf('nuttcp', { u: true, R: '10M', l: 1_000 }), {
    ...{ protocol: 'udp', bandwidth: 10e6, streams: 1, packetSize: 1_000 },
  })
  assert.not.ok('N' in (usualProfiles['nuttcp']?.open ?? {}), 'its ports would have to lie in a row')
})

test('a test takes as many ports as its tool needs, of those that there are', () => {
  const { nuttcp } = usualProfiles
  const site = { from: '192.0.2.1', to: '192.0.2.2', folder: '/', startAt: undefined, inStep: false }
  const planned = (ports: readonly number[]) =>
    planWithPorts(nuttcp as OfferedProfile, { ...site, sender: {}, receiver: {} }, ports)
  const plan = planned([5202, 5300, 5301])
  assert.ok('sender' in plan && plan.receiver?.argv.includes('-P5202') && plan.sender.argv.includes('-p5300'))
  const few = planned([5202])
  assert.ok(!('sender' in few))
  assert.match(String(few[0]?.message), /nuttcp needs 2 ports, got 1/)
})

test('limits see what a ping sends', () => {
  assert.equal(trafficOf('ping', { i: '100ms', s: 1000 }), {
    ...{ protocol: 'icmp', bandwidth: 83_840, packetSize: 1000, packetRate: 10 },
  })
})

test('limits see what a tracepath sends, whose port nobody chooses', () => {
  assert.equal(trafficOf('tracepath', { l: 1_500 }), { protocol: 'udp', bandwidth: 120_000, packetSize: 1_500 })
  assert.is(trafficOf('tracepath', {}).packetSize, 65_535)
  assert.not.ok('p' in (usualProfiles['tracepath']?.open ?? {}))
})

test('a flood is not open to anybody', () => {
  const { ping } = usualProfiles
  assert.ok(ping !== undefined && !('f' in ping.open) && !('A' in ping.open))
})

test.run()
