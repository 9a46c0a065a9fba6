import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import * as assert from 'uvu/assert'
import type { DoorGroup } from '../../src/daemon/live-group.ts'
import {
  checkAll,
  doorGroups,
  type Endpoint,
  endpointOf,
  factsOf,
  otherAgreement,
  withEndpoints,
  wordOf,
} from '../fixtures/peer-rig.ts'
import { until } from '../fixtures/processes.ts'
import { suite } from '../fixtures/suite.ts'
import { withVictims } from '../fixtures/victim.ts'

const test = suite('daemon/peer-agent')

for (const size of [2, 3, 5])
  test(`${size} endpoints find each other, read their clocks and run`, async () => {
    await withEndpoints(await doorGroups(size), async (...all) => {
      assert.equal((await checkAll(all)).map(wordOf), Array(size).fill('go'))
    })
  })

test('a lead that is confirmed later than its members is waited for', async () => {
  const groups = await doorGroups(3)
  let [held, asked] = [true, 0]
  await withEndpoints(
    groups,
    async (lead, b, c) => {
      // Another group of the lead is checked on the same port: somebody listens, and knows of the hold.
      const [other] = await doorGroups(2, { armInMs: 20_000 })
      const elsewhere = { ...other, agreement: { ...other?.agreement, gid: 'g2' }, links: lead?.group.links } as never
      await lead?.agent.live(elsewhere)
      const members = [b?.check(), c?.check()]
      await until(() => asked >= 4)
      held = false
      const verdicts = await Promise.all([lead?.check(), ...members])
      assert.equal(
        verdicts.map(each => each && wordOf(each)),
        ['go', 'go', 'go'],
      )
    },
    { a: { isHeld: () => ++asked > 0 && held } },
  )
})

test('a member that reaches a lead without such a reservation ends at once, not at A', async () => {
  const groups = await doorGroups(2, { armInMs: 20_000 })
  await withEndpoints(groups, async (lead, b) => {
    const other = { ...groups[0], agreement: { ...groups[0]?.agreement, gid: 'g2' } } as never
    await lead?.agent.live(other)
    const from = performance.now()
    const verdict = await b?.check()
    assert.is(verdict && wordOf(verdict), 'PEER_MISSING')
    assert.ok(performance.now() - from < 10_000)
  })
})

test('a member that never comes is named, and nobody runs', async () => {
  const [a, b] = await doorGroups(3, { armInMs: 1_000 })
  await withEndpoints([a, b] as never, async (...both) => {
    const verdicts = await checkAll(both)
    assert.equal(verdicts.map(wordOf), ['PEER_SILENT', 'PEER_SILENT'])
    assert.is(factsOf(verdicts[1])['peer'], 'c')
  })
})

for (const [aheadMs, direction] of [
  [500, 'ahead of'],
  [-500, 'behind'],
] as const)
  for (const who of ['a', 'c'])
    test(`${who}'s clock, ${aheadMs} ms off with a claimed error of 1 ms, is refused with the right sign`, async () => {
      const options = { [who]: { aheadMs } }
      await withEndpoints(
        await doorGroups(3),
        async (...all) => {
          const verdicts = await checkAll(all)
          assert.equal(verdicts.map(wordOf), Array(3).fill('CLOCK_OFFSET'))
          // Members are read against the lead: a lead that is ahead makes them all seem behind.
          const { peer, against, offset, detail } = factsOf(verdicts[1])
          const sign = who === 'a' ? -1 : 1
          assert.is(against, 'a')
          assert.ok(Math.abs((offset as number) - sign * aheadMs * 1_000) < 50_000, `${offset}`)
          const said = who === 'a' ? (direction === 'behind' ? 'ahead of' : 'behind') : direction
          assert.match(
            String(detail),
            new RegExp(`^the clock of ${peer} is \\d+(\\.\\d+)? ms ${said} that of a; they claim errors up to 1 ms`),
          )
          if (who === 'c') assert.is(peer, 'c')
        },
        options,
      )
    })

test('a clock that has become worse than was booked, or of which nothing is known, is refused by all', async () => {
  for (const error of [60_000, null])
    for (const who of ['a', 'b'])
      await withEndpoints(
        await doorGroups(3),
        async (...all) => {
          const verdicts = await checkAll(all)
          assert.equal(verdicts.map(wordOf), Array(3).fill('CLOCK_UNSYNC'))
          assert.is(factsOf(verdicts[2])['peer'], who)
        },
        { [who]: { error } },
      )
})

test("a test's own gate that is finer than what the clocks claim and the network shows is not passed", async () => {
  await withEndpoints(await doorGroups(2, { gate: 1 }), async (...all) => {
    assert.equal((await checkAll(all)).map(wordOf), ['CLOCK_UNSYNC', 'CLOCK_UNSYNC'])
  })
})

