import { randomBytes } from 'node:crypto'
import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import type { DoorGroup } from '../../src/daemon/live-group.ts'
import type { PeerNote } from '../../src/daemon/peer-results.ts'
import { doorGroups } from '../fixtures/peer-rig.ts'
import { type Trader, withTraders, withWire } from '../fixtures/peer-traders.ts'
import { until } from '../fixtures/processes.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('daemon/peer-trade')

const tradeAll = (traders: readonly Trader[]) => Promise.all(traders.map(each => each.trade()))
const copiesIn = (note: PeerNote | undefined) =>
  note === undefined || 'code' in note ? note?.code : note.files.map(({ name, copy }) => `${name} ${copy}`)
const hex = (files: Readonly<Record<string, Buffer>>) =>
  Object.fromEntries(Object.entries(files).map(([name, octets]) => [name, octets.toString('hex')]))

for (const size of [2, 3, 5])
  test(`${size} members end with the results of all`, async () => {
    await withTraders(await doorGroups(size), {}, async (...all) => {
      const traded = await tradeAll(all)
      for (const [i, { endpoint, files }] of all.entries()) {
        const { self } = endpoint.group
        const others = all.map(each => each.endpoint.group.self).filter(each => each !== self)
        const copies = others.map((of, n) => [`peer-${n + 1}.out.txt`, Buffer.from(`made by ${of}`)])
        assert.equal(hex(await files()), hex(Object.fromEntries(copies)))
        for (const of of others) {
          const note = traded[i]?.[of]
          assert.equal(copiesIn(note), ['out.txt here'])
          assert.equal(note !== undefined && 'facts' in note && note.facts, { by: of })
        }
      }
    })
  })

test('files of many pieces, and empty ones, arrive as they were; what is too much stays where it is', async () => {
  const made = {
    a: { 'big.bin': randomBytes(900_000), 'huge.bin': randomBytes(1_000_001) },
    b: { empty: Buffer.alloc(0), 'odd.bin': randomBytes(65_537) },
    c: {},
  }
  await withTraders(await doorGroups(3), { made }, async (...all) => {
    const [, , c] = await tradeAll(all)
    assert.equal(copiesIn(c?.['a']), ['big.bin here', 'huge.bin by reference'])
    assert.equal(copiesIn(c?.['b']), ['empty here', 'odd.bin here'])
    const files = await all[2]?.files()
    assert.equal(Object.keys(files ?? {}), ['peer-1.big.bin', 'peer-2.empty', 'peer-2.odd.bin'])
    assert.ok(files?.['peer-1.big.bin']?.equals(made.a['big.bin']))
    assert.ok(files?.['peer-2.odd.bin']?.equals(made.b['odd.bin']))
  })
})

test('members that end at different times still get all', async () => {
  await withTraders(await doorGroups(3), {}, async (a, b, c) => {
    const first = [b?.trade(), c?.trade()]
    const lead = (await a?.endpoint.agent.live(a.endpoint.group)) as { early: Map<string, unknown> }
    await until(() => lead.early.size === 2)
    const traded = await Promise.all([a?.trade(), ...first])
    assert.equal(
      traded.map(each => Object.values(each ?? {}).map(copiesIn)),
      Array(3).fill([['out.txt here'], ['out.txt here']]),
    )
  })
})

test('a member that died is missing in everybody’s results, and theirs are not held up beyond their time', async () => {
  await withTraders(await doorGroups(3), { ttlMs: 2_000 }, async (...all) => {
    await all[2]?.endpoint.agent.close()
    const [a, b] = await tradeAll(all.slice(0, 2))
    assert.equal([a?.['b'], a?.['c']].map(copiesIn), [['out.txt here'], 'PEER_RESULT_MISSING'])
    assert.equal([b?.['a'], b?.['c']].map(copiesIn), [['out.txt here'], 'PEER_RESULT_MISSING'])
  })
})

