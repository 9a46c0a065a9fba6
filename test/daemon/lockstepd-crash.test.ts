import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { signalProcess } from '../../src/daemon/proc.ts'
import { booked, confirmOf, holdOf, inUs, stateOf, withEndpoint } from '../fixtures/endpoint.ts'
import { until } from '../fixtures/processes.ts'
import { needsMounts, withSmallDisk } from '../fixtures/scratch.ts'
import { suite } from '../fixtures/suite.ts'
import { marked, needsRoot } from '../fixtures/test-processes.ts'

const test = suite('lockstepd killed')

const goOn = { onDisconnect: 'continue' }
/** Until the wall clock says so: what is tested is what was missed meanwhile. */
const untilTime = (us: number) => until(() => Date.now() * 1_000 > us, 15_000)

test('a hold is forgotten, and its owner told in which epoch', () =>
  withEndpoint(async place => {
    const first = await place.start()
    const alice = await first.client('alice')
    const held = await alice.ask('hold', holdOf({ start: inUs(60_000), holdFor: 30_000_000 }))
    await first.end('SIGKILL')
    const second = await place.start()
    assert.is(second.epoch, first.epoch + 1)
    const { code, data } = await (await second.client('alice')).ask('confirm', confirmOf(held))
    assert.equal([code, data], ['NOT_HELD', { epoch: second.epoch }])
  }))

test('what was confirmed is there again, and what it takes is taken', () =>
  withEndpoint(async place => {
    const first = await place.start()
    const start = inUs(60_000)
    const rid = await booked(await first.client('alice'), { start }, goOn)
    await first.end('SIGKILL')
    const second = await place.start()
    const [alice, bob] = [await second.client('alice'), await second.client('bob')]
    assert.is(await stateOf(alice, rid), 'armed')
    assert.is((await bob.ask('hold', holdOf({ start }))).code, 'BUSY')
  }))

test('an owner who does not come back to the next daemon has cancelled, too', () =>
  withEndpoint(async place => {
    const first = await place.start()
    const rid = await booked(await first.client('alice'), { start: inUs(60_000) })
    await first.end('SIGKILL')
    await (await place.start()).logged('reservation', { rid, to: 'cancelled' })
  }))

test.unless(needsRoot, 'an armed test whose start is ahead is started by the next daemon', () =>
  withEndpoint(async place => {
    const first = await place.start()
    const rid = await booked(await first.client('alice'), { start: inUs(5_000) }, goOn)
    await first.end('SIGKILL')
    const second = await place.start()
    await second.logged('reservation', { rid, to: 'active' })
    await until(() => second.log().some(({ event }) => event === 'test-ended'))
  }),
)

test('an armed test whose start was missed is missed, and its time is free', () =>
  withEndpoint(async place => {
    const first = await place.start()
    const start = inUs(2_500)
    const rid = await booked(await first.client('alice'), { start, duration: 20_000_000 }, goOn)
    await first.logged('reservation', { rid, to: 'armed' })
    await first.end('SIGKILL')
    await untilTime(start)
    const second = await place.start()
    const alice = await second.client('alice')
    const { reservation } = await alice.ask('status', { rid })
    const { state, reason } = reservation as { state: string; reason: { code: string } }
    assert.equal([state, reason.code], ['missed', 'DOWN'])
    assert.ok((await alice.ask('hold', holdOf({ start: inUs(3_000) }))).ok)
  }))

test.unless(needsRoot, 'a test that runs is taken up by the next daemon, and ended at its deadline', () =>
  withEndpoint(async place => {
    const first = await place.start()
    const rid = await booked(await first.client('alice'), { start: inUs(1_500), duration: 6_000_000 }, goOn)
    await first.logged('reservation', { rid, to: 'active' })
    const [pid] = await running(rid)
    await first.end('SIGKILL')
    const second = await place.start()
    assert.equal((await second.logged('adopted', { rid }))['pid'], pid)
    const alice = await second.client('alice')
    // Its resources are still its own.
    assert.is((await alice.ask('hold', holdOf({ start: inUs(2_500) }))).code, 'BUSY')
    await second.logged('reservation', { rid, to: 'failed', reason: 'OVERRUN' })
    assert.equal(await marked(rid), [])
    const { manifest } = await alice.ask('results', { rid })
    assert.is((manifest as { facts: Record<string, unknown> }).facts['adopted'], true)
  }),
)

test.unless(needsRoot, 'a test that is found past its deadline is ended at once', () =>
  withEndpoint(async place => {
    const first = await place.start()
    const start = inUs(1_500)
    const rid = await booked(await first.client('alice'), { start }, goOn)
    await running(rid)
    await first.end('SIGKILL')
    await untilTime(start + 1_300_000)
    assert.is((await marked(rid)).length, 1)
    const second = await place.start()
    await second.logged('reservation', { rid, to: 'failed', reason: 'OVERRUN' })
    assert.equal(await marked(rid), [])
  }),
)

