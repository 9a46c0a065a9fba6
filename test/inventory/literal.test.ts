import * as assert from 'uvu/assert'
import { readLiteral, readValue } from '../../src/inventory/literal.ts'
import { variableOf } from '../../src/inventory/variable.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('inventory/literal')

const at = { file: 'hosts.ini', line: 1, column: 1 }

/** Text, value, and the written form where it says more. The values are Python 3.11's (ast.literal_eval). */
const literals: readonly [text: string, value: unknown, written?: string][] = [
  ['True', true],
  ['False', false],
  ['None', null],
  ['42', 42n],
  ['-3', -3n],
  ['+5', 5n, '+5'],
  ['- 5', -5n],
  ['-(5)', -5n],
  ['1_000', 1000n, '1_000'],
  ['00', 0n, '00'],
  ['12345678901234567890', 12345678901234567890n],
  ['0x22f0', 0x22f0n, '0x22f0'],
  ['0XfF', 255n, '0XfF'],
  ['0o17', 15n, '0o17'],
  ['0b101', 5n, '0b101'],
  ['-0x10', -16n, '-0x10'],
  ['1.5', 1.5],
  ['.5', 0.5, '.5'],
  ['5.', 5, '5.'],
  ['1e3', 1000, '1e3'],
  ['1.10', 1.1, '1.10'],
  ['0.000000100', 1e-7, '0.000000100'],
  ['007.5', 7.5, '007.5'],
  ['"x"', 'x'],
  ["'it''s'", 'its'],
  [`'a' "b"`, 'ab'],
  [`'''a'b'''`, "a'b"],
  ["u'x'", 'x'],
  ["b'x'", 'x'],
  [String.raw`b'\xc3\xa9'`, 'é'],
  [String.raw`r'\n'`, '\\n'],
  [String.raw`'\t\n\\\x41\u0042\103\q'`, '\t\n\\ABC\\q'],
  [String.raw`'\U0001F600'`, '\u{1F600}'],
  ['[1, "two", True, None]', [1n, 'two', true, null]],
  ['[1,]', [1n]],
  ['[]', []],
  ['()', []],
  ['(1)', 1n],
  ['(1,)', [1n]],
  ['1,2', [1n, 2n]],
  ['1,', [1n]],
  ["'a', 'b'", ['a', 'b']],
  ["{'cycle': '500us', 'prio': 4}", { cycle: '500us', prio: 4n }],
  ["{'a': {'b': [1]},}", { a: { b: [1n] } }],
  ['{1: 2, None: 3}', { 1: 2n, null: 3n }],
  ['{}', {}],
  ['5 # a comment', 5n],
  ['"five" # a comment', 'five'],
]

for (const [text, value, written] of literals)
  test(`${text} is a literal${written === undefined ? '' : `, written ${written}`}`, () => {
    const tree = readLiteral(text, at)
    assert.ok(tree, 'was read as text')
    const variable = variableOf(tree)
    assert.equal(plain(variable.value), value)
    assert.is(variable.written, written)
  })

const texts = [
  ...[
    'true',
    'yes',
    'null',
    'Truex',
    '007',
    '010',
    '1__0',
    '_1',
    '1_',
    '--5',
    '-+5',
    '-True',
    '0x',
    '0xg',
    '5x',
    '1..2',
  ],
  ...[
    '10.0.0.1',
    '10.0.0.0/24',
    '00:11:22:33:44:55',
    '2024-01-01',
    '0-3',
    '2+3',
    'a#b',
    'five # kept',
    'http://x/y?a=b',
  ],
  ...[
    '[1 2]',
    '[,]',
    '[1',
    '1]',
    '{1, 2}',
    "{'a'}",
    "{'a':1,,}",
    '{[1]: 2}',
    '{(1,2): 3}',
    'set()',
    '...',
    '1j',
    '1+2j',
  ],
  ...["f'x'", "'a", "a'", "'a' b'c'", "b'é'", String.raw`b'\xff'`, String.raw`'\x4'`, String.raw`'\u00'`, "b'a',"],
  ...[
    '{{ x }}',
    '{{ 1 }}',
    "{{ 'x' }}",
    '',
    '-',
    '/usr/sbin/ptp4l',
    `${'['.repeat(201)}${']'.repeat(201)}`,
    '9'.repeat(5000),
  ],
]

for (const text of texts)
  test(`${text.slice(0, 40)} stays a text`, () => {
    assert.is(readLiteral(text, at), undefined)
    assert.is(variableOf(readValue(text, at)).value, text)
  })

test('numbers inside a list or dictionary keep their written form under their JSON pointer', () => {
  const variable = variableOf(readValue("{'flows': [{'etype': 0xdead}, 7], 'base/time': 0.000000100}", at))
  assert.equal(
    [...(variable.writtenWithin ?? [])],
    [
      ['/flows/0/etype', '0xdead'],
      ['/base~1time', '0.000000100'],
    ],
  )
})

/** Objects without prototype are not equal to literals in uvu. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]))
}

test.run()