test('without the lead the members have their own results, and nobody else’s', async () => {
  await withTraders(await doorGroups(3), { ttlMs: 1_000 }, async (...all) => {
    await all[0]?.endpoint.agent.close()
    for (const traded of await tradeAll(all.slice(1)))
      assert.equal(Object.values(traded).map(copiesIn), ['PEER_RESULT_MISSING', 'PEER_RESULT_MISSING'])
  })
})

test('a file that is not what its digest says is kept by nobody and marked', async () => {
  // A file that grows between its digest and its sending.
  const made = { a: {}, b: { 'log.txt': randomBytes(1_000), 'ok.txt': Buffer.from('ok') }, c: {} }
  await withTraders(await doorGroups(3), { made }, async (...all) => {
    const [a, b, c] = all as [Trader, Trader, Trader]
    const offered = b.trade()
    const lead = await a.endpoint.agent.live(a.endpoint.group)
    await until(() => lead.early.size === 1)
    await appendFile(join(b.folder, 'log.txt'), 'more')
    const [atLead, atC] = await Promise.all([a.trade(), c.trade(), offered])
    for (const traded of [atLead, atC]) assert.equal(copiesIn(traded['b']), ['log.txt missing', 'ok.txt here'])
    assert.equal(Object.keys(await a.files()), ['peer-1.ok.txt'])
    assert.equal(Object.keys(await c.files()), ['peer-2.ok.txt'])
  })
})

/** The second member reaches its lead over a wire that can be cut. */
const wired = async (
  groups: readonly DoorGroup[],
  use: (groups: readonly DoorGroup[], wire: Parameters<Parameters<typeof withWire>[1]>[0]) => Promise<void>,
) =>
  withWire(groups[0]?.links['a']?.port ?? 0, wire => {
    const through = { address: '127.0.0.1', port: wire.port }
    return use(
      groups.map(group => (group.self === 'b' ? { ...group, links: { ...group.links, a: through } } : group)),
      wire,
    )
  })

const large = {
  a: { 'a.bin': randomBytes(3_000_000) },
  b: { 'small.txt': Buffer.from('b'), 'b.bin': randomBytes(3_000_000) },
  c: {},
}

test('a link that breaks in the middle of a file is made anew, and everything arrives whole', async () => {
  await wired(await doorGroups(3), (groups, wire) =>
    withTraders(groups, { made: large, most: 4_000_000 }, async (...all) => {
      const before = wire.passed()
      const trades = tradeAll(all)
      await until(() => wire.passed() > before + 1_000_000)
      wire.cut(false)
      const [a, b, c] = await trades
      assert.equal(copiesIn(a?.['b']), ['b.bin here', 'small.txt here'])
      assert.equal(copiesIn(b?.['a']), ['a.bin here'])
      assert.equal([c?.['a'], c?.['b']].map(copiesIn), [['a.bin here'], ['b.bin here', 'small.txt here']])
      assert.ok((await all[0]?.files())?.['peer-1.b.bin']?.equals(large.b['b.bin']))
      assert.ok((await all[1]?.files())?.['peer-1.a.bin']?.equals(large.a['a.bin']))
      assert.ok((await all[2]?.files())?.['peer-2.b.bin']?.equals(large.b['b.bin']))
    }),
  )
})

test('a link that is lost for good in the middle of a file leaves no half of it', async () => {
  await wired(await doorGroups(3), (groups, wire) =>
    withTraders(groups, { made: large, most: 4_000_000, ttlMs: 3_000 }, async (...all) => {
      const before = wire.passed()
      const trades = tradeAll(all)
      await until(() => wire.passed() > before + 1_000_000)
      wire.cut(true)
      const [a, b, c] = await trades
      assert.equal([a?.['b'], c?.['b'], b?.['a']].map(copiesIn), Array(3).fill('PEER_RESULT_MISSING'))
      assert.equal(copiesIn(c?.['a']), ['a.bin here'])
      assert.not(Object.keys((await all[0]?.files()) ?? {}).includes('peer-1.b.bin'))
      assert.not(Object.keys((await all[1]?.files()) ?? {}).includes('peer-1.a.bin'))
    }),
  )
})

test.run()
