import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { LockstepError, problemsOf } from '../../src/errors/error.ts'
import { renderProblem } from '../../src/errors/render.ts'
import { good, inventoryOf, load } from '../fixtures/playbooks.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('playbook/fuzz')

const inventory = inventoryOf('A interface=eth1\n[tsn]\nB\nC x="{{ y }}"\n')

/** Either a play or our own error, whose findings can all be shown; never anything else. */
function survives(text: string): void {
  try {
    load(text, { inventory })
  } catch (error) {
    if (!(error instanceof LockstepError)) throw new Error(`for ${JSON.stringify(text)}`, { cause: error })
    for (const problem of problemsOf(error)) {
      assert.ok(problem.message.length > 0)
      assert.ok((problem.at?.line ?? 1) >= 1 && (problem.at?.column ?? 1) >= 1, JSON.stringify(text))
      renderProblem(problem, () => text)
    }
  }
}

const words = fc.constantFrom(
  ...['name', 'hosts', 'vars', 'sync', 'flows', 'isochron', 'expect', 'receivers', 'senders', 'gate', 'from', 'to'],
  ...['A', 'B', 'C', 'tsn', 'etype', 'receiver', 'vid', '__proto__', 'constructor', 'toString', '<<', '1', 'true', ''],
)
const scalars = fc.oneof(
  words,
  fc.constantFrom(
    '{{ x }}',
    '{{ interface }}',
    '{{',
    '}}',
    '{% x %}',
    '*',
    '&a',
    '!b',
    '10ms',
    '0xdead',
    'lost == 0',
    '-1',
  ),
  fc.string({ maxLength: 12 }),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
)
const { tree } = fc.letrec(tie => ({
  tree: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    scalars,
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(words, tie('tree'), { maxKeys: 6 }),
  ),
}))

test('any tree of values is a play or a list of findings', () => {
  fc.assert(
    fc.property(tree, value => survives(JSON.stringify(value) ?? '')),
    { numRuns: 1500 },
  )
})

test('a good playbook with any subtree replaced is a play or a list of findings', () => {
  const base = JSON.parse(JSON.stringify(load(good).resolved)) as Record<string, unknown>
  const paths = pathsIn(base)
  fc.assert(
    fc.property(fc.constantFrom(...paths), tree, (path, value) =>
      survives(JSON.stringify(replaced(base, path, value))),
    ),
    { numRuns: 1500 },
  )
})

test('a good playbook with any characters changed is a play or a list of findings', () => {
  const nasty = fc.constantFrom(
    ...'{}[]:,-#&*!|>\'"%@` \t\n<?=~'.split(''),
    '{{ x }}',
    '\u0000',
    'é',
    '<<: ',
    '- ',
    '0x',
  )
  const change = fc.tuple(fc.nat(good.length), fc.nat(6), nasty)
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), changes => {
      let text = good
      for (const [at, length, into] of changes) text = text.slice(0, at) + into + text.slice(at + length)
      survives(text)
    }),
    { numRuns: 1500 },
  )
})

test('any expression is a value or a finding', () => {
  const token = fc.constantFrom(
    ...[
      'x',
      'frames',
      'hostvars',
      'groups',
      '1',
      '1.5',
      '"a"',
      "'b'",
      '(',
      ')',
      '[',
      ']',
      '{',
      '}',
      '.',
      '|',
      '~',
      '+',
    ],
    ...['-', '*', '/', '//', '%', '**', '==', '<', 'and', 'or', 'not', 'in', 'is', 'if', 'else', 'default', 'defined'],
    ...[
      'range',
      '(3)',
      'none',
      'true',
      'lookup',
      ',',
      ':',
      '=',
      'join',
      'regex_replace("(","x")',
      'format',
      'int',
      '\\',
    ],
  )
  fc.assert(
    fc.property(fc.array(token, { maxLength: 8 }), tokens => {
      survives(good.replace('name: test', () => `name: ${JSON.stringify(`{{ ${tokens.join(' ')} }}`)}`))
    }),
    { numRuns: 1500 },
  )
})

test('aliases of aliases and deep nesting end in a finding, not in a hang', () => {
  const bomb = Array.from({ length: 30 }, (_, i) => `  v${i + 1}: &v${i + 1} [${`*v${i}, `.repeat(9)}*v${i}]`).join(
    '\n',
  )
  survives(good.replace('vars:\n', () => `vars:\n  v0: &v0 x\n${bomb}\n`))
  survives(good.replace('name: test', () => `name: ${'['.repeat(5000)}${']'.repeat(5000)}`))
  survives(good.replace('name: test', () => `name: ${'{a: '.repeat(3000)}`))
  survives(good.replace('name: test', () => `name: "{{ ${'('.repeat(1500)}1${')'.repeat(1500)} }}"`))
  survives(good.replace('name: test', () => `name: "{{ ${'not '.repeat(20000)}1 }}"`))
})

type Path = readonly string[]

function pathsIn(value: unknown, path: Path = []): Path[] {
  if (value === null || typeof value !== 'object') return [path]
  return [path, ...Object.entries(value).flatMap(([key, each]) => pathsIn(each, [...path, key]))]
}

function replaced(value: unknown, [key, ...rest]: Path, by: unknown): unknown {
  if (key === undefined) return by
  const inner = value as Record<string, unknown>
  const changed = replaced(inner[key], rest, by)
  return Array.isArray(value) ? value.with(Number(key), changed) : { ...inner, [key]: changed }
}

test.run()
