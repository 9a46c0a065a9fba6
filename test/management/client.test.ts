import { once } from 'node:events'
import { connect } from 'node:net'
import { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { LockstepError, LockstepErrors } from '../../src/errors/error.ts'
import { type ManagementClient, managementClient, remoteErrorOf } from '../../src/management/client.ts'
import { connectTcp } from '../../src/management/connect.ts'
import { get, set } from '../../src/management/requests.ts'
import { ns, tai, utc } from '../../src/units/quantity.ts'
import { encodeFrame } from '../../src/wire/frames.ts'
import { type FakeIsochron, type Fault, withFakeIsochron } from '../fixtures/fake-isochron.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('management: client')

const name = 'sender a on A'
const open = async (port: number, maxBytes = 1 << 20) =>
  managementClient(await connectTcp({ host: '127.0.0.1', port, timeoutMs: 2000 }), { name, maxBytes })

/** A client of a fake; afterwards nothing may have been reset. */
const withClient = (
  fault: Fault,
  use: (client: ManagementClient, fake: FakeIsochron) => Promise<void>,
  role: 'sender' | 'receiver' = 'sender',
) =>
  withFakeIsochron({ role, fault }, async fake => {
    const client = await open(fake.port)
    await use(client, fake)
    await client.close({ deadlineMs: 500 })
    assert.is(fake.resets, 0)
  })
const usual: Fault = () => false

const failure = async (promise: Promise<unknown>): Promise<LockstepError> => {
  try {
    await promise
  } catch (error) {
    if (error instanceof LockstepError) return error
    throw error
  }
  throw new Error('expected a failure')
}
const said = async (promise: Promise<unknown>) => {
  const error = await failure(promise)
  return `${error.code}: ${error.message}`
}

test('values come back typed by their row', () =>
  withClient(usual, async (client, fake) => {
    const sysmon = { offset: ns(-37_000_000_001n), time: utc(5n), delay: ns(7n) }
    fake.say('sysmonOffset', sysmon)
    fake.say('currentClockTai', tai(1_795_293_749_294_866_393n))
    assert.equal(await client.get('sysmonOffset'), sysmon)
    assert.is(await client.get('currentClockTai'), 1_795_293_749_294_866_393n)
    await client.set('packetCount', 20n)
    assert.is(await client.set('testState', 'idle'), undefined)
    assert.is(await client.get('testState'), 'idle')
  }))

test('a batch goes out in one write and comes back in its order', () =>
  withClient(usual, async (client, fake) => {
    fake.say('utcOffset', 37)
    const answers = await client.batch([set('packetCount', 20n), get('utcOffset'), set('ifName', 'eth0')])
    assert.equal(answers, [{ value: undefined }, { value: 37 }, { value: undefined }])
    assert.equal(fake.seen, ['SET PACKET_COUNT', 'GET UTC_OFFSET', 'SET IF_NAME'])
    assert.equal(fake.chunks, [24 + 16 + 32])
  }))

test('batches sent without waiting keep their answers apart', () =>
  withClient(usual, async (client, fake) => {
    fake.say('utcOffset', 37)
    fake.say('portState', 9)
    const both = await Promise.all([client.all([get('utcOffset'), get('portState')]), client.get('portState')])
    assert.equal(both, [[37, 9], 9])
  }))

test('refusals are explained by one more write, after all answers', () =>
  withClient(usual, async (client, fake) => {
    fake.refuse('sysmonEnabled', { code: -12, text: 'no PHC' })
    fake.refuse('ptpmonEnabled', { code: -110, text: '' })
    const answers = await client.batch([set('sysmonEnabled', true), set('packetCount', 1n), set('ptpmonEnabled', true)])
    assert.equal(
      answers.map(({ error }) => error?.message),
      [
        'sender a on A: SET SYSMON_ENABLED was refused: ENOMEM (-12): no PHC',
        undefined,
        'sender a on A: SET PTPMON_ENABLED was refused: ETIMEDOUT (-110)',
      ],
    )
    assert.equal(fake.seen.slice(3), ['GET_ERROR SYSMON_ENABLED', 'GET_ERROR PTPMON_ENABLED'])
    assert.is(fake.chunks.length, 2)
    assert.equal(answers[0].error && remoteErrorOf(answers[0].error), { code: -12, text: 'no PHC' })
  }))

test('all() throws every refusal at once', () =>
  withClient(usual, async (client, fake) => {
    fake.refuse('ifName', { code: -22, text: 'a' })
    fake.refuse('vid', { code: -22, text: 'b' })
    const error = await failure(client.all([set('ifName', 'eth0'), set('vid', 1), set('priority', 0)]))
    assert.instance(error, LockstepErrors)
    assert.equal(
      (error as LockstepErrors).problems.map(({ message }) => message),
      [
        'sender a on A: SET IF_NAME was refused: EINVAL (-22): a',
        'sender a on A: SET VID was refused: EINVAL (-22): b',
      ],
    )
  }))

test('the reason of a message asked twice is given to the last request only', () =>
  withClient(usual, async (client, fake) => {
    fake.refuse('vid', { code: -22, text: 'second' })
    const answers = await client.batch([set('vid', 1), set('vid', 2)])
    assert.equal(
      answers.map(({ error }) => error?.message),
      [
        'sender a on A: SET VID was refused: no reason was given',
        'sender a on A: SET VID was refused: EINVAL (-22): second',
      ],
    )
    assert.is(fake.seen.filter(each => each.startsWith('GET_ERROR')).length, 1)
  }))

test('what this role does not answer is refused with its errno', () =>
  withClient(
    usual,
    async client =>
      assert.is(
        await said(client.set('cycleTime', ns(1n))),
        'WIRE_REMOTE: sender a on A: SET CYCLE_TIME was refused: EOPNOTSUPP (-95)',
      ),
    'receiver',
  ))

test('a state that explains itself can be asked why', () =>
  withClient(usual, async (client, fake) => {
    fake.say('testState', 'failed')
    fake.explain('testState', 'the sending thread failed')
    assert.is(await client.get('testState'), 'failed')
    assert.equal(await client.lastError('testState'), { code: 0, text: 'the sending thread failed' })
  }))

const holdLog: { release: (() => void) | undefined } = { release: undefined }
const held: Fault = ({ name }, to) => {
  if (name === 'LOG') holdLog.release = to.answer
  return name === 'LOG'
}

test('a held LOG is overtaken by later answers and still arrives', () =>
  withClient(
    held,
    async (client, fake) => {
      fake.say('log', Buffer.alloc(32, 1))
      fake.say('portLinkState', 'up')
      const log = client.get('log')
      assert.is(await client.get('portLinkState'), 'up')
      holdLog.release?.()
      assert.is((await log).toString('hex'), '01'.repeat(32))
    },
    'receiver',
  ))

test('a second LOG that nobody asked for is dropped, also before the error of a refused one', () =>
  withClient(
    ({ action, name }, to) => {
      if (name !== 'LOG') return false
      if (action === 'get') to.answer()
      else to.reply(Buffer.from('0000000400000020'.padEnd(80, '0'), 'hex'))
      to.answer()
      return true
    },
    async (client, fake) => {
      fake.say('log', Buffer.alloc(32))
      fake.say('utcOffset', 37)
      assert.is((await client.get('log')).length, 32)
      assert.is(await client.get('utcOffset'), 37)
      assert.equal(await client.lastError('log'), { code: 0, text: '' })
      assert.is(await client.get('utcOffset'), 37)
      assert.is(client.closed.aborted, false)
    },
    'receiver',
  ))

test('a refused GET LOG says why', () =>
  withClient(usual, async (client, fake) => {
    fake.refuse('log', { code: -22, text: 'no session' })
    assert.is(
      await said(client.get('log')),
      'WIRE_REMOTE: sender a on A: GET LOG was refused: EINVAL (-22): no session',
    )
  }))

test('a port that answers nothing is in use or frozen', () =>
  withClient(
    () => true,
    async client => {
      const error = await failure(client.get('currentClockTai', { deadlineMs: 50 }))
      assert.is(
        `${error.code}: ${error.message}`,
        'WIRE_SILENT: sender a on A: no answer to GET CURRENT_CLOCK_TAI in 50 ms: in use by another client, or frozen',
      )
      assert.match(error.hint ?? '', /one client at a time/)
    },
  ))

test('the first answer has 2 s unless the caller says otherwise', () =>
  withClient(
    () => true,
    async client => {
      const started = performance.now()
      assert.match(await said(client.get('currentClockTai')), /^WIRE_SILENT: .* in 2000 ms/)
      const took = performance.now() - started
      assert.ok(took > 1990 && took < 4000, `took ${took} ms`)
    },
  ))

test('a second client is served when the first one has left', () =>
  withFakeIsochron({}, async fake => {
    fake.say('utcOffset', 37)
    const first = await open(fake.port)
    assert.is(await first.get('utcOffset'), 37)
    const second = await open(fake.port)
    assert.match(await said(second.get('utcOffset', { deadlineMs: 50 })), /^WIRE_SILENT: /)
    const waiting = second.get('utcOffset')
    assert.is(await first.close(), 'closed')
    assert.is(await waiting, 37)
    await second.close()
  }))

test('a late answer is not taken for the next one', () =>
  withClient(
    ({ name }, to) => {
      if (name === 'UTC_OFFSET') setTimeout(to.answer, 80)
      return name === 'UTC_OFFSET'
    },
    async (client, fake) => {
      fake.say('portState', 9)
      assert.is(await client.get('portState'), 9)
      assert.is(
        await said(client.get('utcOffset', { deadlineMs: 20 })),
        'WIRE_DEADLINE: sender a on A: no answer to GET UTC_OFFSET in 20 ms',
      )
      await sleep(100)
      assert.is(await client.get('portState'), 9)
    },
  ))

test('an answer that is still arriving at its deadline is waited for', () =>
  withClient(
    ({ name }, to) => {
      if (name !== 'LOG') return false
      const bytes = encodeFrame({ action: 'response', id: 0, payload: Buffer.from('0000000400000000', 'hex') })
      for (const [i, byte] of bytes.entries()) setTimeout(() => to.socket.write(Buffer.of(byte)), 10 * i)
      return true
    },
    async client => assert.is((await client.get('log', { deadlineMs: 50 })).length, 0),
    'receiver',
  ))

test('an answer that stops in the middle is late one second after its last byte', () =>
  withClient(
    (_, to) => {
      to.socket.write(Buffer.from('0202000000000010', 'hex'))
      return true
    },
    async client => assert.match(await said(client.get('utcOffset', { deadlineMs: 50 })), /^WIRE_SILENT: /),
  ))

test('the end of the other side fails what is under way and everything after, at once', () =>
  withClient(
    ({ name }, to) => {
      if (name === 'UTC_OFFSET') to.socket.end(Buffer.from('02020000', 'hex')) // in the middle of a frame
      return name === 'UTC_OFFSET'
    },
    async client => {
      const gone = once(client.closed, 'abort')
      const closed = 'WIRE_CLOSED: sender a on A: the connection was closed by the other side'
      assert.is(await said(client.get('utcOffset')), closed)
      await gone
      assert.is((client.closed.reason as LockstepError).code, 'WIRE_CLOSED')
      assert.is(await said(client.get('portState')), closed)
      assert.is(await client.close(), 'closed')
    },
  ))

test('a reset by the other side is a close like any other', () =>
  withFakeIsochron(
    {
      fault: (_, to) => {
        to.socket.resetAndDestroy()
        return true
      },
    },
    async fake => {
      const client = await open(fake.port)
      const error = await failure(client.get('utcOffset'))
      assert.is(error.code, 'WIRE_CLOSED')
      assert.is((error.cause as NodeJS.ErrnoException).code, 'ECONNRESET')
      assert.is(await client.close(), 'closed')
    },
  ))

for (const [what, bytes, expected] of [
  [
    'a frame above the limit',
    '02020000ffffffff',
    'WIRE_FRAME: sender a on A: expected a frame of at most 1048576 bytes, got 4294967303',
  ],
  ['another protocol', '485454502f312e31', 'WIRE_FRAME: sender a on A: expected protocol version 2, got 72'],
  [
    'an answer to another question',
    '0202000000000008 0000000b00000000',
    'WIRE_ORDER: sender a on A: unexpected response of id 11',
  ],
  ['a question', '0200000000000008 0000000300000000', 'WIRE_ORDER: sender a on A: unexpected get of id 3'],
] as const)
  test(`${what} ends the connection without a reset`, () =>
    withClient(
      (_, to) => {
        to.socket.write(Buffer.from(bytes.replaceAll(' ', ''), 'hex'))
        to.socket.write(Buffer.alloc(100_000)) // more that nobody will understand
        return true
      },
      async (client, fake) => {
        assert.is(await said(client.get('utcOffset')), expected)
        assert.ok(client.closed.aborted)
        assert.is(await client.close(), 'closed')
        assert.is(fake.cleanCloses, 1)
      },
    ))

test('an answer of the wrong size fails that request only', () =>
  withClient(
    ({ name }, to) => {
      if (name === 'UTC_OFFSET') to.reply(Buffer.alloc(3))
      return name === 'UTC_OFFSET'
    },
    async client => {
      const [bad, good] = await client.batch([get('utcOffset'), get('portState')])
      assert.is(bad.error?.message, 'sender a on A: UTC_OFFSET is 2 bytes on the wire, got 3')
      assert.is(good.value, 0)
    },
  ))

test('an answer to SET must say what was set', () =>
  withClient(
    (_, to) => {
      to.reply(Buffer.from('0000000000000015', 'hex'))
      return true
    },
    async client =>
      assert.is(
        await said(client.set('packetCount', 20n)),
        'WIRE_PAYLOAD: sender a on A: expected PACKET_COUNT back as it was sent, 0000000000000014, got 0000000000000015',
      ),
  ))

test('close lets 500 requests under way finish and ends without a reset', () =>
  withClient(usual, async (client, fake) => {
    fake.say('utcOffset', 37)
    const answers = client.all(Array.from({ length: 500 }, () => get('utcOffset')))
    assert.is(await client.close(), 'closed')
    assert.equal(new Set(await answers), new Set([37]))
    assert.is(fake.cleanCloses, 1)
    assert.is(client.closed.aborted, false)
    assert.is(
      await said(client.get('utcOffset')),
      'WIRE_CLOSED: sender a on A: the connection was closed by the other side',
    )
  }))

test('while it closes no new request is sent', () =>
  withClient(usual, async (client, fake) => {
    const closing = client.close()
    assert.is(await said(client.get('utcOffset')), 'WIRE_CLOSED: sender a on A: the connection is being closed')
    await closing
    assert.equal(fake.seen, [])
  }))

test('a close that the other side ignores is given up after its deadline and read on in the background', async () => {
  let other: (() => void) | undefined
  await withClient(
    ({ name }, to) => {
      other = to.answer
      return name === 'UTC_OFFSET'
    },
    async (client, fake) => {
      const stuck = client.get('utcOffset', { deadlineMs: 5000 })
      while (fake.seen.length === 0) await sleep(2)
      const thaw = fake.freeze()
      assert.is(await client.close({ deadlineMs: 50 }), 'draining')
      other?.()
      assert.is(await stuck, 0)
      thaw()
      assert.is(await client.close(), 'closed')
    },
  )
})

test('round trips are measured, the first one left out', () =>
  withClient(
    (_, to) => {
      setTimeout(to.answer, 30)
      return true
    },
    async client => {
      await client.get('currentClockTai')
      assert.is(client.longestRoundTrip, undefined)
      await client.get('currentClockTai')
      const longest = client.longestRoundTrip ?? 0n
      assert.ok(longest > 25_000_000n && longest < 5_000_000_000n, `${longest} ns`)
    },
  ))

test('what is known to crash the daemon is not sent', () => {
  assert.throws(
    () => set('sysmonEnabled', false),
    (error: unknown) => error instanceof LockstepError && error.code === 'WIRE_VALUE',
  )
  assert.throws(
    () => set('cycleTime', ns(0n)),
    (error: unknown) => error instanceof LockstepError && error.code === 'WIRE_VALUE',
  )
})

test('a port where nobody listens is refused with a hint', async () => {
  const port = await withFakeIsochron({}, async fake => fake.port)
  const error = await failure(connectTcp({ host: '127.0.0.1', port, timeoutMs: 1000 }))
  assert.is(error.code, 'WIRE_CONNECT')
  assert.match(error.message, new RegExp(`^no connection to 127.0.0.1:${port}: `))
  assert.match(error.hint ?? '', /does not run there/)
})

test('any stream will do', () =>
  withFakeIsochron({}, async fake => {
    fake.say('utcOffset', 37)
    const socket = connect({ host: '127.0.0.1', port: fake.port })
    const client = managementClient(Duplex.from({ readable: socket, writable: socket }), { name })
    assert.is(await client.get('utcOffset'), 37)
    assert.is(await client.close(), 'closed')
    assert.equal([fake.cleanCloses, fake.resets], [1, 0])
  }))

test.run()
