import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import * as assert from 'uvu/assert'
import { LockstepError } from '../../src/errors/error.ts'
import { type ManagementClient, managementClient } from '../../src/management/client.ts'
import { connectTcp } from '../../src/management/connect.ts'
import { get, set } from '../../src/management/requests.ts'
import { readSync } from '../../src/management/sync-queries.ts'
import { usualRequirements } from '../../src/sync/requirement.ts'
import { abs, between, ns, tai } from '../../src/units/quantity.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('management: the real isochron daemon')

const program = ['/usr/bin/isochron', '/usr/local/bin/isochron'].find(path => existsSync(path))
const missing =
  process.platform !== 'linux'
    ? 'needs Linux'
    : process.getuid?.() !== 0
      ? 'needs root'
      : program === undefined
        ? 'needs the Debian package isochron'
        : undefined

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

interface Daemon {
  connect(): Promise<ManagementClient>
  isAlive(): Promise<boolean>
  kill(): void
}

/** Runs a daemon on a loopback port. It forks and leaves, so it is ended by the pid of its pid file. */
async function withDaemon(use: (daemon: Daemon) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'lockstep-isochron-'))
  const [port, pidFile] = [await freePort(), join(dir, 'pid')]
  const argv = ['daemon', '--stats-port', `${port}`, '--stats-address', '::ffff:127.0.0.1', '--pid-file', pidFile]
  try {
    await promisify(execFile)(program as string, [...argv, '--log-file', join(dir, 'log')])
    const pid = Number(await readFile(pidFile, 'utf8'))
    const isAlive = async () => {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
      return stat.includes('isochron') && !/\) [ZX] /.test(stat)
    }
    try {
      await use({ isAlive, connect: () => clientOf(port), kill: () => process.kill(pid, 'SIGKILL') })
    } finally {
      if (await isAlive()) process.kill(pid, 'SIGKILL')
      for (let tries = 0; (await isAlive()) && tries < 100; tries++) await sleep(20)
    }
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

const clientOf = async (port: number) =>
  managementClient(await connectTcp({ host: '127.0.0.1', port, timeoutMs: 2000 }), { name: 'daemon' })

const said = async (promise: Promise<unknown>) => {
  try {
    await promise
  } catch (error) {
    if (error instanceof LockstepError) return `${error.code}: ${error.message}`
    throw error
  }
  return 'no error'
}

test.unless(missing, 'it tells its clock, becomes a sender and takes every parameter', () =>
  withDaemon(async ({ connect }) => {
    const client = await connect()
    const now = tai(BigInt(Date.now()) * 1_000_000n)
    assert.ok(
      abs(between(now, await client.get('currentClockTai'))) < 60_000_000_000n,
      'within a minute, 37 s included',
    )
    await client.set('nodeRole', 'sender')
    await client.all([
      set('ifName', 'lo'),
      set('destinationMac', '01:02:03:04:05:06'),
      set('sourceMac', '00:00:00:00:00:00'),
      set('priority', 6),
      set('statsPort', 5000),
      set('baseTime', tai(100n)),
      set('advanceTime', ns(1_000_000n)),
      set('shiftTime', ns(-5n)),
      set('cycleTime', ns(10_000_000n)),
      set('windowSize', ns(0n)),
      set('domainNumber', 0),
      set('transportSpecific', 1),
      set('uds', '/run/no-such-ptp4l'),
      set('numReadings', 5),
      set('syncMonitorEnabled', false),
      set('packetSize', 100),
      set('tsEnabled', false),
      set('vid', 7),
      set('ethertype', 0xdead),
      set('quietEnabled', true),
      set('taprioEnabled', false),
      set('txtimeEnabled', false),
      set('deadlineEnabled', false),
      set('packetCount', 5n),
      set('utcOffset', 37),
      set('ipDestination', { family: 2, address: Uint8Array.of(127, 0, 0, 1, ...new Array(12).fill(0)), device: '' }),
      set('l2Enabled', true),
      set('l4Enabled', false),
      set('dataPort', 6000),
      set('schedFifoEnabled', false),
      set('schedRrEnabled', false),
      set('schedPriority', 0),
      set('cpuMask', 1n),
    ])
    assert.is(await client.get('portLinkState'), 'up')
    assert.is(await client.get('testState'), 'idle')
    assert.is(await client.get('operBaseTime'), 0n)
    assert.is(await client.close(), 'closed')
  }),
)

