import * as assert from 'uvu/assert'
import { parseJson } from '../../src/source/json.ts'
import type { Scalar } from '../../src/source/node.ts'
import type { Leaf, Tree, TreeReading } from '../../src/source/tree.ts'
import { parseYaml11 } from '../../src/source/yaml11.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('source/yaml11')

/** A plain scalar, what PyYAML 6 makes of it, and its written form where that says more. */
const scalars: readonly [text: string, value: Scalar, written?: string][] = [
  ...['yes', 'Yes', 'YES', 'true', 'on', 'ON'].map(text => [text, true] as [string, Scalar]),
  ...['no', 'No', 'NO', 'false', 'off', 'Off'].map(text => [text, false] as [string, Scalar]),
  ...['y', 'n', 'Y', 'N', 'oFF', 'yEs', '0o10', '08', '1e3', '1.0e3', '1.5e3', '-.5', '1:60', '01:20'].map(
    text => [text, text] as [string, Scalar],
  ),
  ['010', 8n, '010'],
  ['-010', -8n, '-010'],
  ['00', 0n, '00'],
  ['0b11', 3n, '0b11'],
  ['0xdead', 0xdeadn, '0xdead'],
  ['1_000', 1000n, '1_000'],
  ['+5', 5n, '+5'],
  ['9007199254740993', 9007199254740993n],
  ['1:30', 90n, '1:30'],
  ['12:30:45', 45045n, '12:30:45'],
  ['10:20:30:40:50:55', 8041827055n, '10:20:30:40:50:55'],
  ['00:11:22:33:44:55', '00:11:22:33:44:55'],
  ['1:30.5', 90.5, '1:30.5'],
  ['1.5e+3', 1500, '1.5e+3'],
  ['1.', 1, '1.'],
  ['09.', 9, '09.'],
  ['.5', 0.5, '.5'],
  ['1.10', 1.1, '1.10'],
  ['-.inf', -Infinity, '-.inf'],
  ['2024-01-01', '2024-01-01'],
  ['2001-12-14 21:59:43.10 -5', '2001-12-14T21:59:43.100000-05:00'],
  ['2001-12-14t1:59:43Z', '2001-12-14T01:59:43+00:00'],
  ...['~', 'null', 'Null', 'NULL', ''].map(text => [text, null] as [string, Scalar]),
  ['"0x10"', '0x10'],
  ["'yes'", 'yes'],
  ['!!str 010', '010'],
  ['!!int "010"', 8n, '010'],
  ['!!float 5', 5],
  ['!!float 1e3', 1000, '1e3'],
  ['!!bool "yes"', true],
  ['!!null ""', null],
]

for (const [text, value, written] of scalars)
  test(`${text || 'nothing'} is ${typeof value === 'string' ? 'a text' : value}`, () => {
    const leaf = leafOf(parseYaml11('f.yml', `k: ${text}\n`))
    assert.is(leaf.value, value)
    assert.is(leaf.written, written)
  })

test('not-a-number is a number too', () => {
  assert.ok(Number.isNaN(leafOf(parseYaml11('f.yml', 'k: .nan\n')).value))
})

test('what became a base-60 or octal number is said, with its place', () => {
  const { warnings } = parseYaml11('f.yml', 'a: 12:30\nb: 0644\nc: 0x10\nd: "12:30"\ne: 07\n')
  assert.equal(
    warnings.map(({ message, at }) => `${at.line}:${at.column} ${message}`),
    [
      '1:4 12:30 is the base-60 number 750 here: quote it if it is a text',
      '2:4 0644 is the octal number 420 here: quote it if it is a text',
    ],
  )
})

const refused: readonly [text: string, place: string, message: RegExp][] = [
  ['a: 2024-02-30', '1:4', /no day 2024-02-30/],
  ['a: 2024-01-01 25:00:00', '1:4', /no time/],
  ['a: 0x_', '1:4', /no digits/],
  ['a: !!int x', '1:10', /'x' is no !!int/],
  ['a: !thing x', '1:11', /the tag !thing is not known/],
  ['a: !!set {x}', '1:10', /the tag .*set is not known/],
  ['a:\n\t- b', '2:1', /tabs cannot indent/],
  ['a: b: c', '1:4', /second ': '/],
  ['a: 1\n---\nb: 2', '2:1', /second document/],
  ['a: *gone', '1:4', /no anchor '&gone'/],
  ['a: &a [*a]', '1:8', /inside the value it means/],
  ['a: {{ x }}', '1:5', /a key is a text, got a mapping/],
  ['<<: 5', '1:5', /'<<' takes a mapping/],
  ['a: [1, 2', '1:9', /./],
  [`a: ${'['.repeat(300)}${']'.repeat(300)}`, '1:204', /nested too deep/],
]

