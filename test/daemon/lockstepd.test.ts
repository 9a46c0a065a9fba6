import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import type { Receipt } from '../../src/book/agreement.ts'
import { userOf } from '../../src/daemon/proc.ts'
import {
  argvOf,
  booked,
  type Client,
  clientOf,
  confirmOf,
  endpointLimits,
  holdOf,
  inUs,
  receiverSpec,
  stateOf,
  withDaemon,
  withEndpoint,
} from '../fixtures/endpoint.ts'
import { until } from '../fixtures/processes.ts'
import { suite } from '../fixtures/suite.ts'
import { marked, needsRoot, stranger } from '../fixtures/test-processes.ts'

const test = suite('lockstepd')

const run = async (client: Client, rid: string) => {
  for (const end = performance.now() + 20_000; performance.now() < end; ) {
    const { reservation } = await client.ask('status', { rid })
    const { state, reason } = reservation as { state: string; reason?: { code: string } }
    if (['done', 'failed', 'aborted', 'missed', 'cancelled', 'expired', 'released'].includes(state))
      return { state, code: reason?.code }
    await new Promise(next => setTimeout(next, 50))
  }
  throw new Error(`${rid} does not end`)
}

test.unless(needsRoot, 'two ends of a test of iperf3 start in time, as nobody, and leave their results', () =>
  withDaemon(async daemon => {
    const alice = await daemon.client('alice')
    const start = inUs(3_000)
    const kind = 'light'
    const held = await alice.ask('hold', holdOf({ start, duration: 2_000_000, spec: { ...receiverSpec, kind } }))
    assert.ok(held.ok, JSON.stringify(held))
    const { rid: receiver, ports } = held['receipt'] as Receipt
    await alice.ask('confirm', confirmOf(held))
    const sender = await booked(
      alice,
      { start, duration: 2_000_000, spec: { ...receiverSpec, kind, role: 'sender' } },
      { ports: ports['ports:test'] },
    )
    let owner: number | undefined
    await until(() => {
      const [pid] = processesOf(sender)
      if (pid !== undefined) owner = userOf(pid)
      return owner === stranger.uid
    })
    for (const rid of [sender, receiver]) assert.equal(await run(alice, rid), { state: 'done', code: undefined })
    const { manifest } = await alice.ask('results', { rid: sender })
    const { facts, files } = manifest as { facts: Record<string, unknown>; files: { name: string; size: number }[] }
    assert.is(facts['exit'], 0)
    assert.is(facts['planned'], start)
    assert.ok(Math.abs(Number(facts['startErrorNs'])) < 500e6, `${facts['startErrorNs']} ns`)
    assert.equal(
      files.map(({ name }) => name),
      ['stderr', 'stdout'],
    )
    const { octets } = await alice.ask('results', { rid: sender, file: 'stdout' })
    const output = JSON.parse(Buffer.from(String(octets), 'base64').toString())
    assert.ok(output.end.sum_received.bytes > 0)
    assert.equal([...processesOf(sender), ...processesOf(receiver)], [])
    assert.equal(readdirSync(join(daemon.folder, 'state', 'work')), [])
  }),
)

const processesOf = (rid: string): readonly number[] =>
  readdirSync('/proc').flatMap(name => {
    if (!/^\d+$/.test(name)) return []
    try {
      const environment = readFileSync(`/proc/${name}/environ`, 'latin1')
      return environment.split('\0').includes(`LOCKSTEP_RESERVATION=${rid}`) ? [Number(name)] : []
    } catch {
      return []
    }
  })

test.unless(needsRoot, 'a test that hangs is ended at its deadline, and that is its result', () =>
  withDaemon(async daemon => {
    const alice = await daemon.client('alice')
    // Nobody ever sends to it.
    const rid = await booked(alice, { start: inUs(1_500) })
    assert.equal(await run(alice, rid), { state: 'failed', code: 'OVERRUN' })
    assert.equal(await marked(rid), [])
    const { manifest } = await alice.ask('results', { rid })
    assert.is((manifest as { facts: Record<string, unknown> }).facts['ending'], 'overrun')
  }),
)