test.unless(missing, 'it says why it refuses', () =>
  withDaemon(async ({ connect }) => {
    const client = await connect()
    const early = await said(client.get('portLinkState'))
    assert.match(early, /^WIRE_REMOTE: daemon: GET PORT_LINK_STATE was refused: EINVAL \(-22\): \S/)
    await client.set('nodeRole', 'sender')
    assert.match(await said(client.get('destinationMac')), /GET DESTINATION_MAC was refused: EOPNOTSUPP \(-95\)/)
    assert.match(await said(client.get('log')), /GET LOG was refused: EINVAL \(-22\): \S/)
    assert.match(await said(client.set('nodeRole', 'receiver')), /SET NODE_ROLE was refused: /)
    const answers = await client.batch([set('ifName', 'no-such-if'), set('sysmonEnabled', true), get('testState')])
    assert.match(answers[1].error?.message ?? '', /SET SYSMON_ENABLED was refused: ENOMEM \(-12\)/)
    assert.is(answers[1].error?.hint, 'the interface has no PHC, or there is no such interface')
    assert.is(answers[2].value, 'idle')
    assert.is(await client.close(), 'closed')
  }),
)

test.unless(missing, 'its sync reading without PHC and ptp4l is a list of failures', () =>
  withDaemon(async ({ connect }) => {
    const client = await connect()
    await client.all([set('nodeRole', 'sender'), set('ifName', 'lo')])
    const { link, systemOffset, phcOffset, failures } = await readSync(client, 'A', usualRequirements)
    assert.equal([link, systemOffset, phcOffset, failures?.length], ['up', undefined, undefined, 5])
    for (const failure of failures ?? []) assert.match(failure, /EINVAL \(-22\): .*\((SYSMON|PTPMON)_ENABLED has not/)
    await client.set('ifName', 'no-such-if')
    const reading = await readSync(client, 'A', usualRequirements)
    assert.is(reading.link, 'unknown')
    assert.match(reading.failures?.at(-1) ?? '', /^the link is unknown: .*no-such-if/)
    await client.close()
  }),
)

test.unless(missing, 'it serves the second client when the first one has left', () =>
  withDaemon(async ({ connect }) => {
    const first = await connect()
    await first.get('currentClockTai')
    const second = await connect()
    assert.match(
      await said(second.get('currentClockTai', { deadlineMs: 200 })),
      /^WIRE_SILENT: .*: in use by another client, or frozen$/,
    )
    const waiting = second.get('currentClockTai')
    assert.is(await first.close(), 'closed')
    assert.ok((await waiting) > 0n)
    assert.is(await second.close(), 'closed')
  }),
)

test.unless(missing, '500 requests in one write are all answered, and it lives on', () =>
  withDaemon(async ({ connect, isAlive }) => {
    const client = await connect()
    const times = await client.all(Array.from({ length: 500 }, () => get('currentClockTai')))
    assert.is(times.length, 500)
    assert.ok(times.every((time, i) => i === 0 || time >= (times[i - 1] ?? time)))
    assert.is(await client.close(), 'closed')
    await staysWell(connect, isAlive)
  }),
)

test.unless(missing, 'a close with requests outstanding lets them be answered, and it lives on', () =>
  withDaemon(async ({ connect, isAlive }) => {
    for (const count of [1, 500]) {
      const client = await connect()
      const times = client.all(Array.from({ length: count }, () => get('currentClockTai')))
      assert.is(await client.close(), 'closed')
      assert.is((await times).length, count)
      await staysWell(connect, isAlive)
    }
  }),
)

test.unless(missing, 'a deadline that passes does not end it', () =>
  withDaemon(async ({ connect, isAlive }) => {
    const client = await connect()
    const answers = client.batch(Array.from({ length: 500 }, () => get('currentClockTai', { deadlineMs: 0 })))
    assert.is(await client.close(), 'closed')
    assert.ok((await answers).every(({ error }) => error !== undefined))
    await staysWell(connect, isAlive)
  }),
)

test.unless(missing, 'its end is noticed at once, with requests under way or none', () =>
  withDaemon(async ({ connect, kill }) => {
    const client = await connect()
    await client.get('currentClockTai')
    const closed = once(client.closed, 'abort', { signal: AbortSignal.timeout(1000) })
    kill()
    await closed
    assert.is((client.closed.reason as LockstepError).code, 'WIRE_CLOSED')
    assert.match(await said(client.get('currentClockTai')), /^WIRE_CLOSED: /)
    assert.is(await client.close(), 'closed')
  }),
)

async function staysWell(connect: () => Promise<ManagementClient>, isAlive: () => Promise<boolean>): Promise<void> {
  assert.ok(await isAlive())
  const client = await connect()
  assert.ok((await client.get('currentClockTai')) > 0n)
  assert.is(await client.close(), 'closed')
  assert.ok(await isAlive())
}

test.run()
