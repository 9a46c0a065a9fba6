import { readFileSync } from 'node:fs'
import * as assert from 'uvu/assert'
import { LockstepError, problemsOf } from '../../src/errors/error.ts'
import { loadPlaybook } from '../../src/playbook/load-experiment.ts'
import { stepLanguage } from '../../src/steps/language.ts'
import { commandDescription } from '../../src/tools/command.ts'
import { isochronDescription } from '../../src/tools/isochron-options.ts'
import { trafficTools } from '../../src/tools/traffic-tools.ts'
import { good } from '../fixtures/playbooks.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('playbook/load-experiment')

const tools = [isochronDescription, ...trafficTools, commandDescription]
const load = (more: string, text = good) =>
  loadPlaybook({ file: 'p.yml', text: `${text}${more}`, binds: new Map(), env: {}, tools, steps: stepLanguage })

function problemsWith(more: string, text = good): string[] {
  try {
    load(more, text)
    return []
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    return problemsOf(error).map(({ at, message }) => `${at?.line}:${at?.column} ${message}`)
  }
}

test('a playbook without keys of an experiment is one test, once', () => {
  const { play, experiment } = load('')
  assert.is(experiment, undefined)
  assert.is(play.name, 'test')
})

test('every configuration has a play of its own, with what the matrix says and without the matrix', () => {
  const { play, experiment } = load(`matrix:
  isochron.frame-size: [64, 1500]
  flows.a.num-frames: [5, "{{ frames * 2 }}"]
repeat: "{{ frames }}"
shuffle: 7
warmup: 1
pause: 2s
`)
  const plays = experiment?.configurations.map(each => experiment.playOf(each)) ?? []
  assert.equal(
    plays.map(({ flows: [a] }) => [a?.sender['frame-size'], a?.sender['num-frames']]),
    [
      [64n, 5n],
      [64n, 20n],
      [1500n, 5n],
      [1500n, 20n],
    ],
  )
  assert.equal(play, plays[0])
  assert.equal(experiment?.repetition, { repeat: 10, warmup: 1 })
  assert.is(experiment?.shuffle, 7)
  assert.is(experiment?.pause, 2_000_000_000n)
  assert.not.match(JSON.stringify(play.resolved), /matrix|warmup|shuffle/)
})

test('repeat alone makes an experiment of one configuration', () => {
  const { experiment } = load('repeat: 3\n')
  assert.equal(
    experiment?.configurations.map(({ id }) => id),
    ['run'],
  )
  assert.is(experiment?.shuffle, 'no')
})

test('until is read against the figures of the flows, with repeat as its cap', () => {
  const { experiment } = load('repeat: 20\nuntil: "95% interval of a: path-delay.mean within 2 %"\n')
  const { level, flows, figure, statistic, within } = experiment?.until ?? {}
  assert.equal([level, flows, figure, statistic, within], [0.95, 'a', 'path-delay', 'mean', { share: 0.02 }])
})

test('until may name a figure that a command of the playbook defines', () => {
  const flow = '  m: {from: A, to: B, tool: command, command: {sender: echo 5, figures: {n: {regex: "(.)"}}}}\n'
  const text = good
    .replaceAll(/ {2}([ab]): \{/g, '  $1: {tool: isochron, ')
    .replace('flows:\n', `flows:\n${flow}`)
    .replace(/expect:\n( {2}.*\n)+/, '')
  const { experiment } = load('repeat: 9\nuntil: 95% interval of n within 1 %\n', text)
  assert.is(experiment?.until?.figure, 'n')
})

test('a matrix may bring what the playbook lacks', () => {
  const text = good.replace('  frame-size: 1500\n', '').replace('hosts:\n  A: root@10.0.0.1', 'hosts:')
  assert.equal(problemsWith('matrix: {hosts.A: [root@10.0.0.1], isochron.frame-size: [64, 1500]}\n', text), [])
})

test('the example of docs/experiments.md is right', () => {
  const page = readFileSync('docs/experiments.md', 'utf8')
  const example = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? ''
  const text = good
    .replace('flows:\n', 'iperf3: {time: 10s}\nflows:\n  c: {from: A, to: B, tool: iperf3}\n')
    .replaceAll(/ {2}([ab]): \{/g, '  $1: {tool: isochron, ')
    .replace(/expect:\n( {2}.*\n)+/, '')
  const [, until = ''] = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(match => match[1] ?? '')
  const ping = text.replace('flows:\n', 'flows:\n  p: {from: A, to: B, tool: ping, c: 5}\n')
  assert.is(load(until, ping).experiment?.until?.figure, 'rtt')
  const { experiment } = load(example, text)
  assert.equal(experiment?.configurations.map(({ id }) => id).slice(3), [
    'parallel=2,length=8000B',
    'parallel=8,length=8000B',
    'parallel=64,bitrate=100M',
  ])
  assert.equal(experiment?.repetition, { repeat: 5, warmup: 1 })
})

/** What is wrong, behind 22 lines of a good playbook, and what is said of it. */
const broken: readonly (readonly [string, readonly string[]])[] = [
  // The value of one configuration, at its place in the matrix.
  [
    'matrix:\n  isochron.cycle-time: [10ms, 20xs]\n',
    ["24:31 expected a duration with its unit, such as 10ms or 100ns, got '20xs'"],
  ],
  ['matrix:\n  isochron.frmes: [1, 2]\n', ["24:3 there is no key 'frmes' here"]],
  ['matrix:\n  flows.a: [1]\n', ['24:13 expected a flow, got 1']],
  ['matrix: {}\n', ['23:9 this mapping is empty']],
  ['matrix:\n  repeat: [1, 2]\n', ["24:3 'repeat' belongs to the whole experiment, a configuration cannot change it"]],
  ['repeat: 0\n', ['23:9 repeat: expected 1 to 100000, got 0']],
  ['repeat: 2\nreserve: {}\n', ['24:10 nobody knows how long all cells take: the key duration is missing']],
  ['pause: 5\n', ['23:8 expected a duration with its unit, such as 10ms or 100ns, got 5']],
  ['shuffle: maybe\n', ["23:10 expected true, false or a seed, got 'maybe'"]],
  [
    'shuffle: 99999999999999999999\n',
    [
      "23:10 shuffle: expected true, false or a seed, a whole number up to 9007199254740991, got '99999999999999999999'",
    ],
  ],
  ['repeat: 9\nuntil: 95% interval of path-dely.mean within 2 %\n', ["24:24 there is no figure 'path-dely'"]],
  ['repeat: 9\nuntil: "95% interval of c: lost within 2 %"\n', ["24:9 no flow is called 'c'"]],
  ['repeat: 9\nuntil: 95% interval of path-delay.p99.9 within 2 %\n', ["24:8 'p99.9' is not kept of every cell"]],
  ['until: 95% interval of lost within 2 %\n', ['23:8 how often at most? an interval may never get that narrow']],
  // A mistake that all configurations share is said once.
  ['attmpts: 3\nmatrix:\n  isochron.frame-size: [64, 1500]\n', ["23:1 there is no key 'attmpts' here"]],
]

for (const [more, expected] of broken)
  test(`refused: ${JSON.stringify(more)}`, () => {
    assert.equal(problemsWith(more), expected)
  })

test.run()
