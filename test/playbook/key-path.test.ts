import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { type KeyPath, pathInWords, readPath, withValue } from '../../src/playbook/key-path.ts'
import { parseDocument } from '../../src/source/document.ts'
import { fromValue, type SourceNode, toValue, type Value } from '../../src/source/node.ts'
import { toJson } from '../../src/units/json.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('playbook/key-path')

const document = parseDocument(
  'p.yml',
  `name: test
hosts: {n1: a, n1.lab: {address: b, vars: {x: 1}}}
setup:
  - run: [ip, link]
  - pause: 5s
iperf3:
`,
)
const at = { file: 'p.yml', line: 9, column: 3 }
const json = (node: SourceNode) => JSON.parse(toJson(toValue(node)))

test('a path leads through keys, list items and what is not there yet', () => {
  const cases: [string, KeyPath][] = [
    ['name', ['name']],
    ['hosts.n1', ['hosts', 'n1']],
    ['hosts.n1.lab.vars.x', ['hosts', 'n1.lab', 'vars', 'x']],
    ['hosts.n1.lab', ['hosts', 'n1.lab']],
    ['setup[0].run[1]', ['setup', 0, 'run', 1]],
    ['setup.1.pause', ['setup', 1, 'pause']],
    ['iperf3.parallel', ['iperf3', 'parallel']],
    ['isochron.frame-size', ['isochron', 'frame-size']],
    ['vars."a.b".c', ['vars', 'a.b', 'c']],
    ["vars.'a.b'", ['vars', 'a.b']],
  ]
  for (const [text, path] of cases) assert.equal(readPath(text, document), path, text)
})

test('a path that leads nowhere says where it stops', () => {
  const cases: [string, string][] = [
    ['', 'the path to a key is empty'],
    ['name.x', "'name' is one value, so there is no 'x' in it"],
    ['setup.run', "'setup' is a list of 2, counted from 0: expected a number, got 'run'"],
    ['setup[2]', "'setup' is a list of 2, counted from 0: there is no '2'"],
    ['setup[0].run[2]', "'setup.0.run' is a list of 2, counted from 0: there is no '2'"],
    ['iperf3.', "'iperf3.' is no path to a key: it stops making sense at '.'"],
    ['a..b', "'a..b' is no path to a key: it stops making sense at '.b'"],
    ['a[x', "'a[x' is no path to a key: it stops making sense at '[x'"],
  ]
  for (const [text, message] of cases) {
    const fault = readPath(text, document)
    assert.is('message' in fault ? fault.message : '', message, text)
  }
})

test('a value is put in its place, and nothing else changes', () => {
  const put = (text: string, value: Value) =>
    json(withValue(document, readPath(text, document) as KeyPath, fromValue(value, at), at))
  const before = json(document)
  assert.equal(put('setup[1].pause', '1s'), { ...before, setup: [{ run: ['ip', 'link'] }, { pause: '1s' }] })
  assert.equal(put('iperf3.parallel', 8n), { ...before, iperf3: { parallel: '8' } })
  assert.equal(put('isochron.a.b', true), { ...before, isochron: { a: { b: true } } })
  assert.equal(Object.keys(put('hosts.n1', 'c').hosts), ['n1', 'n1.lab'], 'keys keep their order')
  assert.equal(json(document), before, 'the document itself stays as it is')
})

test('what is put in stands where the matrix says it, so that errors point there', () => {
  const changed = withValue(document, ['isochron', 'x'], fromValue(1n, { ...at, column: 20 }), at)
  const made = changed.kind === 'mapping' ? changed.entries.get('isochron') : undefined
  assert.equal(made?.key, at)
  assert.equal(made?.value.kind === 'mapping' && made.value.entries.get('x')?.value.at, { ...at, column: 20 })
})

test('a path in words leads back to itself', () => {
  const key = fc.string({ minLength: 1 }).filter(text => !/["'\\\p{Cc}]/u.test(text))
  const empty = parseDocument('p.yml', '')
  fc.assert(
    fc.property(fc.array(key, { minLength: 1, maxLength: 4 }), path => {
      assert.equal(readPath(pathInWords(path), empty), path)
    }),
  )
  assert.equal(readPath(pathInWords(['setup', 0, 'run']), document), ['setup', 0, 'run'])
})

test.run()
