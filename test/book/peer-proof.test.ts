import * as assert from 'uvu/assert'
import { type Handshake, hmacSha256, isProof, opener, proofOf, sealer } from '../../src/book/peer-proof.ts'
import { suite } from '../fixtures/suite.ts'
import { thrown } from '../fixtures/thrown.ts'

const test = suite('book/peer-proof')

const hex = (text: string) => Buffer.from(text, 'hex')

/** RFC 4231, sections 4.2 to 4.8: key, data, HMAC-SHA-256; case 5 is cut to 128 bits there. */
const vectors: readonly (readonly [Buffer, Buffer, string])[] = [
  [Buffer.alloc(20, 0x0b), Buffer.from('Hi There'), 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'],
  [
    Buffer.from('Jefe'),
    Buffer.from('what do ya want for nothing?'),
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  ],
  [Buffer.alloc(20, 0xaa), Buffer.alloc(50, 0xdd), '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe'],
  [
    hex('0102030405060708090a0b0c0d0e0f10111213141516171819'),
    Buffer.alloc(50, 0xcd),
    '82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b',
  ],
  [Buffer.alloc(20, 0x0c), Buffer.from('Test With Truncation'), 'a3b6167473100ee06e0c796c2955552b'],
  [
    Buffer.alloc(131, 0xaa),
    Buffer.from('Test Using Larger Than Block-Size Key - Hash Key First'),
    '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
  ],
  [
    Buffer.alloc(131, 0xaa),
    Buffer.from(
      'This is a test using a larger than block-size key and a larger than block-size data. ' +
        'The key needs to be hashed before being used by the HMAC algorithm.',
    ),
    '9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2',
  ],
]

test('the HMAC is that of RFC 2104 with SHA-256, as the vectors of RFC 4231 have it', () => {
  for (const [key, data, expected] of vectors) assert.is(hmacSha256(key, data).slice(0, expected.length), expected)
})

const key = Buffer.alloc(32, 7)
const handshake: Handshake = {
  ...{ gid: 'g1', member: 'b', lead: 'a' },
  ...{ memberNonce: '11'.repeat(32), leadNonce: '22'.repeat(32) },
}

test('a proof is for one key, role, group, pair of endpoints and pair of nonces', () => {
  const proof = proofOf(key, 'member', handshake)
  assert.ok(isProof(key, 'member', handshake, proof))
  assert.not(isProof(Buffer.alloc(32, 8), 'member', handshake, proof))
  assert.not(isProof(key, 'lead', handshake, proof))
  const others: Partial<Handshake>[] = [
    ...[{ gid: 'g2' }, { member: 'c' }, { lead: 'b' }],
    ...[{ memberNonce: '33'.repeat(32) }, { leadNonce: '33'.repeat(32) }],
    { memberNonce: handshake.leadNonce, leadNonce: handshake.memberNonce },
    // What moves from one part to the next is another text.
    { gid: 'g', member: '1b' },
  ]
  for (const other of others) assert.not(isProof(key, 'member', { ...handshake, ...other }, proof))
  assert.not(isProof(key, 'member', handshake, proof.slice(1)))
  assert.not(isProof(key, 'member', handshake, ''))
})

test('neither proof nor sealed message holds the key', () => {
  const seal = sealer(key, 'lead', handshake)
  const said = JSON.stringify([proofOf(key, 'lead', handshake), seal({ op: 'go' })])
  for (const form of ['hex', 'base64', 'latin1'] as const) assert.not(said.includes(key.toString(form)))
})

test('sealed messages open in their order', () => {
  const [seal, open] = [sealer(key, 'lead', handshake), opener(key, 'lead', handshake)]
  const sent = [{ op: 'go' }, { op: 'go' }, { n: 1.5, text: 'ü\n' }]
  assert.equal(
    sent.map(body => open(JSON.parse(JSON.stringify(seal(body))))),
    sent,
  )
})

test('what is changed, repeated, left out, sent back or from another link does not open', () => {
  const pair = () => ({ seal: sealer(key, 'lead', handshake), open: opener(key, 'lead', handshake) })
  const refused = (open: (sealed: unknown) => object, sealed: unknown) =>
    assert.is(thrown(() => open(sealed)).code, 'BOOK_PEER')
  const changed = pair()
  refused(changed.open, { ...changed.seal({ op: 'nogo' }), body: { op: 'go' } })
  const repeated = pair()
  const go = repeated.seal({ op: 'go' })
  repeated.open(go)
  refused(repeated.open, go)
  const skipping = pair()
  skipping.seal({ op: 'nogo' })
  refused(skipping.open, skipping.seal({ op: 'go' }))
  refused(opener(key, 'member', handshake), pair().seal({ op: 'go' }))
  refused(opener(key, 'lead', { ...handshake, leadNonce: '44'.repeat(32) }), pair().seal({ op: 'go' }))
  for (const stray of [undefined, null, 'go', {}, { body: { op: 'go' } }, { body: 'go', mac: '' }])
    refused(pair().open, stray)
})

test.run()