test.unless(needsRoot, 'a test that ended while nobody looked is failed', () =>
  withEndpoint(async place => {
    const first = await place.start()
    const rid = await booked(await first.client('alice'), { start: inUs(1_500), duration: 20_000_000 }, goOn)
    const [pid = 0] = await running(rid)
    await first.end('SIGKILL')
    signalProcess(pid, 'SIGKILL')
    const second = await place.start()
    await second.logged('reservation', { rid, to: 'failed', reason: 'DAEMON_RESTART' })
    assert.ok((await (await second.client('bob')).ask('hold', holdOf({ start: inUs(3_000) }))).ok)
  }),
)

/** Its process, once it is the program and not what holds it. */
async function running(rid: string): Promise<readonly number[]> {
  let found: readonly number[] = []
  for (const end = performance.now() + 15_000; found.length === 0; ) {
    if (performance.now() > end) throw new Error(`${rid} does not run`)
    found = await marked(rid)
    if (found.length > 0) await new Promise(next => setTimeout(next, 500)) // it is released a setup before its start
  }
  return marked(rid)
}

test.unless(needsRoot, 'one that was told to end before the crash is ended after it', () =>
  withEndpoint(async place => {
    const first = await place.start()
    const alice = await first.client('alice')
    const rid = await booked(alice, { start: inUs(1_500), duration: 20_000_000 }, goOn)
    await running(rid)
    await alice.ask('cancel', { rid })
    await first.end('SIGKILL')
    const second = await place.start()
    const bob = await second.client('alice')
    for (const end = performance.now() + 10_000; (await stateOf(bob, rid)) === 'active'; )
      if (performance.now() > end) throw new Error('it is still active')
    assert.ok(['cancelled', 'failed'].includes(await stateOf(bob, rid)))
    assert.equal(await marked(rid), [])
  }),
)

test.unless(needsRoot, 'a test that is cancelled while it runs is ended, kept, and its time is free', () =>
  withEndpoint(async place => {
    const daemon = await place.start()
    const alice = await daemon.client('alice')
    const rid = await booked(alice, { start: inUs(1_500), duration: 30_000_000 })
    await running(rid)
    await alice.ask('cancel', { rid })
    await daemon.logged('reservation', { rid, to: 'cancelled' })
    assert.equal(await marked(rid), [])
    assert.ok((await alice.ask('hold', holdOf({ start: inUs(3_000) }))).ok)
    await until(() => daemon.log().some(({ event }) => event === 'test-ended'))
  }),
)

test.unless(needsRoot, 'the end of a block ends the tests in it', () =>
  withEndpoint(async place => {
    const daemon = await place.start()
    const alice = await daemon.client('alice')
    const spec = { block: [{ resource: 'nic:lo', mode: 'exclusive' }] }
    const start = inUs(1_500)
    const block = await booked(alice, { spec, start, duration: 20_000_000 })
    const inside = await booked(alice, { within: block, start: start + 1_500_000, duration: 10_000_000 })
    const later = await booked(alice, { within: block, start: start + 17_000_000, duration: 1_000_000 })
    const bob = await daemon.client('bob')
    assert.is((await bob.ask('hold', holdOf({ within: block, start: start + 3_000_000 }))).code, 'NOT_OWNER')
    await running(inside)
    await alice.ask('cancel', { rid: block })
    for (const [rid, to] of [
      [inside, 'cancelled'],
      [later, 'aborted'],
      [block, 'cancelled'],
    ] as const)
      await daemon.logged('reservation', { rid, to })
    assert.equal(await marked(inside), [])
    assert.ok((await bob.ask('hold', holdOf({ start: inUs(3_000) }))).ok)
  }),
)

test.unless(needsMounts, 'with a full disk nothing new is taken and what runs goes on; with room it mends itself', () =>
  withEndpoint(
    async place => {
      const daemon = await place.start()
      const alice = await daemon.client('alice')
      const rid = await booked(alice, { start: inUs(1_500), duration: 4_000_000 })
      await running(rid)
      const filler = join(place.folder, 'filler')
      await writeFile(filler, Buffer.alloc(1 << 21)).catch(() => undefined)
      const far = inUs(60_000)
      const held = await alice.ask('hold', holdOf({ start: far }))
      // A hold need not be on disk; what is confirmed has to be.
      const confirmed = held.ok ? await alice.ask('confirm', confirmOf(held)) : held
      assert.is(confirmed.code, 'JOURNAL')
      assert.is((await alice.ask('hold', holdOf({ start: inUs(90_000) }))).code, 'JOURNAL')
      assert.is((await marked(rid)).length, 1)
      await writeFile(filler, '')
      await daemon.logged('reservation', { rid, to: 'failed', reason: 'OVERRUN' })
      for (const end = performance.now() + 10_000; ; ) {
        const again = await alice.ask('hold', holdOf({ start: far }))
        if (again.ok) break
        assert.is(again.code, 'JOURNAL')
        if (performance.now() > end) throw new Error('it is never mended')
      }
      await daemon.end('SIGKILL')
      const next = await place.start()
      assert.is(await stateOf(await next.client('alice'), rid), 'failed')
    },
    undefined,
    use => withSmallDisk(1 << 20, use),
  ),
)

test.run()
