import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { entryOf } from '../../src/book/book.ts'
import type { Entry } from '../../src/book/entry.ts'
import { reason } from '../../src/book/reasons.ts'
import type { Recovered } from '../../src/book/recover.ts'
import { isGranted } from '../../src/book/requests.ts'
import { type BookStore, openBook } from '../../src/daemon/book-store.ts'
import { type Endpoint, endpoint } from '../../src/daemon/endpoint.ts'
import { now } from '../../src/daemon/endpoint-clock.ts'
import { logTo } from '../../src/daemon/log.ts'
import type { Peers } from '../../src/daemon/peers.ts'
import { openResults } from '../../src/daemon/results.ts'
import type { Runner, TestEnd } from '../../src/daemon/test-runner.ts'
import { millis, moment, seconds } from '../../src/units/micros.ts'
import { confirmOf, holdOf, margins, resources } from '../fixtures/booking.ts'
import { until } from '../fixtures/processes.ts'
import { withFolder } from '../fixtures/scratch.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('daemon/endpoint')

interface Rig {
  readonly store: BookStore
  readonly endpoint: Endpoint
  /** Sets the clock of the tests by so many us. */
  set(by: number): void
  /** The processes that were started, by rid, with the way to end each. */
  readonly running: ReadonlyMap<string, (exit?: number) => void>
  readonly stopped: readonly string[]
  readonly hooked: readonly string[]
  readonly recovered: Recovered
  entry(rid: string): Entry
  book(rid: string, aheadMs: number, change?: Partial<Parameters<typeof holdOf>[1]>, group?: object): Promise<void>
  close(): Promise<void>
}

const spec = {
  ...{ kind: 'throughput', profile: 'iperf3', role: 'receiver', interface: 'eth1', from: '192.0.2.1', to: '192.0.2.2' },
  parameters: { sender: {}, receiver: {} },
}

/** Nobody else is in the group. */
const alone: Peers = {
  check: async () => 'go',
  trade: async () => undefined,
  tell: () => undefined,
  leave: () => undefined,
}

async function open(folder: string, peers: Partial<Peers> = {}): Promise<Rig> {
  let offset = 0
  const clock = { now: () => ({ ...now(), utc: moment(now().utc + offset) }) }
  const log = logTo(() => undefined, { now: Date.now, prefixed: false })
  await mkdir(join(folder, 'book'), { recursive: true })
  const { store, recovered } = await openBook(join(folder, 'book'), {
    resources,
    now: clock.now,
    fault: () => undefined,
  })
  const results = await openResults(
    join(folder, 'results'),
    { ttlMs: 1e6, quotaOctets: 1e6, fileOctets: 1e6, freeOctets: 0 },
    Date.now,
  )
  const hooked: string[] = []
  const [running, stopped] = [new Map<string, (exit?: number) => void>(), [] as string[]]
  const runner: Runner = {
    run: async ({ rid }) => {
      await results.begin(rid)
      return new Promise<TestEnd>(resolve => {
        const outcome = { why: 'exit', killed: false, left: [], exit: { code: 0, signal: undefined } } as const
        running.set(rid, (exit = 0) => resolve({ facts: { exit }, fault: undefined, outcome }))
      })
    },
    adopt: async () => undefined,
    stop: rid => stopped.push(rid),
    tidy: async () => undefined,
  }
  const lives = endpoint({
    store,
    clock,
    log,
    peers: { ...alone, ...peers },
    runner,
    results,
    copies: results,
    hook: ({ rid, state }) => void hooked.push(`${rid} ${state}`),
    changed: () => undefined,
  })
  const entry = (rid: string) => {
    const found = entryOf(store.book, rid)
    if (found === undefined) throw new Error(`there is no ${rid}`)
    return found
  }
  return {
    ...{ store, endpoint: lives, running, stopped, hooked, recovered, entry },
    set: by => {
      offset += by
    },
    book: async (rid, aheadMs, change = {}, group = {}) => {
      const start = moment(clock.now().utc + aheadMs * 1_000)
      const hold = holdOf(rid, {
        start,
        duration: millis(500),
        lead: millis(0),
        details: { spec, peers: [] },
        ...change,
      })
      const held = await lives.transitions.ask(hold)
      if (!isGranted(held)) throw new Error(JSON.stringify(held.denied))
      const confirmed = await lives.transitions.ask(
        confirmOf(held.granted, { details: { ...(held.granted.details as object), group } }),
      )
      if (!isGranted(confirmed)) throw new Error(JSON.stringify(confirmed.denied))
    },
    close: async () => {
      await lives.stop()
      await store.close()
    },
  }
}

const withRig = (use: (rig: Rig) => Promise<void>, peers?: Partial<Peers>) =>
  withFolder(async folder => {
    const rig = await open(folder, peers)
    try {
      await use(rig)
    } finally {
      for (const end of rig.running.values()) end(0)
      await rig.close()
    }
  })

const becomes = (rig: Rig, rid: string, state: Entry['state']) => until(() => rig.entry(rid).state === state)

test('a clock that is set by more than the margins cover aborts what is armed; a smaller step does not', () =>
  withRig(async rig => {
    await rig.book('r1', 60_000)
    await becomes(rig, 'r1', 'armed')
    rig.set(margins.clockError + 40_000) // the guard is 50 ms
    await rig.book('r2', 120_000)
    await becomes(rig, 'r2', 'armed')
    assert.is(rig.entry('r1').state, 'armed')
    rig.set(margins.clockError)
    await becomes(rig, 'r1', 'aborted')
    assert.is(rig.entry('r1').reason?.code, 'CLOCK_STEP')
    // Armed after the first step, it has seen only the second.
    assert.is(rig.entry('r2').state, 'armed')
  }))

