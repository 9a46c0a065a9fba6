import * as fc from 'fast-check'
import * as assert from 'uvu/assert'
import { LockstepError } from '../../src/errors/error.ts'
import { encodeFrame, encodeGet, encodeGetError, encodeSet, type Frame, frameSplitter } from '../../src/wire/frames.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('wire: frames')

/** Bytes of the protocol as captured from isochron 0.9. */
const golden = {
  getClock: '020000000000000800000 02b00000000',
  setCount: '0201000000000010 0000000600000008 0000000000000014',
  countAnswer: '0202000000000010 0000000600000008 0000000000000014',
  setEthertype: '020100000000000c 0000001b00000004 dead0000',
  getError: '0203000000000008 0000000b00000000',
  noError: '020200000000000c 0000000b00000004 00000000',
  empty: '0202000000000008 0000000b00000000',
  emptyLog: '0202000000000010 0000000000000008 0000000400000000',
}
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')
const plain = (bytes: Buffer) => bytes.toString('hex')
const shown = ({ action, id, payload }: Frame) => `${action} ${id} ${plain(payload)}`
const splitter = (maxBytes = 1024) => frameSplitter({ maxBytes })

const stream = hex(Object.values(golden).join(''))
const expected = [
  'get 43 ',
  'set 6 0000000000000014',
  'response 6 0000000000000014',
  'set 27 dead0000',
  'getError 11 ',
  'response 11 00000000',
  'response 11 ',
  'response 0 0000000400000000',
]

test('requests are written as captured', () => {
  assert.is(plain(encodeGet('currentClockTai')), plain(hex(golden.getClock)))
  assert.is(plain(encodeSet('packetCount', 20n)), plain(hex(golden.setCount)))
  assert.is(plain(encodeSet('ethertype', 0xdead)), plain(hex(golden.setEthertype)))
  assert.is(plain(encodeGetError('ifName')), plain(hex(golden.getError)))
})

test('answers are written as captured', () => {
  const answer = (id: number, payload: string) => plain(encodeFrame({ action: 'response', id, payload: hex(payload) }))
  assert.is(answer(6, '0000000000000014'), plain(hex(golden.countAnswer)))
  assert.is(answer(11, '00000000'), plain(hex(golden.noError)))
  assert.is(answer(11, ''), plain(hex(golden.empty)))
  assert.is(answer(0, '0000000400000000'), plain(hex(golden.emptyLog)))
})

test('a stream in one piece gives its frames', () => {
  assert.equal([...splitter().push(stream)].map(shown), expected)
})

test('a stream byte by byte gives the same frames, each with its last byte', () => {
  const frames = splitter()
  const found: string[] = []
  const ends: number[] = []
  for (let at = 0; at < stream.length; at++)
    for (const frame of frames.push(stream.subarray(at, at + 1))) {
      found.push(shown(frame))
      ends.push(at + 1)
    }
  assert.equal(found, expected)
  assert.equal(ends, [16, 40, 64, 84, 100, 120, 136, 160])
  assert.is(frames.held, 0)
})

test('a stream cut at every position gives the same frames', () => {
  for (let cut = 0; cut <= stream.length; cut++) {
    const frames = splitter()
    const found = [...frames.push(stream.subarray(0, cut)), ...frames.push(stream.subarray(cut))]
    assert.equal(found.map(shown), expected, `cut at ${cut}`)
  }
})

test('a stream in any pieces gives the same frames', () => {
  return fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: stream.length }), { maxLength: 20 }), cuts => {
      const frames = splitter()
      const places = [0, ...cuts.sort((a, b) => a - b), stream.length]
      const found = places.slice(1).flatMap((end, i) => [...frames.push(stream.subarray(places[i], end))])
      assert.equal(found.map(shown), expected)
    }),
  )
})

test('frames written are read back', () => {
  const anyFrame = fc.record({
    action: fc.constantFrom('get', 'set', 'response', 'getError'),
    id: fc.integer({ min: 0, max: 0xffff }),
    payload: fc.uint8Array({ maxLength: 200 }).map(bytes => Buffer.from(bytes)),
  })
  return fc.assert(
    fc.property(fc.array(anyFrame), list => {
      const frames = splitter().push(Buffer.concat(list.map(encodeFrame)))
      assert.equal([...frames].map(shown), list.map(shown))
    }),
  )
})

test('a large log in small chunks is put together in one copy', () => {
  const records = Buffer.alloc(4_800_000, 7)
  const bytes = encodeFrame({ action: 'response', id: 0, payload: records })
  const frames = splitter(5_000_000)
  const found: Frame[] = []
  for (let at = 0; at < bytes.length; at += 1448) found.push(...frames.push(bytes.subarray(at, at + 1448)))
  assert.is(found.length, 1)
  assert.ok(found[0]?.payload.equals(records))
  assert.ok(found[0]?.payload.buffer instanceof SharedArrayBuffer, 'another thread reads it where it is')
})

const refused = (bytes: string, maxBytes?: number) => {
  const frames = splitter(maxBytes)
  const push = (chunk: Buffer) => {
    try {
      for (const frame of frames.push(chunk)) void frame
    } catch (error) {
      if (error instanceof LockstepError) return `${error.code}: ${error.message}`
      throw error
    }
    return 'accepted'
  }
  const said = push(hex(bytes))
  assert.is(push(hex(golden.getClock)), said)
  return said
}

for (const [what, bytes, said] of [
  ['version 1', '0102000000000008', 'expected protocol version 2, got 1'],
  ['action 4', '0204000000000008', 'expected an action below 4, got 4'],
  ['a payload length of 0', '0202000000000000', 'expected at least 8 bytes after the header, got 0'],
  ['a payload length of 7', '0202000000000007', 'expected at least 8 bytes after the header, got 7'],
  ['TLV type 1', '0202000000000008 0001000b00000000', 'expected TLV type 0, got 1'],
  ['a TLV shorter than its message', '020200000000000c 0000000b00000000 00000000', 'expected a TLV of 4 bytes, got 0'],
  ['a TLV longer than its message', '0202000000000008 0000000b00000004', 'expected a TLV of 0 bytes, got 4'],
  ['four GiB', '02020000ffffffff', 'expected a frame of at most 1024 bytes, got 4294967303'],
] as const)
  test(`${what} is refused, and so is everything after it`, () => assert.is(refused(bytes), `WIRE_FRAME: ${said}`))

test('the limit is inclusive and counts the headers', () => {
  assert.is(refused(golden.countAnswer, 24), 'accepted')
  assert.is(refused(golden.countAnswer, 23), 'WIRE_FRAME: expected a frame of at most 23 bytes, got 24')
})

test('frames before a bad one in the same chunk are given first', () => {
  const found: string[] = []
  assert.throws(() => {
    for (const frame of splitter().push(hex(`${golden.empty} 0102000000000008`))) found.push(shown(frame))
  }, /expected protocol version 2, got 1/)
  assert.equal(found, ['response 11 '])
})

test.run()