test.unless(needsRoot, 'a test whose tool fails is failed, with its exit status', () =>
  withDaemon(async daemon => {
    const alice = await daemon.client('alice')
    // Nobody listens.
    const rid = await booked(alice, { start: inUs(1_500), spec: { ...receiverSpec, role: 'sender' } }, { ports: [9] })
    const { state, code } = await run(alice, rid)
    assert.equal([state, code], ['failed', 'TOOL_FAILED'])
  }),
)

test('a hold of a client that is stopped lapses, and another one has the slot', () =>
  withDaemon(async daemon => {
    const [alice, bob] = [await daemon.client('alice'), await daemon.client('bob')]
    const start = inUs(8_000)
    const first = await alice.ask('hold', holdOf({ start, holdFor: 1_000_000 }))
    assert.ok(first.ok, JSON.stringify(first))
    const refused = await bob.ask('hold', holdOf({ start }))
    assert.equal([refused.code, refused['retry']], ['BUSY', 'later'])
    assert.ok(Number(refused['next']) > start)
    await daemon.logged('reservation', { to: 'expired' })
    assert.ok((await bob.ask('hold', holdOf({ start }))).ok)
    const late = await alice.ask('confirm', confirmOf(first))
    assert.is(late.code, 'EXPIRED')
  }))

test('a hold ends at once with the connection that it came over', () =>
  withDaemon(async daemon => {
    const alice = await daemon.client('alice')
    assert.ok((await alice.ask('hold', holdOf({ start: inUs(20_000), holdFor: 10_000_000 }))).ok)
    alice.socket.destroy()
    await daemon.logged('reservation', { from: 'held', to: 'released' })
  }))

test('a lost owner has some time to come back; then what was confirmed is cancelled, unless it was to go on', () =>
  withDaemon(async daemon => {
    const first = await daemon.client('alice')
    const [kept, gid] = [await booked(first, { start: inUs(60_000) }, { onDisconnect: 'continue' }), 'group-2']
    const lost = await booked(first, { start: inUs(90_000) })
    const back = await booked(first, { start: inUs(120_000), gid })
    first.socket.destroy()
    const second = await daemon.client('alice')
    assert.ok((await second.ask('attach', { gid })).ok)
    await daemon.logged('reservation', { rid: lost, to: 'cancelled' })
    assert.equal([await stateOf(second, kept), await stateOf(second, back)], ['armed', 'armed'])
  }))

test('what is watched is told of, to its owner alone', () =>
  withDaemon(async daemon => {
    const [alice, bob] = [await daemon.client('alice'), await daemon.client('bob')]
    for (const each of [alice, bob]) await each.ask('watch')
    const rid = await booked(alice, { start: inUs(60_000) })
    const states = []
    while (states.at(-1) !== 'armed') {
      const { event, reservation } = await alice.told()
      assert.is(event, 'changed')
      states.push((reservation as { state: string }).state)
    }
    assert.equal(states, ['held', 'confirmed', 'armed'])
    const list = await bob.ask('list')
    assert.equal([(list['reservations'] as []).length, (list['busy'] as { resources: string[] }[]).length], [0, 1])
    for (const op of ['status', 'cancel', 'results']) assert.is((await bob.ask(op, { rid })).code, 'NOT_OWNER')
    const ops = await daemon.client('ops')
    assert.ok((await ops.ask('cancel', { rid })).ok)
    assert.is(((await alice.told())['reservation'] as { state: string }).state, 'cancelled')
  }))

