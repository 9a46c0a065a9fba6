import { networkInterfaces } from 'node:os'
import * as assert from 'uvu/assert'
import type { FakePair } from '../fixtures/fake-pair.ts'
import { originalMissing, type Ran, type SideBySide, sideBySide } from '../fixtures/side-by-side.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('runner: isochron orchestrate and ours, side by side')

/** What one side tells a sender and the other does not, by the weakness of the original that is behind it. */
interface Exception {
  readonly because: `W${number}`
  /** Messages that only one of the two sends, or with another value. */
  readonly message: string
}

interface Case extends SideBySide {
  readonly what: string
  readonly except?: readonly Exception[]
  /** Why the original does not end. */
  readonly endless?: `W${number}`
  /** Why it cannot be tried here. */
  readonly unless?: string | undefined
  /** The original leaves the base times as they are written. */
  readonly unmoved?: `W${number}`
}

const ipv6 = { sender: '::1', receiver: '::1' }
const addresses = Object.values(networkInterfaces()).flatMap(each => each ?? [])
const noIpv6 = addresses.some(({ address }) => address === '::1') ? undefined : 'needs IPv6 on loopback'

const cases: readonly Case[] = [
  { what: 'two senders', more: [{}, { 'base-time': '0.0001', etype: '0xdeaf' }] },
  {
    what: 'everything that a frame may have',
    more: [
      {
        ...{ vid: '7', priority: '3', dmac: '01:00:5e:00:00:01', smac: '2:0:0:0:0:9', etype: '0xdeaf' },
        ...{ 'frame-size': '1500', quiet: true },
      },
    ],
  },
  {
    what: 'a schedule with taprio',
    more: [{ taprio: true, 'window-size': '0.001', 'base-time': '0.0000001', 'cycle-time': '0.02' }],
  },
  { what: 'an advance time of its own', more: [{ 'advance-time': '0.0002', 'window-size': '0.001' }] },
  {
    what: 'txtime with a deadline, on one CPU',
    more: [{ txtime: true, deadline: true, 'cpu-mask': '0x5', 'sched-fifo': true, 'sched-priority': '98' }],
  },
  {
    what: 'another PTP domain',
    more: [
      {
        ...{ 'domain-number': '24', 'transport-specific': '1', 'unix-domain-socket': '/run/ptp', 'num-readings': '9' },
        ...{ 'sched-rr': true, 'omit-remote-sync': true, 'data-port': '7000', l2: true },
      },
    ],
  },
  { what: 'management over IPv6', more: [{}], faults: () => [ipv6], unless: noIpv6 },
  {
    what: 'a device behind the addresses',
    more: [{}],
    edit: text => text.replace('127.0.0.1', '127.0.0.1%lo').replace('127.0.0.2', '127.0.0.2%lo'),
  },
  {
    what: 'nobody is watched',
    more: [{ 'omit-sync': true, 'sync-threshold': undefined }],
    // The offset of the kernel of the machine that orchestrates is nobody else's business.
    except: [{ because: 'W15', message: 'UTC_OFFSET' }],
    unmoved: 'W18',
  },
  { what: 'a shift time', more: [{ 'shift-time': '0.001' }], endless: 'W5' },
  {
    what: 'no timestamps',
    more: [{ 'no-ts': true }],
    except: [{ because: 'W6', message: 'TEST_STATE' }], // the original never stops the sender
    endless: 'W6',
  },
]

/** All at once: nearly all of their time is waiting. */
const ran = new Map<string, ReturnType<typeof sideBySide>>()
const runsOf = (wanted: Case) => {
  if (ran.size === 0)
    for (const each of cases.filter(({ unless }) => unless === undefined)) {
      const running = sideBySide({ patienceMs: each.endless === undefined ? 45_000 : 12_000, ...each })
      running.catch(() => undefined) // whoever asks for it is told
      ran.set(each.what, running)
    }
  return ran.get(wanted.what) as ReturnType<typeof sideBySide>
}

/** What an end was told, without order and repetition; the times of the start are looked at on their own. */
const toldTo = (ran: Ran, end: 'sender' | 'receiver', pair: number, leftOut: readonly string[]) => {
  const { told } = (ran.pairs[pair] as FakePair)[end]
  const lines = told.flatMap(([message, payload]) => (leftOut.includes(message) ? [] : [`${message} ${payload}`]))
  // Each side has fakes of its own.
  const port = `STATS_PORT ${ran.pairs[pair]?.receiver.port.toString(16).padStart(4, '0')}`
  return [...new Set(lines.map(line => (line === port ? 'STATS_PORT of its receiver' : line)))].sort()
}

const wordFor = ({ what, except = [], endless, unmoved }: Case) => {
  const names = [...except.map(({ because, message }) => `${message}: ${because}`), endless, unmoved]
  const named = names.filter(name => name !== undefined)
  return `${what}: both tell the same${named.length === 0 ? '' : `, but for ${named.join(', ')}`}`
}

for (const each of cases)
  test.unless(originalMissing ?? each.unless, wordFor(each), async () => {
    const { original, ours } = await runsOf(each)
    assert.is(original.code, each.endless === undefined ? 0 : undefined, original.output)
    assert.is(ours.code, 0, ours.output)
    const differing = (each.except ?? []).map(({ message }) => message)
    for (const [i] of each.more.entries()) {
      for (const end of ['sender', 'receiver'] as const)
        assert.equal(
          toldTo(ours, end, i, ['BASE_TIME', ...differing]),
          toldTo(original, end, i, ['BASE_TIME', ...differing]),
          `${end} ${i}`,
        )
      for (const message of differing)
        assert.not.equal(valuesOf(ours, i, message), valuesOf(original, i, message), message)
      sameStart(each, original.pairs[i] as FakePair, ours.pairs[i] as FakePair)
      if (each.endless === undefined) assert.is(ours.logs[i]?.length, original.logs[i]?.length)
      assert.ok((ours.logs[i]?.length ?? 0) > 0)
    }
  })

const valuesOf = (ran: Ran, pair: number, wanted: string) =>
  ran.pairs[pair]?.sender.told.flatMap(([message, payload]) => (message === wanted ? [payload] : []))

/** Both keep the phase of the schedule, and neither has its base time moved by the daemon. */
function sameStart({ unmoved, endless, more }: Case, original: FakePair, ours: FakePair): void {
  const cycle = more.some(options => options['cycle-time'] === '0.02') ? 20_000_000n : 10_000_000n
  const [theirs] = original.starts
  const [own] = ours.starts
  assert.is(ours.starts.length, 1)
  assert.ok(own !== undefined && theirs !== undefined)
  assert.is(own % cycle, endless === 'W5' ? 1_000_000n : theirs % cycle)
  const told = ours.sender.told.find(([message]) => message === 'BASE_TIME')?.[1]
  assert.is(BigInt(`0x${told}`) + (endless === 'W5' ? 1_000_000n : 0n), own)
  const said = original.sender.told.find(([message]) => message === 'BASE_TIME')?.[1]
  if (unmoved !== undefined) assert.is(said, '0000000000000000')
}

test.unless(originalMissing, 'two senders start in the order of their base times, on both sides', async () => {
  const { original, ours } = await runsOf(cases[0] as Case)
  for (const { pairs } of [original, ours]) {
    const [a, b] = pairs.map(({ starts }) => starts[0])
    assert.is((b ?? 0n) - (a ?? 0n), 100_000n)
  }
})

test.run()
