import * as assert from 'uvu/assert'
import { namesIn, partsOf, pathOf } from '../../src/source/template.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('source/template')

const withoutOffsets = (parts: ReturnType<typeof partsOf>) =>
  'fault' in parts ? parts : parts.map(part => ('text' in part ? part : { expression: part.expression }))

const functions = new Set(['range', 'lookup'])

test('a text is cut at its expressions, whatever braces and quotes stand inside', () => {
  const cases: [string, unknown][] = [
    ['plain', [{ text: 'plain' }]],
    ['{{ a }}', [{ expression: 'a' }]],
    ['{{a}}{{ b }}', [{ expression: 'a' }, { expression: 'b' }]],
    ['x {{ a }} y', [{ text: 'x ' }, { expression: 'a' }, { text: ' y' }]],
    ['{{ "}}" }}', [{ expression: '"}}"' }]],
    ["{{ 'it\\'s }}' }}!", [{ expression: "'it\\'s }}'" }, { text: '!' }]],
    ['{{ {"a": {"b": 1}}.a.b }}', [{ expression: '{"a": {"b": 1}}.a.b' }]],
    ['{{ a', { fault: "'{{' has no '}}'" }],
    ['{{ }}', { fault: "there is nothing between '{{' and '}}'" }],
  ]
  for (const [text, parts] of cases) assert.equal(withoutOffsets(partsOf(text)), parts, text)
})

test('the names that an expression needs are found, and which of them may be missing', () => {
  const cases: [string, string][] = [
    ['a', 'a'],
    ['a.b.c + d', 'a d'],
    ['a[\'b\'] ~ "c"', 'a'],
    ['a[b]', 'a b'],
    ['a | filter | other(b)', 'a b'],
    ['a is even', 'a'],
    ['a is not defined', 'a?'],
    ['a | default(b)', 'a? b'],
    ['a.b[0] | d(1)', 'a?'],
    ['a is defined and a > 1', 'a?'],
    ['b if a else c', 'b a c'],
    ['x in y and not z or true', 'x y z'],
    ['range(n)', 'n'],
    ['range + 1', 'range'],
    ["lookup('env', n)", 'n'],
    ['f(key=a, other=1)', 'f a'],
    ['a == b', 'a b'],
    ['{"k": v}', 'v'],
    ['1.5e3 + 0x10 + none', ''],
    ['a or a', 'a'],
  ]
  for (const [expression, names] of cases) {
    const found = namesIn(expression, functions).map(({ name, guarded }) => `${name}${guarded ? '?' : ''}`)
    assert.is(found.join(' '), names, expression)
  }
})

test('expressions and names know where they stand', () => {
  const parts = partsOf('ab {{  x }}{{ y + z}}')
  assert.ok(!('fault' in parts))
  assert.equal(
    parts.flatMap(part => ('from' in part ? [part.from] : [])),
    [7, 14],
  )
  assert.equal(
    namesIn("'x' + y.x + (z | d(y))", functions).map(({ name, from }) => [name, from]),
    [
      ['y', 6],
      ['z', 13],
    ],
  )
})

test('a path is only a path', () => {
  assert.equal(pathOf('a'), ['a'])
  assert.equal(pathOf('a.b[0]["c d"][\'e\'].f'), ['a', 'b', '0', 'c d', 'e', 'f'])
  for (const other of ['a + b', 'a | b', 'a()', 'a[b]', 'a[-1]', 'true', 'not', '1', '"a"', 'a.', '']) {
    assert.is(pathOf(other), undefined, other)
  }
})

test.run()
