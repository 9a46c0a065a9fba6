import { execFileSync } from 'node:child_process'
import * as assert from 'uvu/assert'
import { splitWords } from '../../src/inventory/words.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('inventory/words')

const lines: readonly [line: string, words: readonly string[]][] = [
  ['a b  c', ['a', 'b', 'c']],
  [' \t a ', ['a']],
  ['', []],
  [`a="two words" b='single quoted'`, ['a=two words', 'b=single quoted']],
  [`glued="a"'b'c`, ['glued=abc']],
  [String.raw`back=C:\\temp q="C:\temp" r="\"\\"`, ['back=C:\\temp', 'q=C:\\temp', 'r="\\']],
  [String.raw`'a\b' a\ b`, ['a\\b', 'a b']],
  [`"" ''`, ['', '']],
  ['a#b c', ['a#b', 'c']],
  [`-o ProxyCommand="ssh -W '%h':%p"`, ['-o', "ProxyCommand=ssh -W '%h':%p"]],
]

for (const [line, words] of lines)
  test(`${line || 'an empty line'} is ${words.length} words, as sh has it`, () => {
    assert.equal(
      splitWords(line).words.map(({ text }) => text),
      words,
    )
    const printed = execFileSync('sh', ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' })
    assert.equal(words.length === 0 ? [] : printed.split('\0').slice(0, -1), words)
  })

test('words know where they begin', () => {
  assert.equal(
    splitWords(`h  a="x y" b`).words.map(({ offset }) => offset),
    [0, 3, 11],
  )
})

test('with comments a # ends the line even inside a word, unless quoted or escaped', () => {
  const split = (line: string) => splitWords(line, { comments: true })
  assert.equal(
    split('h v=abc#def w=1').words.map(({ text }) => text),
    ['h', 'v=abc'],
  )
  assert.is(split('h v=abc#def w=1').cutAt, 7)
  assert.equal(
    split('h # v').words.map(({ text }) => text),
    ['h'],
  )
  assert.is(split('h # v').cutAt, undefined)
  assert.equal(
    split(String.raw`"a#b" c\#d`).words.map(({ text }) => text),
    ['a#b', 'c#d'],
  )
})

test.run()
