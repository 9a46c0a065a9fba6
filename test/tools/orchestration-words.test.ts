import * as assert from 'uvu/assert'
import { orchestrationWords } from '../../src/tools/orchestration-words.ts'
import { traced } from '../../src/tools/traced-text.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('tools: words of an exec line')

const words = (text: string) => {
  const errors: string[] = []
  const found = orchestrationWords(traced(text), (where, message) => {
    errors.push(`${where.offsets[0]}: ${message}`)
  })
  return { words: found.map(word => word.text), at: found.map(word => word.offsets[0]), errors }
}

for (const [text, expected] of [
  ['a b', ['a', 'b']],
  ['  a \t b  ', ['a', 'b']],
  ['', []],
  ['a "b c" d', ['a', 'b c', 'd']],
  ["a 'b c' d", ['a', 'b c', 'd']],
  ['/a"b c"d', ['/a', 'b c', 'd']],
  ['"a""b"', ['a', 'b']],
  ['--output-file="a b"', ['--output-file=', 'a b']],
  ['$HOME ~ *.dat', ['$HOME', '~', '*.dat']],
] as const)
  test(`${text} is ${expected.length} words`, () => {
    assert.equal(words(text).words, expected)
    assert.equal(words(text).errors, [])
  })

test('words know where they stand', () => assert.equal(words('ab  "c d" e').at, [0, 5, 10]))

for (const [text, error] of [
  ['a "b c', '2: the quote is never closed'],
  ['a "', '2: the quote is never closed'],
  ['a "" b', '2: an empty pair of quotes'],
  [`a "/b'c'd"`, '2: a quote of the other kind inside quotes'],
] as const)
  test(`${text} is refused`, () => assert.equal(words(text).errors, [error]))

test.run()