test('a timer far ahead is looked at again when the clock is set', () =>
  withRig(async rig => {
    await rig.book('r1', 3_600_000, {
      block: true,
      details: { spec: { block: [] }, peers: [] },
      margins: { ...margins, clockError: seconds(86_400) },
    })
    await becomes(rig, 'r1', 'armed')
    rig.set(3_600_000_000)
    await becomes(rig, 'r1', 'active')
    await becomes(rig, 'r1', 'done')
  }))

test('who wakes too late does not start', () =>
  withRig(async rig => {
    await rig.book('r1', 20_000, { margins: { ...margins, clockError: seconds(86_400) } })
    await becomes(rig, 'r1', 'armed')
    rig.set(25_000_000)
    await becomes(rig, 'r1', 'missed')
    assert.is(rig.entry('r1').reason?.code, 'LATE')
    assert.is(rig.running.size, 0)
  }))

test('a sender that would begin more than a tenth of a second late does not start either', () =>
  withRig(async rig => {
    const details = { spec: { ...spec, role: 'sender' }, peers: [] }
    await rig.book('r1', 20_000, { margins: { ...margins, clockError: seconds(86_400) }, details })
    await becomes(rig, 'r1', 'armed')
    rig.set(20_110_000)
    await becomes(rig, 'r1', 'missed')
  }))

test('a process that does not end keeps what it has; whoever had booked it behind is aborted, others are not', () =>
  withRig(async rig => {
    await rig.book('stuck', 1_000)
    const behind = (rid: string, resource: string) =>
      rig.book(rid, 4_000, { claims: [{ resource, mode: 'exclusive' }] })
    await behind('same', 'nic:eth1')
    await behind('other', 'nic:eth2')
    await becomes(rig, 'stuck', 'active')
    await until(() => rig.entry('stuck').overstays)
    await until(() => rig.stopped.length >= 2) // at the overrun, and when it overstays
    await becomes(rig, 'same', 'aborted')
    assert.is(rig.entry('same').reason?.code, 'RESOURCE')
    assert.is.not(rig.entry('other').state, 'aborted')
    rig.running.get('stuck')?.()
    await until(() => rig.entry('stuck').state !== 'active')
    assert.ok(rig.entry('stuck').window.to <= now().utc + 1_000_000)
  }))

test('what a peer says aborts, and so does its silence at the arm deadline', async () => {
  const abort = reason('CLOCK_OFFSET', { offset: 500_000 })
  await withRig(
    async rig => {
      await rig.book('r1', 60_000)
      await becomes(rig, 'r1', 'aborted')
      assert.equal(rig.entry('r1').reason, abort)
    },
    { check: async () => ({ abort }) },
  )
  await withRig(
    async rig => {
      await rig.book('r1', 1_500)
      assert.is(rig.entry('r1').state, 'confirmed')
      await becomes(rig, 'r1', 'aborted')
      assert.is(rig.entry('r1').reason?.code, 'PEER_SILENT')
      assert.is(rig.running.size, 0)
    },
    { check: () => new Promise(() => undefined) },
  )
})

test('results that peers never send are waited for as long as the table says, and a failure stays one', () =>
  withRig(
    async rig => {
      for (const rid of ['good', 'bad']) await rig.book(rid, 700, { claims: [] })
      await until(() => rig.running.size === 2)
      rig.running.get('good')?.()
      rig.running.get('bad')?.(1)
      for (const rid of ['good', 'bad']) await becomes(rig, rid, 'trading')
      rig.set(31_000_000)
      await becomes(rig, 'good', 'done')
      await becomes(rig, 'bad', 'failed')
      // When the disk has it.
      await until(() => rig.hooked.length === 2)
      assert.equal(rig.hooked.toSorted(), ['bad failed', 'good done'])
      assert.equal(rig.entry('bad').reason, reason('TOOL_FAILED', { exit: 1, signal: null }))
    },
    { trade: () => new Promise(() => undefined) },
  ))

test('what a peer has ended ends here: before its start at once, afterwards with its process', () =>
  withRig(async rig => {
    await rig.book('r1', 60_000)
    await rig.book('r2', 2_000)
    await becomes(rig, 'r1', 'armed')
    await becomes(rig, 'r2', 'active')
    const why = reason('CANCELLED', { peer: 'there' })
    for (const rid of ['r1', 'r2', 'r9']) rig.endpoint.ended(rid, why)
    assert.equal([rig.entry('r1').state, rig.entry('r1').reason], ['aborted', why])
    await until(() => rig.stopped.includes('r2'))
    rig.running.get('r2')?.()
    await becomes(rig, 'r2', 'cancelled')
    assert.equal(rig.entry('r2').reason, why)
  }))

test('after a restart the peers of what was confirmed are asked again, and results are traded once more', () =>
  withFolder(async folder => {
    const silent = {
      check: () => new Promise<never>(() => undefined),
      trade: () => new Promise<never>(() => undefined),
    }
    const first = await open(folder, { trade: silent.trade })
    await first.book('traded', 700)
    await until(() => first.running.has('traded'))
    first.running.get('traded')?.()
    await becomes(first, 'traded', 'trading')
    await first.close()
    const second = await open(folder, silent)
    await second.book('asked', 60_000)
    assert.equal([second.entry('asked').state, second.entry('traded').state], ['confirmed', 'trading'])
    await second.close()
    const third = await open(folder)
    await third.endpoint.resume(third.recovered)
    await becomes(third, 'asked', 'armed')
    await becomes(third, 'traded', 'done')
    await third.close()
  }))

test.run()
