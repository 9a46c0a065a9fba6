import { connect } from 'node:net'
import * as assert from 'uvu/assert'
import { openClient } from '../../src/runner/ends.ts'
import { isochronTest } from '../../src/tools/isochron.ts'
import { type Fault, withFakeIsochron } from '../fixtures/fake-isochron.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('runner/ends')

const frames = 1000
const pairAt = (port: number) => {
  const end = { host: 'A', connect: async () => connect(port, '127.0.0.1') }
  const sending = isochronTest({ 'num-frames': BigInt(frames), 'cycle-time': 1_000_000n })
  return { name: 'a', test: sending, sender: end, receiver: end, interface: 'eth0', unixDomainSocket: '/run/ptp4l' }
}

test('a connection to a port that answers nothing is hung up again, cleanly', () =>
  withFakeIsochron({ role: 'sender', fault: () => true }, async fake => {
    await openClient(pairAt(fake.port), 'sender').then(
      () => assert.unreachable('a frozen daemon was taken for a live one'),
      error => assert.is(error.code, 'WIRE_SILENT'),
    )
    assert.is(fake.resets, 0)
    assert.is(fake.cleanCloses, 1)
  }))

/** Answers GET LOG with a header that claims so many octets of records, and with nothing behind it. */
const claiming =
  (records: number): Fault =>
  ({ action, name }, { socket }) => {
    if (action !== 'get' || name !== 'LOG') return false
    const header = Buffer.alloc(16)
    header.writeUInt8(2, 0)
    header.writeUInt8(2, 1)
    header.writeUInt32BE(16 + records, 4)
    header.writeUInt32BE(8 + records, 12)
    return socket.write(header)
  }

for (const [end, size] of [
  ['sender', 48],
  ['receiver', 32],
] as const)
  test(`a ${end} that claims a larger log than its test can have is refused at the header`, async () => {
    const askedOf = (records: number) =>
      withFakeIsochron({ role: end, fault: claiming(records) }, async fake => {
        const client = await openClient(pairAt(fake.port), end)
        const asked = await client.get('log', { deadlineMs: 300 }).catch(error => error)
        await client.close({ deadlineMs: 300 })
        return asked.code
      })
    // Too large for this test, though the length field could hold it.
    assert.is(await askedOf(2 ** 30), 'WIRE_FRAME')
    assert.is(await askedOf(10 * frames * size), 'WIRE_FRAME')
    // A log of the right size is waited for.
    assert.is(await askedOf(frames * size), 'WIRE_DEADLINE')
  })

test.run()
