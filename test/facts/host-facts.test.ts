import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import * as assert from 'uvu/assert'
import { askFacts, readFacts } from '../../src/facts/host-facts.ts'
import { hardwareTimestampMode, interfaceState, phcs, timestamping } from '../../src/facts/interface.ts'
import { kernelClock } from '../../src/facts/kernel-clock.ts'
import { cpus } from '../../src/facts/system.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('facts/host-facts')
const notLinux = process.platform === 'linux' ? undefined : 'facts are asked on Linux'

function factsOfThisMachine(shell = 'sh') {
  const [, ...args] = askFacts('lo')
  return readFacts(spawnSync(shell, args, { encoding: 'utf8' }).stdout)
}

test.unless(notLinux, 'one command gives the facts of a Linux host', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  try {
    const facts = factsOfThisMachine()
    assert.match(facts?.kernel ?? '', /^Linux \d/)
    assert.is(facts?.interfaceState?.address, '00:00:00:00:00:00')
    assert.ok(facts?.programs?.get('setsid'))
    assert.ok(facts?.listeners?.has(port))
  } finally {
    server.close()
  }
})

test.unless(notLinux, 'a program that may steer a clock is found by its command line', async () => {
  // `exec -a` gives a sleeping shell the name of the program; the kernel's short name is set through /proc.
  const child = spawn('bash', ['-c', 'printf chronyd >/proc/$$/comm; echo ready; read -r _', '/usr/sbin/chronyd'], {
    argv0: 'chronyd',
  })
  try {
    await once(child.stdout, 'data')
    const found = factsOfThisMachine()?.clockPrograms?.find(({ pid }) => pid === child.pid)
    assert.is(found?.program, 'chronyd')
  } finally {
    child.stdin.end()
    await once(child, 'exit')
  }
})

test('output that was cut off is not taken for facts', () => {
  assert.is(readFacts('\n@fact kernel\nLinux 6.1\n'), undefined)
})

test('reads what the tools print', () => {
  assert.equal(interfaceState.read('up\n02:00:00:00:00:01\n1500\n3\n'), {
    operstate: 'up',
    address: '02:00:00:00:00:01',
    mtu: 1500,
    carrierChanges: 3,
  })
  assert.is(timestamping.read('Time stamping parameters for eth0:\nPTP Hardware Clock: none\n')?.phc, undefined)
  // ethtool of 2025, where the kernel tells who makes the stamps.
  const provider =
    'Hardware timestamp provider index: 3\nHardware timestamp provider qualifier: Precise (IEEE 1588 quality)\n'
  assert.is(timestamping.read(`Time stamping parameters for eth0:\n${provider}`)?.phc, 3)
  assert.equal(phcs.read(`@interface eth0\nTime stamping parameters for eth0:\n${provider}`), new Map([['eth0', 3]]))
  assert.equal(hardwareTimestampMode.read('current settings:\ntx_type 1\nrx_filter 12\n'), { txType: 1, rxFilter: 12 })
  assert.is(hardwareTimestampMode.read('ioctl SIOCGHWTSTAMP: Operation not supported'), undefined)
  assert.is(timestamping.read('PTP Hardware Clock: 3\n')?.phc, 3)
  assert.is(timestamping.read('PTP Hardware Clock: none\n')?.phc, undefined)
  assert.equal(
    [
      ...(phcs.read(
        [
          ...['@interface eth0', 'Time stamping parameters for eth0:', 'PTP Hardware Clock: 3', 'Modes: none'],
          ...['@interface eth1', '@interface wlan0', 'PTP Hardware Clock: none', ''],
        ].join('\n'),
      ) ?? []),
    ],
    [['eth0', 3]],
  )
  assert.equal(['0', '0-3', '0-3,8,10-11', ''].map(cpus.read), [1, 4, 7, undefined])
  assert.equal(kernelClock.read('37 -1310720\n'), { taiOffset: 37, frequency: -1_310_720 })
  assert.is(kernelClock.read(''), undefined)
})

test.run()
