import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import type { Entry } from '../../src/book/entry.ts'
import type { Details } from '../../src/daemon/details.ts'
import { fineClock } from '../../src/daemon/fine-clock.ts'
import type { DoorGroup } from '../../src/daemon/live-group.ts'
import { type PeerDoor, peerDoor } from '../../src/daemon/peer-door.ts'
import { openResults, type Results } from '../../src/daemon/results.ts'
import { micros, millis } from '../../src/units/micros.ts'
import { doorGroups } from '../fixtures/peer-rig.ts'
import { until } from '../fixtures/processes.ts'
import { withFolder } from '../fixtures/scratch.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('daemon/peer-door')

/** The entry of one member as lockstepd keeps it. */
function entryOf({ self, agreement, digest, key, links }: DoorGroup, change: Partial<Details['group']> = {}): Entry {
  const { gid, start, duration, members } = agreement
  const { rid, window, margins, ports, epoch } = members[self] as (typeof members)[string]
  const others = Object.keys(members).filter(each => each !== self)
  const details: Details = {
    spec: { block: [] },
    peers: others.map(endpoint => ({ endpoint, address: undefined, clockError: millis(10) })),
    group: { self, members, key: key.toString('hex'), links, ...change },
  }
  return {
    ...{ rid, gid, start, duration, window, margins, ports, epoch, digest, details, state: 'confirmed', block: false },
    ...{ identity: 'alice', class: 'members', kind: 'throughput', within: undefined, claims: [], uses: [] },
    ...{ lapsesAt: undefined, armBy: undefined, onDisconnect: 'cancel', ran: false, ending: undefined },
    ...{ overstays: false, reason: undefined, requests: [] },
  }
}

interface Host {
  readonly entry: Entry
  readonly door: PeerDoor
  readonly own: Results
  readonly copies: Results
  readonly over: string[]
  /** As a test leaves it. */
  finish(): Promise<void>
}

/** Endpoints with a book of one entry each, and results of their own. */
const withHosts = (entries: readonly Entry[], use: (...hosts: readonly Host[]) => Promise<void>, claim = 10_000) =>
  withFolder(async root => {
    const hosts = await Promise.all(entries.map((entry, i) => hostOf(join(root, `${i}`), entry, claim)))
    try {
      await use(...hosts)
    } finally {
      await Promise.all(hosts.map(({ door }) => door.close()))
    }
  })

async function hostOf(root: string, entry: Entry, claim: number): Promise<Host> {
  const limits = { ttlMs: 1e9, quotaOctets: 1e9, fileOctets: 1e8, freeOctets: 0 }
  const own = await openResults(join(root, 'results'), limits, Date.now)
  const copiesRoot = join(root, 'copies')
  const copies = await openResults(copiesRoot, limits, Date.now)
  const over: string[] = []
  const door = peerDoor({
    ...{ host: '127.0.0.1', epoch: entry.epoch, utc: fineClock(), error: () => micros(claim) },
    log: Object.assign(() => undefined, { failure: () => undefined }),
    ...{ entries: () => [entry], results: own, copies, copiesRoot, ttlMs: 5_000 },
    over: (rid, { code }) => over.push(`${rid} ${code}`),
  })
  const finish = async () => {
    await writeFile(join(await own.begin(entry.rid), 'out.json'), `"${entry.rid}"`)
    await own.seal(entry.rid, { exit: 0 })
  }
  return { entry, door, own, copies, over, finish }
}

const entriesOf = async (size: number) => (await doorGroups(size)).map(group => entryOf(group))

test('entries of a book are checked, run and traded; the copies have a manifest that names their owners', async () => {
  await withHosts(await entriesOf(3), async (...hosts) => {
    assert.equal(await Promise.all(hosts.map(({ door, entry }) => door.check(entry))), ['go', 'go', 'go'])
    await Promise.all(hosts.map(host => host.finish()))
    await Promise.all(hosts.map(({ door, entry }) => door.trade(entry)))
    for (const [host, others] of hosts.map((host, i) => [host, ['a', 'b', 'c'].filter((_, n) => n !== i)] as const)) {
      const { rid } = host.entry
      const manifest = await host.copies.manifest(rid)
      assert.equal(
        manifest?.files.map(({ name }) => name),
        ['peer-1.out.json', 'peer-2.out.json'],
      )
      assert.equal(Object.keys(manifest?.facts['peers'] as object), others)
      // A trade that is asked for again, as after a restart, changes nothing and waits for nobody.
      await host.door.trade(host.entry)
      assert.equal(await host.copies.manifest(rid), manifest)
    }
  })
})

test('what was booked of our own clock is what the margins have left of the others', async () => {
  // 20 ms in the margins, 10 ms of them for the others: up to 60 ms now are within the guard.
  for (const [claim, expected] of [
    [60_000, 'go'],
    [60_001, 'CLOCK_UNSYNC'],
  ] as const)
    await withHosts(
      await entriesOf(2),
      async (...hosts) => {
        const verdicts = await Promise.all(hosts.map(({ door, entry }) => door.check(entry)))
        assert.equal(
          verdicts.map(each => (each === 'go' ? each : each.abort.code)),
          [expected, expected],
        )
      },
      claim,
    )
})

test('a group of one has nobody to ask, and one without a key cannot ask', async () => {
  const [group] = await doorGroups(2)
  const alone = entryOf(group as DoorGroup, { members: {} })
  const keyless = entryOf(group as DoorGroup)
  const { key, ...rest } = (keyless.details as Details).group as NonNullable<Details['group']>
  await withHosts([alone], async host => {
    assert.is(await host?.door.check(alone), 'go')
    await host?.door.trade(alone)
    assert.is(await host?.copies.manifest(alone.rid), undefined)
    const without = { ...keyless, details: { ...(keyless.details as Details), group: rest } }
    const verdict = await host?.door.check(without)
    assert.is(verdict !== 'go' && verdict?.abort.code, 'PEER_UNREACHABLE')
  })
})

test('an end here is told to the peers with its reason, and there is the end of their reservation', async () => {
  await withHosts(await entriesOf(2), async (...hosts) => {
    const [lead, b] = hosts as [Host, Host]
    await Promise.all(hosts.map(({ door, entry }) => door.check(entry)))
    lead.door.tell({ ...lead.entry, state: 'missed', reason: { code: 'LATE', data: { lateness: 200_000 } } })
    await until(() => b.over.length > 0)
    assert.equal(b.over, ['r-b LATE'])
  })
})

test.run()
