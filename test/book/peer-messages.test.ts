import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { readGreeting, readPeerMessage } from '../../src/book/peer-messages.ts'
import { LockstepError } from '../../src/errors/error.ts'
import { suite } from '../fixtures/suite.ts'
import { thrown } from '../fixtures/thrown.ts'

const test = suite('book/peer-messages')

const hash = 'ab'.repeat(32)
const why = { code: 'CLOCK_OFFSET', data: { offset: -1.5, peer: 'b' } }

const greetings = [
  { op: 'hello', version: 1, gid: 'g1', member: 'b.example', nonce: hash },
  { op: 'welcome', nonce: hash, proof: hash },
  { op: 'proof', proof: hash },
  { op: 'unknown', held: true },
]
const messages = [
  { op: 'card', rid: 'r-b', epoch: 3, digest: hash, error: 1_000 },
  { op: 'ping', number: 0 },
  { op: 'pong', number: 0, received: 1_795_251_600_000_000, answered: 1_795_251_600_000_001 },
  ...[{ op: 'ready' }, { op: 'go' }, { op: 'alive' }],
  ...[
    { op: 'no', reason: why },
    { op: 'nogo', reason: why },
    { op: 'over', reason: why },
  ],
  { op: 'offer', of: 'b', facts: { exit: 0 }, files: [{ name: 'out.json', size: 3, sha256: hash, copy: 'here' }] },
  { op: 'piece', of: 'b', name: 'out.json', data: 'YWJj' },
  ...[
    { op: 'copied', of: 'b' },
    { op: 'without', of: 'b' },
    { op: 'have', of: 'b' },
  ],
]

test('every message that there is can be read', () => {
  for (const each of greetings) assert.is(readGreeting(each), each)
  for (const each of messages) assert.is(readPeerMessage(each), each)
})

test('before its proof nobody can say more than a greeting', () => {
  for (const each of messages) assert.is(thrown(() => readGreeting(each)).code, 'BOOK_PEER')
})

const strays: readonly object[] = [
  ...[{}, { op: 'run' }, { op: 'toString' }, { op: 7 }, { op: '__proto__' }],
  ...[{ op: 'go', now: true }, { op: 'ping' }, { op: 'ping', number: -1 }, { op: 'ping', number: '0' }],
  { op: 'pong', number: 0, received: Number.NaN, answered: 1 },
  { op: 'card', rid: '../r', epoch: 3, digest: hash, error: 1_000 },
  { op: 'card', rid: 'r', epoch: 3, digest: hash.toUpperCase(), error: 1_000 },
  { op: 'no', reason: { code: 'toString', data: {} } },
  { op: 'no', reason: { code: 'LATE', data: { text: 'x'.repeat(301) } } },
  { op: 'no', reason: { code: 'LATE', data: { nested: {} } } },
  { op: 'no', reason: { code: 'LATE', data: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`k${i}`, i])) } },
  { op: 'piece', of: 'b', name: '../etc/passwd', data: '' },
  { op: 'piece', of: 'b', name: '.hidden', data: '' },
  { op: 'piece', of: 'b', name: 'a', data: 'YW' },
  { op: 'offer', of: 'b', facts: [], files: [] },
  { op: 'offer', of: 'b', facts: {}, files: [{ name: 'a', size: 1, sha256: hash, copy: 'later' }] },
  { op: 'offer', of: 'b', facts: {}, files: [{ name: 'a', size: 1.5, sha256: hash, copy: 'here' }] },
  {
    op: 'offer',
    of: 'b',
    facts: {},
    files: Array.from({ length: 501 }, () => ({ name: 'a', size: 1, sha256: hash, copy: 'here' })),
  },
]

test('what is no message is refused by name', () => {
  for (const each of strays) assert.is(thrown(() => readPeerMessage(each)).code, 'BOOK_PEER', JSON.stringify(each))
})

test('whatever a stranger says is read or refused, and nothing else happens', () => {
  fc.assert(
    fc.property(fc.object({ withNullPrototype: true }), fc.constantFrom(...messages), (noise, message) => {
      for (const read of [readGreeting, readPeerMessage])
        try {
          read({ ...message, ...noise })
        } catch (error) {
          assert.ok(error instanceof LockstepError && error.code === 'BOOK_PEER')
        }
    }),
  )
})

test.run()