test('who agreed on something else does not run, nor does anybody with it', async () => {
  const [a, b, c] = await doorGroups(3)
  await withEndpoints([a, b, otherAgreement(c as never)] as never, async (...all) => {
    assert.equal((await checkAll(all)).map(wordOf), Array(3).fill('PEER_MISMATCH'))
  })
})

test('a daemon that came back may have a later epoch than its receipt, not an earlier one', async () => {
  await withEndpoints(
    await doorGroups(2),
    async (...all) => assert.equal((await checkAll(all)).map(wordOf), ['go', 'go']),
    {
      b: { epoch: 7 },
    },
  )
  await withEndpoints(
    await doorGroups(2),
    async (...all) => assert.equal((await checkAll(all)).map(wordOf), ['PEER_MISMATCH', 'PEER_MISMATCH']),
    { b: { epoch: 1 } },
  )
})

test('without the key of the group nobody is heard, and that is logged', async () => {
  const [a, b] = await doorGroups(2, { armInMs: 1_000 })
  const { key } = a as DoorGroup
  await withEndpoints([a, { ...b, key: Buffer.alloc(32, 1) }] as never, async (lead, thief) => {
    assert.equal((await checkAll([lead, thief] as never)).map(wordOf), ['PEER_SILENT', 'PEER_SILENT'])
    // The lead shows its key first, so the thief finds out, and never says its proof.
    const seen = thief?.log.find(({ event }) => event === 'peer not reached')
    assert.match(String(seen?.message), 'does not have the key')
    assert.ok(lead?.log.some(({ event }) => event === 'stranger dropped'))
    for (const { log } of [lead, thief] as never as { log: unknown }[])
      for (const form of ['hex', 'base64'] as const) assert.not(JSON.stringify(log).includes(key.toString(form)))
  })
})

test('a handshake that is replayed opens nothing', async () => {
  const [a, b] = await doorGroups(2)
  await withEndpoints([a] as never, async lead => {
    await lead?.agent.live(a as never)
    const port = a?.links['a']?.port ?? 0
    const recorded = await recordHandshake(port, b as never)
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write(recorded)
    const heard: Buffer[] = []
    socket.on('data', chunk => heard.push(chunk))
    await closing(socket)
    assert.is(Buffer.concat(heard).toString().split('\n').length, 2)
    await until(
      () =>
        lead?.log.some(each => each.event === 'stranger dropped' && /have the key/.test(String(each.message))) === true,
    )
  })
})

test('strangers are dropped after their time, and too many of them make room for whoever comes next', async () => {
  const groups = await doorGroups(2)
  await withEndpoints(
    groups,
    async (lead, b) => {
      await lead?.agent.live(lead.group)
      const port = groups[0]?.links['a']?.port ?? 0
      const strangers = Array.from({ length: 6 }, () => connect(port, '127.0.0.1'))
      const closed = strangers.map(socket => closing(socket))
      for (const socket of strangers) socket.on('error', () => undefined)
      assert.equal((await checkAll([lead, b] as never)).map(wordOf), ['go', 'go'])
      await Promise.all(closed)
      const dropped = lead?.log.filter(({ event }) => event === 'stranger dropped') ?? []
      assert.is(dropped.length, 6)
      assert.ok(dropped.every(({ address }) => String(address).endsWith('127.0.0.1')))
    },
    { a: { limits: { greetMs: 1_000, strangers: 3 } } },
  )
})

test('whatever a stranger says, it is dropped and the group goes on', async () => {
  const groups = await doorGroups(2)
  await withEndpoints(groups, async (lead, b) => {
    await lead?.agent.live(lead.group)
    const port = groups[0]?.links['a']?.port ?? 0
    const hello = { op: 'hello', version: 1, gid: 'g1', member: 'b', nonce: '00'.repeat(32) }
    const lines = [
      ...['GET / HTTP/1.1\r\n\r\n', '{}\n', '[]\n', `${JSON.stringify({ ...hello, version: 2 })}\n`],
      ...[`${JSON.stringify({ ...hello, member: 'x' })}\n`, `${JSON.stringify({ ...hello, member: 'a' })}\n`],
      `${JSON.stringify(hello)}\n${JSON.stringify({ op: 'proof', proof: '00'.repeat(32) })}\n`,
      'x'.repeat(300_000),
    ]
    for (const line of lines) {
      const socket = connect(port, '127.0.0.1')
      socket.on('error', () => undefined)
      socket.resume()
      socket.write(line)
      await closing(socket)
    }
    assert.equal((await checkAll([lead, b] as never)).map(wordOf), ['go', 'go'])
    assert.is(lead?.log.filter(({ event }) => event === 'stranger dropped').length, lines.length)
  })
})