test('each identity has the limits and quotas of its class', () =>
  withDaemon(async daemon => {
    const [alice, carol] = [await daemon.client('alice'), await daemon.client('carol')]
    const light = (sender: object) => ({ ...receiverSpec, kind: 'light', parameters: { sender, receiver: {} } })
    const udp = light({ time: '1s', udp: true, bitrate: '10M' })
    const asked = async (more: object) => {
      const { code, data } = await carol.ask('hold', holdOf({ start: inUs(60_000), spec: udp, ...more }))
      const facts = (data ?? {}) as Record<string, unknown>
      return [code, facts['limit'] ?? facts['quota']]
    }
    assert.equal(await asked({ spec: receiverSpec }), ['LIMIT', 'kinds'])
    assert.equal(await asked({ duration: 3_000_000 }), ['LIMIT', 'duration'])
    assert.equal(await asked({ spec: light({ time: '1s' }) }), ['LIMIT', 'protocols'])
    assert.equal(await asked({ spec: light({ time: '1s', udp: true, bitrate: '2G' }) }), ['LIMIT', 'bandwidth'])
    assert.equal(await asked({ spec: light({ time: '1s', udp: true, bitrate: '600M', parallel: 2 }) }), [
      'LIMIT',
      'bandwidth',
    ])
    await booked(carol, { start: inUs(60_000), spec: udp })
    assert.equal(await asked({}), ['QUOTA', 'pending'])
    // Alice's class has no such quota.
    for (const start of [80_000, 90_000]) await booked(alice, { start: inUs(start) })
    await assert.is(
      (await clientOf(daemon.socket, { identity: 'mallory' }).catch(String)).toString(),
      'Error: not welcome: CLASS_DENIED',
    )
  }))

test('a test says nothing of a command line but what its profile leaves open, over an interface that it really uses', () =>
  withDaemon(async daemon => {
    const alice = await daemon.client('alice')
    const asked = async (change: object) => {
      const { code, data } = await alice.ask(
        'hold',
        holdOf({ start: inUs(60_000), spec: { ...receiverSpec, ...change } }),
      )
      return [code, (data as Record<string, unknown> | undefined)?.['field']]
    }
    assert.equal(await asked({ parameters: { sender: { time: '1s', logfile: '/etc/passwd' }, receiver: {} } }), [
      'BAD_REQUEST',
      'spec.parameters',
    ])
    assert.equal(await asked({ parameters: { sender: { time: '-rf' }, receiver: {} } }), [
      'BAD_REQUEST',
      'spec.parameters',
    ])
    assert.equal(await asked({ parameters: { sender: { time: '5s' }, receiver: {} } }), ['BAD_REQUEST', 'duration'])
    assert.equal(await asked({ to: '192.0.2.77' }), ['BAD_REQUEST', 'spec.interface'])
    assert.equal(await asked({ profile: 'sh' }), ['UNSUPPORTED', undefined])
    alice.send('this is no JSON\n')
    await daemon.logged('connection-failed', { code: 'WIRE_LINE' })
  }))

test('a group whose members could not reach each other is not confirmed', () =>
  withDaemon(async daemon => {
    const alice = await daemon.client('alice')
    const peers = [{ endpoint: 'elder', address: '127.0.0.2', clockError: 1_000 }]
    const held = await alice.ask('hold', holdOf({ start: inUs(60_000), peers }))
    const confirm = confirmOf(held)
    const key = 'ab'.repeat(32)
    const asked = async (more: object, name = 'elder') => {
      const members = { ...confirm.agreement.members, [name]: held['receipt'] as Receipt }
      const { code, data } = await alice.ask('confirm', {
        ...confirm,
        agreement: { ...confirm.agreement, members },
        ...more,
      })
      return [code, (data as { field?: string }).field]
    }
    const links = (address: string) => ({ elder: { address, port: 6001 }, alien: { address, port: 6001 } })
    assert.equal(await asked({}), ['BAD_REQUEST', 'key'])
    assert.equal(await asked({ key }), ['BAD_REQUEST', 'links'])
    // Nobody is sent where the limits were not asked about.
    assert.equal(await asked({ key, links: links('192.0.2.9') }), ['BAD_REQUEST', 'links'])
    assert.equal(await asked({ key, links: links('127.0.0.2') }, 'alien'), ['BAD_REQUEST', 'agreement'])
    assert.is(await stateOf(alice, confirm.rid), 'held')
  }))

