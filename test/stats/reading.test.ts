import * as assert from 'uvu/assert'
import { countFigure, type TimeFigure, timeFigure } from '../../src/stats/figure.ts'
import { condensed, figuresFromWords, type ReadFigure, readFigure } from '../../src/stats/reading.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('stats/reading')

const time = (...values: bigint[]) => readFigure(timeFigure(BigInt64Array.from(values)) as TimeFigure)
const said = (figure: ReadFigure | undefined, statistic?: string) => {
  const value = figure?.value(statistic)
  return value === undefined ? undefined : figure?.format(value)
}

test('a figure of a packet log gives its statistics with their unit, a count itself', () => {
  const delay = time(1000n, 2000n, 4500n)
  assert.equal(
    [said(delay, 'mean'), said(delay, 'p50'), said(delay, 'p101'), said(delay)],
    ['2.5us', '2us', undefined, undefined],
  )
  const lost = readFigure(countFigure(2))
  assert.equal([said(lost), said(lost, 'mean'), lost.unit, delay.unit], ['2', undefined, '', 'ns'])
})

test('what is condensed keeps the wanted values, and what is not wanted is not measured', () => {
  const figures = new Map([
    ['lost', readFigure(countFigure(2))],
    ['path-delay', time(1n, 3n)],
  ])
  const kept = condensed(figures, [
    { figure: 'path-delay', statistic: 'p99.9' },
    { figure: 'path-delay', statistic: 'mean' },
    { figure: 'lost', statistic: undefined },
    { figure: 'other', statistic: undefined },
  ])
  const delay = kept.get('path-delay')
  assert.equal(
    [said(kept.get('lost')), said(delay, 'p99.9'), said(delay, 'mean'), said(delay, 'max')],
    ['2', '3ns', '2ns', undefined],
  )
  assert.equal([delay?.kind, delay?.unit, delay?.hasStatistics], ['time', 'ns', true])
  assert.equal([...kept.keys()], ['lost', 'path-delay'])
})

test('the words of a result.json are read back exactly, and what is no number is left out', () => {
  const figures = figuresFromWords({
    lost: '0',
    'path-delay.p99.9': '9007199254740993',
    'path-delay.mean': '-2.500',
    x: '',
    y: 'abc',
  })
  assert.equal([...figures.keys()], ['lost', 'path-delay'])
  assert.is(figures.get('path-delay')?.value('p99.9'), 9007199254740993n)
  assert.is(said(figures.get('path-delay'), 'mean'), '-2.5ns')
})

test.run()