for (const [text, place, message] of refused)
  test(`'${text.slice(0, 30).replaceAll('\n', '⏎')}' is refused at ${place}`, () => {
    const [problem] = parseYaml11('f.yml', text).problems
    assert.ok(problem)
    assert.match(problem.message, message)
    assert.is(`${problem.at.line}:${problem.at.column}`, place)
  })

test('nesting that would exhaust the parser is a problem, not a crash', () => {
  assert.is(parseYaml11('f.yml', '['.repeat(50_000)).problems.length, 1)
})

test('aliases of aliases cannot fill the memory', () => {
  const lines = Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}, *a${i}]`)
  const [problem] = parseYaml11('f.yml', ['a0: &a0 x', ...lines].join('\n')).problems
  assert.match(problem?.message ?? '', /aliases make more than/)
})

test('a merge key brings in what the mapping does not say itself; the first of several merged ones wins', () => {
  const text = 'x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz:\n  <<: [*x, *y]\n  c: 3\nq: {"<<": 1}\n'
  const { root } = parseYaml11('f.yml', text)
  assert.equal(keysOf(child(root, 'z')), { a: 1n, b: 1n, c: 3n })
  assert.equal(keysOf(child(root, 'q')), { '<<': 1n })
})

test('of two equal keys the last counts, and a warning says where', () => {
  const { root, warnings } = parseYaml11('f.yml', 'a: 1\nb: 2\na: 3\n')
  assert.equal(keysOf(root), { a: 3n, b: 2n })
  assert.equal(
    warnings.map(({ at }) => at.line),
    [3],
  )
})

test('a key that is no text is told from one that is', () => {
  const { root } = parseYaml11('f.yml', '1: a\nyes: b\n"2": c\n')
  assert.ok(root?.kind === 'mapping')
  assert.equal(
    [...root.entries].map(([name, { keyIsText }]) => [name, keyIsText]),
    [
      ['1', false],
      ['true', false],
      ['2', true],
    ],
  )
})

test('vault and unsafe values are marked, inside collections too', () => {
  const { root } = parseYaml11(
    'f.yml',
    'v: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\nu: !unsafe {a: ["{{ x }}", 5]}\n',
  )
  assert.equal((child(root, 'v') as Leaf).tag, 'vault')
  assert.is((child(root, 'v') as Leaf).value, '$ANSIBLE_VAULT;1.1;AES256\n6162\n')
  const list = child(child(root, 'u'), 'a')
  assert.equal(list?.kind === 'list' && list.items.map(item => (item as Leaf).tag), ['unsafe', undefined])
})

test('JSON is read by its own rules: numbers are numbers, and nothing is said about octal', () => {
  const tree = parseJson(
    'f.json',
    ' {"a": 1e3, "b": [-0, 12345678901234567890, NaN],\r\n "c": "\\ud83d\\ude00\\/", "a": 2.50}',
  )
  assert.equal((child(tree, 'a') as Leaf).written, '2.50')
  assert.is((child(tree, 'c') as Leaf).value, '\u{1F600}/')
  assert.equal(child(tree, 'c')?.at, { file: 'f.json', line: 2, column: 7 })
  const list = child(tree, 'b')
  assert.equal(list?.kind === 'list' && list.items.slice(0, 2).map(item => (item as Leaf).value), [
    0n,
    12345678901234567890n,
  ])
})

test('what is no JSON is left to YAML', () => {
  for (const text of [
    '',
    '{a: 1}',
    '{"a": 1,}',
    '{"a": 01}',
    "{'a': 1}",
    '{"a": 1} x',
    '[1 2]',
    '{"a"}',
    '"\t"',
    '{"a": tru}',
    '[',
  ])
    assert.is(parseJson('f.json', text), undefined, text)
})

const child = (tree: Tree | undefined, key: string) =>
  tree?.kind === 'mapping' ? tree.entries.get(key)?.value : undefined

function leafOf({ root, problems }: TreeReading): Leaf {
  assert.equal(problems, [])
  return child(root, 'k') as Leaf
}

function keysOf(tree: Tree | undefined): Record<string, Scalar> {
  assert.ok(tree?.kind === 'mapping')
  return Object.fromEntries([...tree.entries].map(([key, { value }]) => [key, (value as Leaf).value]))
}

test.run()
