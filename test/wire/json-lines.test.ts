import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { LockstepError } from '../../src/errors/error.ts'
import { encodeMessage, type JsonMessage, jsonLines, maxLine } from '../../src/wire/json-lines.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('JSON lines')

/** Everything that comes before the first fault, and the fault. */
function read(chunks: readonly Buffer[], max?: number) {
  const reader = jsonLines(max)
  const messages: JsonMessage[] = []
  try {
    for (const chunk of chunks) for (const message of reader.push(chunk)) messages.push(message)
    reader.end()
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    return { messages, fault: error.message, code: error.code }
  }
  return { messages, fault: undefined, code: undefined }
}

const cutAt = (bytes: Buffer, places: readonly number[]) =>
  [0, ...places].map((place, i) => bytes.subarray(place, places[i] ?? bytes.length))

const messages = fc.array(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue(), { noNullPrototype: true }), {
  maxLength: 5,
})
const isPlain = (text: string) => !text.includes('__proto__')

test('messages come out as they went in, however the stream is cut', () => {
  fc.assert(
    fc.property(messages, fc.array(fc.nat(), { maxLength: 6 }), (sent, places) => {
      fc.pre(isPlain(JSON.stringify(sent)))
      const bytes = Buffer.from(sent.map(message => encodeMessage(message)).join(''))
      const cuts = places.map(place => place % (bytes.length + 1)).sort((a, b) => a - b)
      const { messages: got, fault } = read(cutAt(bytes, cuts))
      assert.is(fault, undefined)
      assert.is(JSON.stringify(got), JSON.stringify(sent))
    }),
    { numRuns: 500 },
  )
})

test('every position of a cut gives the same, one octet at a time too', () => {
  const bytes = Buffer.from('{"a":"ä€😀"}\n{"b":[1,2]}\n')
  const whole = [{ a: 'ä€😀' }, { b: [1, 2] }]
  for (let place = 0; place <= bytes.length; place++) assert.equal(read(cutAt(bytes, [place])).messages, whole)
  assert.equal(read([...bytes].map(octet => Buffer.from([octet]))).messages, whole)
})

test('any bytes are refused or read, never anything else', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.string({ unit: fc.constantFrom(...'{}[]":,\\u0\n\r 1e-tfn') }).map(text => Buffer.from(text)),
  )
  fc.assert(
    fc.property(bytes, given => {
      const { messages: got, code } = read([Buffer.from(given)], 64)
      assert.ok(code === undefined || code === 'WIRE_LINE')
      for (const message of got) assert.ok(typeof message === 'object' && !Array.isArray(message))
    }),
    { numRuns: 5_000 },
  )
})

const refused: readonly (readonly [string, string | Buffer, RegExp])[] = [
  ['an empty line', '\n', /not JSON/],
  ['a text', '"x"\n', /not a JSON object/],
  ['a list', '[{}]\n', /not a JSON object/],
  ['null', 'null\n', /not a JSON object/],
  ['half an object', '{"a":1\n', /not JSON/],
  ['two objects on a line', '{}{}\n', /not JSON/],
  ['bytes that are no UTF-8', Buffer.from('7b2261223a22ff227d0a', 'hex'), /not JSON in UTF-8/],
  ['a byte order mark', '\ufeff{}\n', /not JSON/],
  ['a surrogate in UTF-8', Buffer.from('7b2261223a22eda080227d0a', 'hex'), /not JSON in UTF-8/],
  ['__proto__', '{"a":{"__proto__":{"admin":true}}}\n', /'__proto__'/],
  ['a line of brackets', `{"a":${'['.repeat(30_000)}${']'.repeat(30_000)}}\n`, /nests deeper|not JSON/],
  ['a stream that ends within a line', '{"a":1}', /ends in the middle/],
]
for (const [what, bytes, why] of refused)
  test(`${what} is refused, after what came before`, () => {
    const { messages: got, fault, code } = read([Buffer.concat([Buffer.from('{"first":1}\n'), Buffer.from(bytes)])])
    assert.equal(got, [{ first: 1 }])
    assert.is(code, 'WIRE_LINE')
    assert.match(fault ?? '', why)
  })

test('a line may be as long as allowed and no octet longer, in one piece or many', () => {
  const line = (length: number) => Buffer.from(`${JSON.stringify({ a: 'x'.repeat(length - 8) })}\n`)
  for (const cuts of [[], [10], [50, 99]]) {
    assert.is(read(cutAt(line(100), cuts), 100).fault, undefined)
    assert.match(read(cutAt(line(101), cuts), 100).fault ?? '', /may have 100 octets/)
  }
})

test('what never ends is refused before it is kept', () => {
  const reader = jsonLines()
  const chunk = Buffer.alloc(16_384, 0x20)
  const kept: number[] = []
  assert.throws(() => {
    for (let i = 0; i < 1_000; i++) {
      for (const _ of reader.push(chunk)) assert.unreachable()
      kept.push(chunk.length)
    }
  }, /may have 65536 octets/)
  assert.is(kept.length * chunk.length, maxLine)
})

test('we do not write what the other end would refuse', () => {
  assert.throws(() => encodeMessage({ a: 'é'.repeat(40_000) }), /the message has 80008/)
  assert.is(encodeMessage({ a: 'b\nc\u2028' }), '{"a":"b\\nc\u2028"}\n')
})

test.run()