test('who repeats a request has the same answer, and nothing more', () =>
  withDaemon(async daemon => {
    const alice = await daemon.client('alice')
    const hold = { id: 'once', ...holdOf({ start: inUs(60_000) }) }
    const first = await alice.ask('hold', hold)
    const again = await alice.ask('hold', hold)
    assert.equal(again['receipt'], first['receipt'])
    assert.is(daemon.log().filter(({ to }) => to === 'held').length, 1)
  }))

test('free times are offered without leaving anything in the book', () =>
  withDaemon(async daemon => {
    const alice = await daemon.client('alice')
    const { spec, peers, duration } = holdOf()
    const offer = await alice.ask('avail', { spec, peers, duration, when: { after: 0, within: 60_000_000 } })
    assert.ok(offer.ok, JSON.stringify(offer))
    assert.is((offer['soft'] as { ranges: unknown[] }).ranges.length, 1)
    assert.equal((await alice.ask('list'))['reservations'], [])
  }))

test('a paused endpoint takes no reservations until it is resumed, and keeps those that it has', () =>
  withDaemon(async daemon => {
    const [alice, ops] = [
      await daemon.client('alice'),
      await clientOf(daemon.socket, { identity: 'root', local: true }),
    ]
    const rid = await booked(alice, { start: inUs(60_000) })
    assert.is((await alice.ask('admin', { do: 'pause' })).code, 'NOT_OWNER')
    assert.ok((await ops.ask('admin', { do: 'pause' })).ok)
    assert.is((await alice.ask('hold', holdOf({ start: inUs(90_000) }))).code, 'PAUSED')
    await ops.ask('admin', { do: 'resume' })
    assert.ok((await alice.ask('hold', holdOf({ start: inUs(90_000) }))).ok)
    assert.is(await stateOf(alice, rid), 'armed')
    assert.is((await ops.ask('hold', holdOf({ start: inUs(120_000) }))).code, 'CLASS_DENIED')
  }))

test('who administers the host pauses it from the host, and a pause outlives lockstepd', () =>
  withEndpoint(async place => {
    const said = (...words: string[]) => {
      const { status, stdout, stderr } = spawnSync(process.execPath, ['bin/lockstepd.js', ...words], {
        encoding: 'utf8',
      })
      return { status, text: stdout + stderr }
    }
    // Commands of another process take longer than the usual grace of a test.
    const first = await place.start(['--grace', '60s'])
    const socket = ['--socket', first.socket]
    const rid = await booked(await first.client('alice'), { start: inUs(60_000) })
    assert.match(said('list', ...socket).text, new RegExp(`^reservation +state .*\n${rid} +armed +\\S+ +20`))
    assert.equal(said('pause', ...socket), {
      status: 0,
      text: 'no new reservations are taken until lockstepd resume; 1 reservation is not over\n',
    })
    first.child.kill('SIGTERM')
    await once(first.child, 'exit')
    assert.match(said('list', ...socket).text, /BOOK_SOCKET/)
    const second = await place.start(['--grace', '60s'])
    const alice = await second.client('alice')
    const refused = await alice.ask('hold', holdOf({ start: inUs(90_000) }))
    assert.equal([refused.code, (refused['data'] as Record<string, unknown>)['until']], ['PAUSED', undefined])
    assert.match(said('resume', ...socket).text, /^reservations are taken again; 1 reservation is not over\n$/)
    assert.ok((await alice.ask('hold', holdOf({ start: inUs(90_000) }))).ok)
    assert.match(said('drain', '--until', '1h', ...socket).text, /^no new reservations are taken until 20\S+Z; /)
    const drained = await alice.ask('hold', holdOf({ start: inUs(120_000) }))
    assert.is(drained.code, 'DRAINING')
    assert.ok(Number((drained['data'] as Record<string, unknown>)['until']) > inUs(0))
    for (const wrong of [['drain', '--until', '2001-01-01'], ['pause', '--until', 'soon'], ['stop']])
      assert.is(said(...wrong, ...socket).status, 2, wrong.join(' '))
  }))

