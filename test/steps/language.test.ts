import * as assert from 'uvu/assert'
import type { Action } from '../../src/playbook/step.ts'
import { stepLanguage } from '../../src/steps/language.ts'
import { ms } from '../../src/units/quantity.ts'
import { faultsOf, known, result, taskOf } from '../fixtures/steps.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('steps/language')

const around = { stdin: undefined, env: {}, cwd: undefined, okCodes: [0] }
const files = {
  'a.sh': '#!/bin/sh\n',
  'a.txt': 'x',
  'dir/x': 'y',
  'a.j2': 'host {{ inventory_hostname }} {{ learnt }}\n',
}

const cases: readonly (readonly [string, Action])[] = [
  ['run: echo {{ learnt }}', { kind: 'command', command: { line: 'echo L' }, ...around }],
  [
    'run: [echo, "{{ learnt }}", 0x10, 1.50]',
    { kind: 'command', command: { argv: ['echo', 'L', '0x10', '1.50'] }, ...around },
  ],
  [
    '{run: x, stdin: "{{ learnt }}", env: {A: 1, B: "{{ frames }}"}, cwd: "{{ folder }}", ok_codes: [0, 3]}',
    { kind: 'command', command: { line: 'x' }, stdin: 'L', env: { A: '1', B: '10' }, cwd: '/tmp/x', okCodes: [0, 3] },
  ],
  ['script: a.sh', { kind: 'script', file: 'a.sh', args: [], ...around }],
  ['script: {file: a.sh, args: [1, "{{ learnt }}"]}', { kind: 'script', file: 'a.sh', args: ['1', 'L'], ...around }],
  [
    'push: {from: a.txt, to: /b}',
    { kind: 'push', from: { path: 'a.txt' }, to: '/b', mode: undefined, owner: undefined, keep: false },
  ],
  [
    'push: {from: dir, to: "{{ folder }}/{{ learnt }}", mode: "4755", owner: "root:adm", keep: true}',
    { kind: 'push', from: { path: 'dir' }, to: '/tmp/x/L', mode: 0o4755, owner: 'root:adm', keep: true },
  ],
  [
    'template: {from: a.j2, to: /b, mode: "0600"}',
    {
      ...{ kind: 'push', from: { text: 'host A L\n', template: 'a.j2' }, to: '/b' },
      ...{ mode: 0o600, owner: undefined, keep: false },
    },
  ],
  ['pull: /var/log/*.log', { kind: 'pull', from: ['/var/log/*.log'], to: undefined, missingOk: false }],
  ['pull: [/a, "/{{ learnt }}"]', { kind: 'pull', from: ['/a', '/L'], to: undefined, missingOk: false }],
  ['pull: {from: /a, to: logs, missing_ok: true}', { kind: 'pull', from: ['/a'], to: 'logs', missingOk: true }],
  [
    'wait_for: {port: 5201}',
    { kind: 'wait_for', condition: { kind: 'port', port: 5201, address: '127.0.0.1' }, every: ms(200) },
  ],
  [
    'wait_for: {port: "{{ frames }}", address: "::1", every: 1s}',
    { kind: 'wait_for', condition: { kind: 'port', port: 10, address: '::1' }, every: ms(1000) },
  ],
  [
    'wait_for: {file: /x, absent: true}',
    { kind: 'wait_for', condition: { kind: 'file', path: '/x', absent: true }, every: ms(200) },
  ],
  [
    "wait_for: {log: /x, line: '^{{ learnt }}\\d$'}",
    { kind: 'wait_for', condition: { kind: 'log', path: '/x', pattern: /^L\d$/ }, every: ms(200) },
  ],
  [
    'wait_for: {command: [test, -e, /x]}',
    { kind: 'wait_for', condition: { kind: 'command', command: { argv: ['test', '-e', '/x'] } }, every: ms(200) },
  ],
  ['pause: 1.5s', { kind: 'pause', length: ms(1500) }],
  ['pause: "{{ frames }}ms"', { kind: 'pause', length: ms(10) }],
  [
    "assert: [frames > 1, learnt == 'x']",
    {
      ...{ kind: 'assert', message: undefined },
      claims: [
        { text: 'frames > 1', holds: true },
        { text: "learnt == 'x'", holds: false },
      ],
    },
  ],
  [
    'assert: {that: facts.cpus > 1, message: "only {{ facts.cpus }}"}',
    { kind: 'assert', claims: [{ text: 'facts.cpus > 1', holds: true }], message: 'only 2' },
  ],
  [
    'set: {a: "{{ frames }}", b: ["{{ learnt }}", 0x10]}',
    {
      kind: 'set',
      values: new Map<string, never>([
        ['a', 10n as never],
        ['b', ['L', 16n] as never],
      ]),
    },
  ],
]

const first = '  - {run: x, as: learnt}\n'
const knowing = known({ learnt: 'L', facts: { cpus: 2n } })

for (const [step, action] of cases)
  test(`becomes what is to be done: ${step}`, () => {
    assert.equal(taskOf(`${first}  - ${step}`, knowing, { texts: files }).action, action)
  })

test('every kind but include has a case here', () => {
  const shown = new Set(cases.map(([step]) => /\{?(\w+):/.exec(step)?.[1]))
  const missing = stepLanguage.kinds.filter(({ name, action }) => action !== undefined && !shown.has(name))
  assert.equal(missing, [])
})

test('a value that only the run knows is read when it is used, and blamed where it stands', () => {
  const wrongLater: readonly (readonly [string, RegExp])[] = [
    ['pause: "{{ learnt }}"', /pause: expected a duration/],
    ['wait_for: {port: "{{ learnt }}"}', /wait_for port: expected a port/],
    ['wait_for: {log: /x, line: "({{ learnt }}"}', /no regular expression/],
    ['push: {from: a.txt, to: b, mode: "{{ learnt }}"}', /push mode: expected permission bits/],
    ['push: {from: "{{ learnt }}", to: b}', /push from: there is no file 'L'/],
    ['run: ["{{ learnt.x }}"]', /'learnt' has no 'x' for host A/],
    ['{run: x, when: learnt}', /'learnt' is a text, and neither true nor false/],
  ]
  for (const [step, message] of wrongLater)
    assert.throws(
      () => taskOf(`${first}  - ${step}`, knowing, { texts: files }),
      (error: { message: string; at?: { line: number } }) => message.test(error.message) && error.at?.line === 6,
      step,
    )
})

test('a claim that does not hold says so, in its own words or in those of the step', () => {
  const plain = taskOf('  - assert: [frames > 1, frames > 10]')
  assert.is(plain.failure(result()), 'does not hold: frames > 10')
  assert.is(taskOf('  - assert: {that: frames > 10, message: too few}').failure(result()), 'too few')
  assert.is(taskOf('  - assert: frames > 1').failure(result()), undefined)
})

test('wait_for says which of its parameters do not go together', () => {
  assert.equal(faultsOf('  - wait_for: {file: /x, line: y}'), ["5:26 'line' does not go with 'file'"])
  assert.equal(faultsOf('  - wait_for: {file: /x, address: y}'), ["5:26 'address' does not go with 'file'"])
})

test.run()
