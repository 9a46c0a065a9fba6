import * as assert from 'uvu/assert'
import { managementClient } from '../../src/management/client.ts'
import { connectTcp } from '../../src/management/connect.ts'
import { readSync } from '../../src/management/sync-queries.ts'
import { type Requirement, usualRequirements } from '../../src/sync/requirement.ts'
import { ns, utc } from '../../src/units/quantity.ts'
import { type FakeIsochron, type Fault, withFakeIsochron } from '../fixtures/fake-isochron.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('management: sync queries')

/** A fake of a host in step, changed as the test likes, and what is read from it. */
const reading = (
  change: (fake: FakeIsochron) => void,
  fault: Fault = () => false,
  deadlineMs?: number,
  requires = usualRequirements,
) =>
  withFakeIsochron({ fault }, async fake => {
    fake.say('portLinkState', 'up')
    fake.say('sysmonOffset', { offset: ns(-37_000_000_040n), time: utc(0n), delay: ns(0n) })
    fake.say('ptpmonOffset', ns(-12n))
    fake.say('utcOffset', 37)
    fake.say('portState', 9)
    fake.say('gmClockIdentity', '001122.fffe.334455')
    change(fake)
    const client = managementClient(await connectTcp({ host: '127.0.0.1', port: fake.port, timeoutMs: 2000 }), {
      name: 'sender a on A',
    })
    const found = await readSync(client, 'A', requires, { deadlineMs })
    await client.close()
    assert.is(fake.resets, 0)
    return { found, fake }
  })

const inStep = {
  host: 'A',
  source: 'isochron',
  link: 'up',
  portState: 'SLAVE',
  grandmaster: '001122.fffe.334455',
  phcOffset: ns(-12n),
  utcOffset: 37,
  systemOffset: ns(-40n),
}
const without = (...names: (keyof typeof inStep)[]) =>
  Object.fromEntries(Object.entries(inStep).filter(([name]) => !names.includes(name as keyof typeof inStep)))

test('six questions in one write give the whole reading', async () => {
  const { found, fake } = await reading(() => {})
  assert.equal(found, inStep)
  assert.equal(fake.chunks, [6 * 16])
  assert.equal(fake.seen, [
    'GET PORT_LINK_STATE',
    'GET SYSMON_OFFSET',
    'GET PTPMON_OFFSET',
    'GET UTC_OFFSET',
    'GET PORT_STATE',
    'GET GM_CLOCK_IDENTITY',
  ])
})

test('what is not required is not asked', async () => {
  const asked = async (...requires: Requirement[]) =>
    (await reading(() => {}, undefined, undefined, requires)).fake.seen
  assert.equal(await asked('link'), ['GET PORT_LINK_STATE'])
  assert.equal(await asked('phc2sys'), ['GET SYSMON_OFFSET', 'GET UTC_OFFSET'])
  assert.equal(await asked('ptp', 'frequency'), ['GET PTPMON_OFFSET', 'GET PORT_STATE'])
  assert.equal(await asked('path-delay', 'same-grandmaster'), ['GET PORT_STATE', 'GET GM_CLOCK_IDENTITY'])
})

test('the system offset is positive when CLOCK_TAI is ahead of the PHC', async () => {
  // A PHC set 5000 ns ahead: CLOCK_REALTIME minus PHC is 5000 ns less than -37 s.
  const { found } = await reading(fake =>
    fake.say('sysmonOffset', { offset: ns(-37_000_005_000n), time: utc(0n), delay: ns(0n) }),
  )
  assert.is(found.systemOffset, -5000n)
})

for (const [state, name] of [
  [1, 'INITIALIZING'],
  [6, 'MASTER'],
  [8, 'UNCALIBRATED'],
  [10, 'GRAND_MASTER'],
] as const)
  test(`port state ${state} is ${name}`, async () =>
    assert.is((await reading(fake => fake.say('portState', state))).found.portState, name))

test('a port state outside the standard is a failure', async () => {
  const { found } = await reading(fake => fake.say('portState', 11))
  assert.equal(found, { ...without('portState'), failures: ['port state 11 is not one of IEEE 1588'] })
})

for (const [code, name, hint] of [
  [
    -2,
    'ENOENT',
    'ptp4l has no socket there: it does not run, or its --uds_address is not isochron’s --unix-domain-socket',
  ],
  [-111, 'ECONNREFUSED', 'nobody listens on that socket: ptp4l has ended and left it behind'],
] as const)
  test(`a ptp4l that cannot be asked (${name}) is said with its cause, the rest is still read`, async () => {
    const { found } = await reading(fake => {
      for (const each of ['ptpmonOffset', 'utcOffset', 'portState', 'gmClockIdentity'] as const)
        fake.refuse(each, { code, text: 'x' })
    })
    assert.equal(found, {
      host: 'A',
      source: 'isochron',
      link: 'up',
      failures: ['PTPMON_OFFSET', 'UTC_OFFSET', 'PORT_STATE', 'GM_CLOCK_IDENTITY'].map(
        each => `sender a on A: GET ${each} was refused: ${name} (${code}): x (${hint})`,
      ),
    })
  })

test('without a UTC offset there is no system offset', async () => {
  const { found } = await reading(fake => fake.refuse('utcOffset', { code: -5, text: '' }))
  assert.equal(found, {
    ...without('utcOffset', 'systemOffset'),
    failures: ['sender a on A: GET UTC_OFFSET was refused: EIO (-5)'],
  })
})

test('a port that ptp4l does not have is explained', async () => {
  const { found } = await reading(fake => fake.refuse('portState', { code: -61, text: '' }))
  assert.equal(found.failures, [
    'sender a on A: GET PORT_STATE was refused: ENODATA (-61) (ptp4l must have a port on the test interface, or on the real device of a VLAN interface)',
  ])
})

test('an unknown link says why in the words of isochron', async () => {
  const { found } = await reading(fake => {
    fake.say('portLinkState', 'unknown')
    fake.explain('portLinkState', 'no such port')
  })
  assert.equal(found, { ...inStep, link: 'unknown', failures: ['the link is unknown: no such port'] })
})

test('a ptp4l that swallows the question is named as the cause', async () => {
  const silent: Fault = ({ name }) => ['PTPMON_OFFSET', 'UTC_OFFSET', 'PORT_STATE', 'GM_CLOCK_IDENTITY'].includes(name)
  const { found } = await reading(() => {}, silent, 60)
  assert.is(found.link, 'up')
  assert.is(found.failures?.length, 4)
  assert.is(
    found.failures?.[0],
    'sender a on A: no answer to GET PTPMON_OFFSET in 60 ms (domain-number and transport-specific must be those of ptp4l, or isochron hangs until it is restarted)',
  )
})

test('a connection that is gone is one failure', async () => {
  const { found } = await reading(
    () => {},
    (_, to) => {
      to.socket.end()
      return true
    },
  )
  assert.equal(found, {
    host: 'A',
    source: 'isochron',
    failures: ['sender a on A: the connection was closed by the other side'],
  })
})

test.run()
