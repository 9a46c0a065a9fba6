import * as assert from 'uvu/assert'
import { type Criterion, readCriterion } from '../../src/playbook/criteria.ts'
import { readUntil } from '../../src/playbook/until.ts'
import { figureWords } from '../fixtures/figure-words.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('playbook/criteria')

const everything = { over: 'each', cells: '*', flows: '*', hosts: '*', statistic: undefined } as const
const none = { kind: 'limit', op: '==', limit: 0, words: '== 0' } as const

test('a line names what it is about, a figure and a limit', () => {
  const delay = { figure: 'path-delay', statistic: 'p99.9' }
  const below = { kind: 'limit', op: '<', limit: 10_000, words: '< 10us' } as const
  const cases: [string, Partial<Criterion>][] = [
    ['lost == 0', { figure: 'lost', test: none }],
    ['a*: lost == 0', { flows: 'a*', figure: 'lost', test: none }],
    ['all: lost == 0', { over: 'all', figure: 'lost', test: none }],
    ['any lost==0', { over: 'any', figure: 'lost', test: { ...none, words: '==0' } }],
    ['flow all: lost == 0', { flows: 'all', figure: 'lost', test: none }],
    ['all-1: lost == 0', { flows: 'all-1', figure: 'lost', test: none }],
    ['path-delay.p99.9 < 10us', { ...delay, test: below }],
    [
      'any a* cell parallel=8*@2 host n[12]: path-delay.p99.9 < 10us',
      { ...delay, over: 'any', flows: 'a*', cells: 'parallel=8*@2', hosts: 'n[12]', test: below },
    ],
    ['flow cell cells x: lost == 0', { flows: 'cell', cells: 'x', figure: 'lost', test: none }],
    [
      'path-delay.p99.9 worse_by < 5 %',
      { ...delay, test: { kind: 'change', op: '<', limit: 0.05, words: 'worse_by < 5 %' } },
    ],
    ['lost worse_by <= 0%', { figure: 'lost', test: { kind: 'change', op: '<=', limit: 0, words: 'worse_by <= 0%' } }],
  ]
  for (const [text, meant] of cases) assert.equal(readCriterion(text, figureWords), { ...everything, text, ...meant })
})

test('each mistake says where it stands', () => {
  const cases: [string, string, number][] = [
    ['', 'expected the name of a figure, such as lost or path-delay.mean', 0],
    ['lots == 0', "there is no figure 'lots'", 0],
    ['a: lots == 0', "there is no figure 'lots'", 3],
    ['lost.mean == 0', "'lost' is one number and has no statistic", 5],
    ['path-delay < 1us', "'path-delay' needs a statistic", 0],
    ['path-delay.mode < 1us', "there is no statistic 'mode'", 11],
    ['path-delay.p101 < 1us', "there is no statistic 'p101'", 11],
    ['lost = 0', "expected one of < <= == != >= >, got '='", 5],
    ['lost 0', "expected one of < <= == != >= >, got '0'", 5],
    ['lost <', "expected a limit behind '<'", 5],
    ['lost < 1us', "'lost': expected a bare number, got '1us'", 7],
    ['path-delay.mean < 10', "'path-delay': expected a duration with its unit, such as 10us, got '10'", 18],
    ['lost worse_by > 5 %', "worse_by takes < or <=, got '>'", 14],
    ['lost worse_by 5 %', "worse_by takes < or <=, got '5 %'", 14],
    ['lost worse_by < 5', "expected a share, such as 5 %, got '5'", 16],
    ['a b: lost == 0', 'the flow of this line is said twice', 2],
    ['cell x cell y: lost == 0', 'the cell of this line is said twice', 7],
    ['host: lost == 0', "expected a name or pattern behind 'host'", 0],
  ]
  for (const [text, message, offset] of cases) {
    const fault = readCriterion(text, figureWords)
    assert.equal('message' in fault ? [fault.message, fault.offset] : fault, [message, offset], text)
  }
})

test('an experiment goes on until an interval is narrow', () => {
  assert.equal(readUntil('95% interval of path-delay.mean within 2 %', figureWords), {
    text: '95% interval of path-delay.mean within 2 %',
    level: 0.95,
    flows: '*',
    hosts: '*',
    figure: 'path-delay',
    statistic: 'mean',
    within: { share: 0.02 },
  })
  const within = (text: string) => {
    const until = readUntil(text, figureWords)
    return 'message' in until ? [until.message, until.offset] : [until.level, until.flows, until.hosts, until.within]
  }
  const cases: [string, unknown[]][] = [
    ['99 % interval of a* host n1: lost within 3', [0.99, 'a*', 'n1', { amount: 3 }]],
    ['90% interval of path-delay.p99 within 50ns', [0.9, '*', '*', { amount: 50 }]],
    ['path-delay.mean within 2 %', ['expected a line like 95% interval of path-delay.mean within 2 %', 0]],
    ['100% interval of lost within 2 %', ["the level of an interval lies between 0 % and 100 %, got '100%'", 0]],
    ['95% interval of lots within 2 %', ["there is no figure 'lots'", 16]],
    ['95% interval of lost < 3 within 2 %', ["expected 'within' behind the figure, got '< 3'", 21]],
    [
      '95% interval of cell x: lost within 2 %',
      ['every configuration is repeated for itself: name flows and hosts only', 16],
    ],
    ['95% interval of lost within 2us', ["expected a share of the mean, such as 2 %, or a bare number, got '2us'", 28]],
    ['95% interval of lost within 0', ['no interval is within nothing', 28]],
  ]
  for (const [text, expected] of cases) assert.equal(within(text), expected, text)
})

test.run()