test('a good limits file takes effect at a signal; a bad one is told, and the old rules stay', () =>
  withDaemon(async daemon => {
    const alice = await daemon.client('alice')
    const file = join(daemon.folder, 'limits.yml')
    await writeFile(file, `${endpointLimits}nonsense: true\n`)
    daemon.child.kill('SIGHUP')
    await daemon.logged('limits-refused', { code: 'SCHEMA_UNKNOWN_KEY' })
    assert.ok((await alice.ask('hold', holdOf({ start: inUs(60_000) }))).ok)
    await writeFile(file, endpointLimits.replace('duration: 1h', 'duration: 2s'))
    daemon.child.kill('SIGHUP')
    await daemon.logged('limits-read')
    const { code, data } = await alice.ask('hold', holdOf({ start: inUs(90_000), duration: 3_000_000 }))
    assert.equal([code, (data as Record<string, unknown>)['limit']], ['LIMIT', 'duration'])
  }))

test('no test is taken when the disk is nearly full', () =>
  withEndpoint(async place => {
    const alice = await (await place.start(['--free-size', '1000000G'])).client('alice')
    const { code, data } = await alice.ask('hold', holdOf({ start: inUs(60_000) }))
    assert.equal([code, data], ['RESOURCE', { resource: 'disk' }])
  }))

test('a second daemon on the same book refuses to start', () =>
  withEndpoint(async place => {
    await place.start()
    const { status, stderr } = spawnSync(
      process.execPath,
      argvOf(place.folder, ['--socket', join(place.folder, 'run', 'other.sock')]),
      { encoding: 'utf8', timeout: 20_000 },
    )
    assert.is(status, 5)
    assert.match(stderr, /another lockstepd has the book .*\[BOOK_LOCKED\]/)
  }))

test('it ends at TERM, and its socket with it', () =>
  withDaemon(async daemon => {
    assert.is(await daemon.end('SIGTERM'), 0)
    assert.equal(readdirSync(join(daemon.folder, 'run')), [])
  }))

test('--check says what is missing, and changes nothing', () =>
  withEndpoint(async ({ folder }) => {
    const check = (...more: readonly string[]) => {
      const { status, stdout } = spawnSync(process.execPath, argvOf(folder, ['--check', ...more]), {
        encoding: 'utf8',
        timeout: 20_000,
      })
      return { status, faults: stdout.split('\n').filter(line => line.startsWith('FAIL')) }
    }
    assert.equal(check(), { status: 0, faults: [] })
    assert.equal(check('--limits', '/nowhere').faults.length, 1)
    assert.equal(check('--user', '0:0'), {
      status: 4,
      faults: [
        "FAIL the account of tests 0:0: tests never run as root, and '0:0' is root (make it with useradd --system, or name another)",
      ],
    })
    assert.equal(readdirSync(folder).sort(), ['limits.yml', 'run'])
    const misspelt = join(folder, 'misspelt.yml')
    writeFileSync(misspelt, 'version: 1\nclases: {}\n')
    assert.match(check('--limits', misspelt).faults[0] ?? '', /misspelt\.yml:2:1: .*'clases'.*did you mean 'classes'\?/)
  }))

test('`lockstepd unit` prints a unit that starts it with the same options', async () => {
  const child = spawn(process.execPath, ['bin/lockstepd.js', 'unit', '--group', 'unit', '--socket', '/run/lockstepd/s'])
  let text = ''
  child.stdout.on('data', chunk => {
    text += chunk
  })
  await once(child, 'close')
  assert.match(text, /^ExecStart=.*bin\/lockstepd\.js --group unit --socket \/run\/lockstepd\/s$/m)
  assert.match(text, /^Type=notify$/m)
  assert.match(text, /^CapabilityBoundingSet=.*CAP_NET_RAW/m)
})

test.run()
