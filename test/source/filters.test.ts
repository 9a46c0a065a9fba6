import * as assert from 'uvu/assert'
import { evaluateJinja } from '../../src/source/engine.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('source/filters')

const evaluate = (expression: string) => evaluateJinja(expression, new Map(), () => undefined)
const same = (expression: string, value: unknown) =>
  assert.is(JSON.stringify(evaluate(expression), printed), JSON.stringify(value), expression)
const printed = (_: string, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)

test("filters that the engine lacks give what Ansible's give", () => {
  const cases: [string, unknown][] = [
    ["'eth0' | regex_replace('eth([0-9])', 'enp\\\\1s0')", 'enp0s0'],
    ["'speed 100 Mb' | regex_search('[0-9]+')", '100'],
    ["'%02d-%s' | format(7, 'x')", '07-x'],
    ["{'a': [1, true, none]} | to_json", '{"a": [1, true, null]}'],
    ['\'{"a": {"b": [1, 2.5]}}\' | from_json', { a: { b: [1, 2.5] } }],
    ['(\'{"a": {"b": 1}}\' | from_json).a.b + 1', 2],
    ["true | ternary('on', 'off')", 'on'],
    ["false | ternary('on', 'off')", 'off'],
    ["'/a/b/c.conf' | basename", 'c.conf'],
    ["'/a/b/c.conf' | dirname", '/a/b'],
    ["'c.conf' | dirname", ''],
    ['[1, [2, [3]]] | flatten', [1, 2, 3]],
    ['[1, 2] | union([2, 3])', [1, 2, 3]],
    ['[1, 2] | intersect([2, 3])', [2]],
    ['[1, 2] | difference([2, 3])', [1]],
    ["{'a': 1} | combine({'b': 2}, {'a': 3})", { a: 3, b: 2 }],
    ["{'a': 1} | dict2items", [{ key: 'a', value: 1 }]],
    ["'eth0' is match('eth')", true],
    ["'xeth0' is match('eth')", false],
    ["'xeth0' is search('eth')", true],
  ]
  for (const [expression, value] of cases) same(expression, value)
})

test('bool and int read texts as Ansible does', () => {
  for (const yes of ["'yes'", "'On'", "'true'", "'1'", '1', 'true']) same(`${yes} | bool`, true)
  for (const no of ["'no'", "'off'", "'false'", "'0'", '0', "''", 'false', "'maybe'"]) same(`${no} | bool`, false)
  const numbers: [string, number][] = [
    ["'42'", 42],
    ["' -7 '", -7],
    ["'3.9'", 3],
    ['3.9', 3],
    ["'abc'", 0],
    ['true', 1],
  ]
  for (const [text, number] of numbers) same(`${text} | int`, number)
  same("'abc' | int(5)", 5)
  same("'abc' | int(default=5)", 5)
  same("'ff' | int(base=16)", 255)
  same("'0xff' | int(base=16)", 255)
  same("'0x10' | int(0, 0)", 16)
})

test('a filter that is given the wrong kind says so', () => {
  for (const [expression, reason] of [
    ["'x' | union([1])", /takes a list/],
    ["'x' | dict2items", /takes a mapping/],
    ["'{' | from_json", /no JSON/],
    ["'x' | regex_search('(')", /regular expression/],
  ] as const)
    assert.throws(() => evaluate(expression), reason)
})

test.run()
