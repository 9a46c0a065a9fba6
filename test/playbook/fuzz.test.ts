import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { LockstepError, problemsOf } from '../../src/errors/error.ts'
import { renderProblem } from '../../src/errors/render.ts'
import { modifiers } from '../../src/playbook/step-kind.ts'
import { stepLanguage } from '../../src/steps/language.ts'
import { good, inventoryOf, load } from '../fixtures/playbooks.ts'
import { known, playFiles, result } from '../fixtures/steps.ts'
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
    { numRuns: 400 },
  )
})

test('a good playbook with any subtree replaced is a play or a list of findings', () => {
  const base = JSON.parse(JSON.stringify(load(good).resolved)) as Record<string, unknown>
  const paths = pathsIn(base)
  fc.assert(
    fc.property(fc.constantFrom(...paths), tree, (path, value) =>
      survives(JSON.stringify(replaced(base, path, value))),
    ),
    { numRuns: 400 },
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
    { numRuns: 400 },
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
    { numRuns: 400 },
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

const kindsAndModifiers = [...stepLanguage.kinds.map(({ name }) => name), ...modifiers]
const stepKeys = fc.constantFrom(
  ...kindsAndModifiers,
  ...['from', 'to', 'mode', 'file', 'with', 'args', 'port', 'log', 'line', 'command', 'that', 'message', 'x', 'result'],
)
const stepScalars = fc.oneof(
  scalars,
  fc.constantFrom(
    ...['{{ x }}', '{{ facts.cpus }}', '{{ item }}', 'result.code == 0', 'x is defined', 'A:!B', 'local', 'more.yml'],
    ...[
      'a.j2',
      '0644',
      'json',
      'text',
      '5s',
      'p.yml',
      '{{ hostvars.A.x }}',
      '{{ x | length }}',
      '(',
      'lookup("env", x)',
    ],
  ),
)
const { step, part } = fc.letrec(tie => ({
  part: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    stepScalars,
    fc.array(tie('part'), { maxLength: 3 }),
    fc.dictionary(stepKeys, tie('part'), { maxKeys: 4 }),
  ),
  step: fc.dictionary(stepKeys, tie('part'), { minKeys: 1, maxKeys: 5 }),
}))

/** The same with files, and with what a run would do with each step. */
function survivesInRun(text: string, more: string): void {
  const files = playFiles({ 'more.yml': more, 'a.j2': '{{ x }}{% for y in item %}{{ y }}{% endfor %}' })
  const knowing = known({ x: [1n, 'a'], facts: { cpus: 2n } })
  try {
    const play = load(text, { inventory, files })
    for (const each of [...play.setup, ...play.after])
      try {
        const tasks = each.tasksFor(each.on === 'local' ? undefined : each.on[0], knowing)
        for (const task of tasks) {
          task.failure(result({ stdout: '[1]' }))
          task.enough(result({ code: 3 }))
          task.keep(result({ stdout: '[1]' }))
        }
      } catch (error) {
        if (!(error instanceof LockstepError)) throw error
      }
  } catch (error) {
    if (!(error instanceof LockstepError)) throw new Error(`for ${JSON.stringify(text)}`, { cause: error })
    for (const problem of problemsOf(error)) renderProblem(problem, () => text)
  }
}

test('any steps, also in an included file, are a play whose tasks can be made or a list of findings', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 4 }), fc.array(step, { maxLength: 2 }), (setup, more) => {
      const written = { hosts: { A: 'a', B: 'b' }, vars: { x: 1 }, setup, after: setup }
      survivesInRun(JSON.stringify(written), JSON.stringify(more))
    }),
    { numRuns: 500 },
  )
})

test('a good step with any part replaced is a play whose tasks can be made or a list of findings', () => {
  const bases: readonly Record<string, unknown>[] = [
    {
      run: 'echo {{ x }}',
      as: { y: 'json' },
      until: 'result.code == 0',
      env: { A: '{{ x }}' },
      for: [1, 2],
      when: 'x is defined',
    },
    { script: { file: 'a.j2', args: ['a'] }, ok_codes: [0, 1], retries: 2, delay: '1s' },
    { template: { from: 'a.j2', to: '/b', mode: '0644' }, on: 'A' },
    { wait_for: { log: '/x', line: 'a+' }, timeout: '3s', tags: ['a'] },
    { include: { file: 'more.yml', with: { z: 1 } }, become: true },
    { assert: { that: ['x == 1'], message: 'm {{ x }}' }, once: true },
  ]
  const choice = fc.constantFrom(
    ...bases.flatMap(base =>
      pathsIn(base)
        .slice(1)
        .map(path => ({ base, path })),
    ),
  )
  fc.assert(
    fc.property(choice, part, ({ base, path }, value) => {
      const changed = replaced(base, path, value)
      survivesInRun(JSON.stringify({ hosts: { A: 'a' }, vars: { x: 1 }, setup: [changed] }), JSON.stringify([changed]))
    }),
    { numRuns: 500 },
  )
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