test('a member that was ready and died keeps all others from running', async () => {
  const [a, b, c] = await doorGroups(3, { armInMs: 5_000 })
  await withEndpoints([a, b] as never, async (lead, member) => {
    const check = lead?.check()
    void member?.check()
    await until(() => lead?.log.some(({ event }) => event === 'peer up') === true)
    await member?.agent.close()
    await until(() => lead?.log.some(({ event }) => event === 'peer down') === true)
    await withEndpoints([c] as never, async late => {
      assert.equal(await late?.check(), { code: 'PEER_SILENT', data: { peer: 'b' } })
      assert.equal(await check, { code: 'PEER_SILENT', data: { peer: 'b' } })
    })
  })
})

test('after GO a cancelled test is told to the peers over links that stayed open', async () => {
  await withEndpoints(await doorGroups(3), async (...all) => {
    await checkAll(all)
    const [lead, b, c] = all
    b?.agent.tell('g1', { code: 'CANCELLED', data: { peer: 'b' } })
    await until(() => lead?.over.length === 1)
    assert.equal(lead?.over, [['b', 'CANCELLED']])
    lead?.agent.tell('g1', { code: 'CANCELLED', data: { peer: 'b' } })
    await until(() => c?.over.length === 1)
    assert.equal(c?.over, [['a', 'CANCELLED']])
  })
})

test('cancelled before GO is a no to everybody, with its reason', async () => {
  const [a, b, c] = await doorGroups(3)
  await withEndpoints([a, b] as never, async (lead, member) => {
    const checks = checkAll([lead, member] as never)
    await until(() => lead?.log.some(({ event }) => event === 'peer up') === true)
    member?.agent.tell('g1', { code: 'CANCELLED', data: {} })
    assert.equal((await checks).map(wordOf), ['CANCELLED', 'CANCELLED'])
    // Who comes late is told as well, instead of waiting until A.
    const late = endpointOf(c as never)
    try {
      assert.is(wordOf(await late.check()), 'CANCELLED')
    } finally {
      await late.agent.close()
    }
  })
})

const asWord = (group: object & { key: Buffer }) => JSON.stringify({ ...group, key: group.key.toString('hex') })

test('programs of their own check each other; one that is killed before it has spoken is missed at A', () =>
  withVictims('peer-victim.ts', async start => {
    const groups = await doorGroups(3, { armInMs: 15_000 })
    const all = groups.map(group => start(asWord(group)))
    for (const each of all) await each.said()
    assert.equal(await Promise.all(all.map(each => each.said())), Array(3).fill({ verdict: 'go' }))
    const again = await doorGroups(3, { armInMs: 3_000 })
    const [lead, b, c] = again.map(group => start(asWord(group)))
    await c?.said()
    await c?.kill('SIGKILL')
    for (const each of [lead, b]) await each?.said()
    assert.equal(await Promise.all([lead?.said(), b?.said()]), Array(2).fill({ verdict: 'PEER_SILENT' }))
  }))

test('a lead that is killed and comes back in time is found again', () =>
  withVictims('peer-victim.ts', async start => {
    const groups = await doorGroups(3, { armInMs: 15_000 })
    const [first, b] = groups.slice(0, 2).map(group => start(asWord(group)))
    for (const each of [first, b]) await each?.said()
    await first?.kill('SIGKILL')
    const [lead, c] = [groups[0], groups[2]].map(group => start(asWord(group as never)))
    for (const each of [lead, c]) await each?.said()
    assert.equal(await Promise.all([lead, b, c].map(each => each?.said())), Array(3).fill({ verdict: 'go' }))
  }))

test('a lead that is killed once its members are there leaves them silent at A', () =>
  withVictims('peer-victim.ts', async start => {
    const groups = await doorGroups(3, { armInMs: 6_000 })
    const lead = start(asWord(groups[0] as DoorGroup))
    await lead.said()
    await withEndpoints(groups.slice(1, 2), async b => {
      const check = (b as Endpoint).check()
      await until(() => b?.log.some(({ event }) => event === 'peer up') === true)
      await lead.kill('SIGKILL')
      await until(() => b?.log.some(({ event }) => event === 'peer down') === true)
      assert.equal(await check, { code: 'PEER_SILENT', data: { peer: 'a' } })
    })
  }))

/** However it comes about: a reset is an end as well. */
const closing = (socket: Socket) => new Promise<void>(resolve => void socket.once('close', () => resolve()))

/** What a member says until its link is up. */
async function recordHandshake(port: number, group: Parameters<typeof endpointOf>[0]): Promise<Buffer> {
  const said: Buffer[] = []
  const server = createServer(near => {
    const far = connect(port, '127.0.0.1')
    for (const each of [near, far]) each.on('error', () => undefined)
    near.on('data', chunk => said.push(chunk))
    near.pipe(far).pipe(near)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const through = (server.address() as { port: number }).port
  const member = endpointOf({ ...group, links: { ...group.links, a: { address: '127.0.0.1', port: through } } })
  void member.check()
  await until(() => Buffer.concat(said).includes('"proof"'))
  await member.agent.close()
  server.close()
  return Buffer.concat(said)
}

test.run()
