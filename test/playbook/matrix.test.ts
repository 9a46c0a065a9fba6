import * as assert from 'uvu/assert'
import { configurationsOf } from '../../src/playbook/cells.ts'
import { readMatrix, withSettings } from '../../src/playbook/matrix.ts'
import { parseDocument } from '../../src/source/document.ts'
import { newFindings } from '../../src/source/findings.ts'
import { child, toValue } from '../../src/source/node.ts'
import { toJson } from '../../src/units/json.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('playbook/matrix')

const base = `iperf3: {time: 10s}
flows:
  a: {from: A, to: B}
`
function read(matrix: string, playbook = base) {
  const document = parseDocument('p.yml', `${playbook}matrix:\n${matrix}`)
  const findings = newFindings()
  const made = readMatrix(child(document, 'matrix'), document, findings)
  const problems = findings
    .all()
    .map(({ at, message, hint }) => `${at?.line}:${at?.column} ${message}${hint ? ` (${hint})` : ''}`)
  return { document, made, problems, ids: configurationsOf(made).map(({ id }) => id) }
}

test('every combination once, the last key fastest', () => {
  const { ids, problems } = read('  iperf3.parallel: [1, 2]\n  flows.a.frame-size: [64B, 1500B]\n')
  assert.equal(problems, [])
  assert.equal(ids, [
    'parallel=1,frame-size=64B',
    'parallel=1,frame-size=1500B',
    'parallel=2,frame-size=64B',
    'parallel=2,frame-size=1500B',
  ])
})

test('combinations are excluded by some of their values, others are included', () => {
  const { ids, problems } = read(`  iperf3.parallel: [1, 2, 8]
  iperf3.length: [1k, 8k]
  exclude:
    - {iperf3.parallel: 8, iperf3.length: 1k}
    - {iperf3.parallel: [1, 2], iperf3.length: 8k}
  include:
    - {iperf3.parallel: 64, iperf3.window: 4M}
    - {iperf3.parallel: 8, iperf3.length: 1k}
`)
  assert.equal(problems, [])
  assert.equal(ids, [
    'parallel=1,length=1k',
    'parallel=2,length=1k',
    'parallel=8,length=8k',
    'parallel=64,window=4M',
    'parallel=8,length=1k',
  ])
})

test('an experiment without a matrix has one configuration', () => {
  const document = parseDocument('p.yml', base)
  const findings = newFindings()
  assert.equal(configurationsOf(readMatrix(undefined, document, findings)), [{ id: 'run', settings: [], terms: [] }])
})

test('a matrix may consist of what it includes alone', () => {
  assert.equal(read('  include:\n    - {iperf3.parallel: 3}\n').ids, ['parallel=3'])
})

test('the settings of a configuration make its playbook', () => {
  const { document, made } = read('  iperf3.parallel: [4]\n  flows.a.to: [C]\n  vars.x: [{deep: [1, 2]}]\n')
  const changed = JSON.parse(toJson(toValue(withSettings(document, made[0] ?? []))))
  assert.equal(
    { ...changed, matrix: undefined },
    {
      iperf3: { time: '10s', parallel: '4' },
      flows: { a: { from: 'A', to: 'C' } },
      vars: { x: { deep: ['1', '2'] } },
      matrix: undefined,
    },
  )
})

test('each mistake is found where it stands', () => {
  const cases: [string, string[]][] = [
    ['  iperf3.parallel: []\n', ["5:20 expected a list of values for 'iperf3.parallel'"]],
    ['  iperf3.parallel: 3\n', ["5:20 expected a list of values for 'iperf3.parallel'"]],
    ['  iperf3.parallel: [1, "1"]\n', ["5:24 'iperf3.parallel' has this value already"]],
    ['  iperf3.time.x: [1]\n', ["5:3 'iperf3.time' is one value, so there is no 'x' in it"]],
    ['  repeat: [1, 2]\n', ["5:3 'repeat' belongs to the whole experiment, a configuration cannot change it"]],
    [
      '  iperf3: [{time: 1s}]\n  iperf3.parallel: [1]\n',
      ["6:3 'iperf3.parallel' lies within 'iperf3', which is set too"],
    ],
    ['  flows.a.via: [x]\n  "flows.\'a\'.via": [y]\n', ["6:3 'flows.a.via' is set twice"]],
    [
      '  iperf3.parallel: [1]\n  exclude: [{iperf3.paralel: 1}]\n',
      ["6:14 the matrix has no 'iperf3.paralel' (did you mean 'iperf3.parallel'?)"],
    ],
    [
      '  iperf3.parallel: [1]\n  exclude: [{iperf3.parallel: 2}]\n',
      ['6:13 this excludes nothing: no configuration has these values'],
    ],
    ['  iperf3.parallel: [1]\n  exclude: [{}]\n', ['6:13 this excludes nothing: no configuration has these values']],
    ['  iperf3.parallel: [1]\n  exclude: [{iperf3.parallel: 1}]\n', ['5:3 the matrix leaves no configuration']],
    [
      '  iperf3.parallel: [1]\n  include: [{iperf3.parallel: 1}]\n',
      ['6:13 this configuration is in the matrix already'],
    ],
    ['  iperf3.parallel: [1]\n  include: [{}]\n', ['6:13 expected paths to keys, each with a value']],
  ]
  for (const [matrix, problems] of cases) assert.equal(read(matrix).problems, problems, matrix)
})

test('a matrix beyond all measure is refused, not expanded', () => {
  const tens = `[${Array.from({ length: 100 }, (_, i) => i).join(', ')}]`
  const { problems } = read(`  vars.a: ${tens}\n  vars.b: ${tens}\n  vars.c: ${tens}\n`)
  assert.equal(problems, ['5:3 the matrix has 1000000 configurations, more than 100000'])
})

test.run()
