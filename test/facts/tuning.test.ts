import { spawnSync } from 'node:child_process'
import * as assert from 'uvu/assert'
import { isOpen, isochronPrograms, managementAddress } from '../../src/facts/isochron-programs.ts'
import {
  cpuPower,
  energyEfficientEthernet,
  interruptCoalescing,
  isolatedCpus,
  loginLimits,
  offloads,
} from '../../src/facts/tuning.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('facts/tuning')
const notLinux = process.platform === 'linux' ? undefined : 'facts are asked on Linux'

/** What a fact's fragment prints here. */
const said = (ask: string) => spawnSync('sh', ['-c', ask, 'sh', 'lo'], { encoding: 'utf8' }).stdout

test('governors and idle states', () => {
  assert.equal(cpuPower.read('governor powersave\ngovernor powersave\nidle 0 POLL\nidle 133 C6 state\nend\n'), {
    governors: ['powersave'],
    idleStates: [
      { name: 'POLL', latencyUs: 0 },
      { name: 'C6 state', latencyUs: 133 },
    ],
  })
  assert.is(cpuPower.read('governor powersave\n'), undefined)
})

test.unless(notLinux, 'this machine can be asked', () => {
  assert.ok(Array.isArray(cpuPower.read(said(cpuPower.ask))?.governors))
  assert.type(isolatedCpus.read(said(isolatedCpus.ask)), 'string')
  const limits = loginLimits.read(said(loginLimits.ask))
  assert.ok(limits !== undefined && limits.realTimePriority >= 0)
  assert.ok(offloads.read(said(offloads.ask)) !== undefined)
})

test('limits of a login', () => {
  const output =
    'Max locked memory         65536                65536                bytes\n' +
    'Max realtime priority     0                    0\nCapEff:\t0000000000000000\n'
  assert.equal(loginLimits.read(output), { realTimePriority: 0, lockedMemory: 65_536, capabilities: 0n })
  const root = output.replace('65536 ', 'unlimited ').replace('0000000000000000', '000001ffffffffff')
  assert.equal(loginLimits.read(root), {
    realTimePriority: 0,
    lockedMemory: 'unlimited',
    capabilities: 0x1ff_ffff_ffffn,
  })
})

test('EEE in the words of ethtool', () => {
  const settings = (status: string) => `EEE settings for eth0:\n\tEEE status: ${status}\n\tTx LPI: 17 (us)\n`
  assert.is(energyEfficientEthernet.read(settings('enabled - active')), 'enabled, active')
  assert.is(energyEfficientEthernet.read(settings('enabled - inactive')), 'enabled, inactive')
  assert.is(energyEfficientEthernet.read(settings('disabled')), 'disabled')
  assert.is(energyEfficientEthernet.read('EEE settings for eth0:\n\tEEE status: not supported\n'), undefined)
})

test('coalescing in the words of ethtool', () => {
  const output =
    'Coalesce parameters for eth0:\nAdaptive RX: on  TX: off\nstats-block-usecs: n/a\n\nrx-usecs: 50\nrx-frames: n/a\n'
  assert.equal(interruptCoalescing.read(output), { adaptive: true, receiveUs: 50 })
  assert.is(interruptCoalescing.read('rx-usecs: n/a\n'), undefined)
})

test('features that join and split frames', () => {
  const output =
    'Features for eth0:\ntcp-segmentation-offload: on\n\ttx-tcp-segmentation: on\ngeneric-receive-offload: off\nlarge-receive-offload: on\n'
  assert.equal(offloads.read(output), ['tcp-segmentation-offload', 'large-receive-offload'])
})

test('where daemons and receivers of isochron can be reached', () => {
  const output =
    '@process 7\nisochron\ndaemon\n--stats-port\n5001\n@end\n@process 8\nisochron\nrcv\n-P5002\n-S\n::1\n@end\n'
  const [daemon, receiver] = isochronPrograms.read(output) ?? []
  assert.equal(daemon && managementAddress(daemon), { address: '::', port: 5001 })
  assert.equal(receiver && managementAddress(receiver), { address: '::1', port: 5002 })
  const isReachable = (...words: string[]) => isOpen({ pid: 1, argv: ['isochron', 'daemon', ...words] })
  assert.equal(
    [[], ['--stats-address', '::1'], ['--stats-address=::ffff:127.0.0.1'], ['-S', '127.0.0.1'], ['-S10.0.0.1']].map(
      words => isReachable(...words),
    ),
    // isochron 0.9 passes over an IPv4 address in its usual form.
    [true, false, false, true, true],
  )
})

test.run()
