import * as assert from 'uvu/assert'
import { LockstepError, problemsOf } from '../../src/errors/error.ts'
import { parseDocument } from '../../src/source/document.ts'
import { child, type SourceNode, toValue } from '../../src/source/node.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('source/document')

const parse = (text: string) => parseDocument('f.yml', text)
const place = ({ at }: SourceNode) => `${at.line}:${at.column}`
const problems = (text: string) => {
  try {
    parse(text)
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    return problemsOf(error).map(({ code, at }) => `${at?.line}:${at?.column} ${code}`)
  }
  return []
}

const values: [string, unknown][] = [
  ['10', 10n],
  ['0xdead', 0xdeadn],
  ['0o17', 15n],
  ['010', 10n],
  ['+5', 5n],
  ['12345678901234567890', 12345678901234567890n],
  ['1.5', 1.5],
  ['1e3', 1000],
  ['true', true],
  ['yes', 'yes'],
  ['0b11', '0b11'],
  ['1_000', '1_000'],
  ['12:30:45', '12:30:45'],
  ['2026-01-01', '2026-01-01'],
  ['null', null],
  ['~', null],
  ['', null],
  ['"a\\tb"', 'a\tb'],
  ["'it''s'", "it's"],
]
for (const [written, value] of values) {
  test(`YAML 1.2: ${written} is ${typeof value === 'bigint' ? `${value}n` : JSON.stringify(value)}`, () => {
    const node = child(parse(`key: ${written}`), 'key')
    assert.is(node?.kind === 'scalar' ? node.value : assert.unreachable(), value)
  })
}

test('keys and values know their places, also behind a byte order mark and with CRLF', () => {
  const root = parse('\uFEFFa: 1\r\nb:\r\n  - x\r\n  - {c: "d e"}\r\n')
  const list = child(root, 'b')
  assert.is(place(root), '1:1')
  assert.equal(list?.kind === 'list' ? list.items.map(place) : [], ['3:5', '4:5'])
  const second = list?.kind === 'list' ? list.items[1] : undefined
  assert.is(second?.kind === 'mapping' ? second.entries.get('c')?.key.column : 0, 6)
  const text = child(second, 'c')
  assert.equal(text?.kind === 'scalar' ? [text.at.column, text.textAt?.column] : [], [9, 10])
})

test('a text that does not stand in the file letter by letter has no place inside', () => {
  for (const written of ['"a\\u0062"', '>-\n  a\n  b', '"a\n  b"']) {
    const node = child(parse(`k: ${written}\n`), 'k')
    assert.is(node?.kind === 'scalar' ? node.textAt : 0, undefined, written)
  }
})

test('a number keeps its written form', () => {
  const node = child(parse('k: 0.000000100'), 'k')
  assert.is(node?.kind === 'scalar' ? node.written : '', '0.000000100')
})

test('an empty value stands where its key stands', () => {
  const node = child(parse('a: 1\nb:\n'), 'b')
  assert.is(node && place(node), '2:1')
})

test('merge keys: own keys win, earlier mappings win over later ones, the place is that of the anchor', () => {
  const root = parse('x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz:\n  c: 3\n  <<: [*x, *y]\n')
  const merged = child(root, 'z')
  assert.equal({ ...(toValue(merged ?? root) as object) }, { c: 3n, a: 1n, b: 1n })
  assert.is(place(child(merged, 'b') ?? root), '1:17')
})

test("'<<' in quotes is a key like any other", () => {
  assert.equal(Object.keys(toValue(parse('"<<": 1')) as object), ['<<'])
})

test('keys are texts, and __proto__ is one', () => {
  const value = toValue(parse('1: a\ntrue: b\n__proto__: c\nconstructor: d\n')) as Record<string, unknown>
  assert.equal(Object.keys(value), ['1', 'true', '__proto__', 'constructor'])
  assert.is(Object.entries(value)[2]?.[1], 'c')
})

test('duplicate keys and unknown tags are each found; of the syntax only the first mistake', () => {
  assert.equal(problems('a: 1\na: 2\nb: !x 1\nb: 2\n'), ['2:1 SCHEMA_YAML', '3:4 SCHEMA_YAML', '4:1 SCHEMA_YAML'])
  assert.equal(problems('a: b: c\nd: e: f\n'), ['1:4 SCHEMA_YAML'])
})

test('every expression without quotes is found at its first brace', () => {
  assert.equal(problems('a: {{ x }}\nb:\n  - {{ y }}\n  - { { z } }\nc: "{{ fine }}"\n'), [
    '1:4 SCHEMA_QUOTE',
    '3:5 SCHEMA_QUOTE',
    '4:5 SCHEMA_QUOTE',
  ])
})

test('binary data, list keys and endless aliases are refused', () => {
  assert.equal(problems('a: !!binary aGk='), ['1:13 SCHEMA_YAML'])
  assert.equal(problems('? [a]\n: b'), ['1:3 SCHEMA_YAML'])
  const bomb = Array.from({ length: 12 }, (_, i) => `v${i + 1}: &v${i + 1} [${`*v${i},`.repeat(9)}]`)
  assert.match(problems(`v0: &v0 x\n${bomb.join('\n')}\n`)[0] ?? '', /SCHEMA_YAML/)
})

test('an empty document is an empty mapping', () => {
  for (const text of ['', '\n', '# only a comment\n', '---\n'])
    assert.equal(Object.keys(toValue(parse(text)) ?? {}), [])
})

test.run()
