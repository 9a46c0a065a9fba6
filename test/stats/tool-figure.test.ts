import * as assert from 'uvu/assert'
import { measuredValue, one, type SpreadFigure, spread } from '../../src/stats/tool-figure.ts'
import { formatFigure, parseLimit } from '../../src/units/figure-kind.ts'
import { parseRate, showRate } from '../../src/units/rate.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('tool-figure')

test('a rate is read exactly, and needs a unit unless it is zero', () => {
  const cases: readonly [string, bigint | undefined][] = [
    ['900Mbit/s', 900_000_000n],
    ['2.5G', 2_500_000_000n],
    ['100 kbps', 100_000n],
    ['100K', 100_000n],
    ['1.5bit/s', undefined],
    ['0', 0n],
    ['100', undefined],
    ['100bit/s', 100n],
    ['-1M', undefined],
    ['1MB/s', undefined],
    ['1m', undefined],
    ['9T', 9_000_000_000_000n],
    ['', undefined],
  ]
  for (const [text, rate] of cases) assert.is(parseRate(text), rate, text)
  assert.is(showRate(941_537_000), '941.5Mbit/s')
  assert.is(showRate(0), '0bit/s')
  assert.is(showRate(2_500_000_000), '2.5Gbit/s')
})

test('a limit is written in the unit of its figure', () => {
  assert.is(parseLimit('rate', '900Mbit/s'), 9e8)
  assert.is(parseLimit('rate', '900'), undefined)
  assert.is(parseLimit('time', '10us'), 10_000)
  assert.is(parseLimit('time', '10'), undefined)
  assert.is(parseLimit('ratio', '0.5%'), 0.5)
  assert.is(parseLimit('ratio', '0.5'), undefined)
  assert.is(parseLimit('octets', '1500B'), 1500)
  assert.is(parseLimit('octets', '1500'), 1500)
  assert.is(parseLimit('count', '3'), 3)
  assert.is(parseLimit('count', '3ms'), undefined)
  assert.is(formatFigure('time', 1500), '1.5us')
  assert.is(formatFigure('ratio', 12.5), '12.5%')
  assert.is(formatFigure('octets', 1400), '1400B')
})

test('a single figure has a value and no statistic, a spread has statistics and no value', () => {
  assert.is(measuredValue(one('count', 3), undefined), 3)
  assert.is(measuredValue(one('count', 3), 'mean'), undefined)
  const values = spread('time', Float64Array.of(30, 10, 20, 40)) as SpreadFigure
  const of = (statistic: string | undefined) => measuredValue(values, statistic)
  assert.equal(['min', 'mean', 'max', 'p50', 'p75', 'p99', 'p0'].map(of), [10, 25, 40, 20, 30, 40, 10])
  assert.is(of('stddev'), Math.sqrt(125))
  assert.equal(
    [of(undefined), of('p101'), of('median'), of('constructor')],
    [undefined, undefined, undefined, undefined],
  )
})

test(
  'the deviation of half a million samples takes no time to speak of',
  () => {
    const values = spread(
      'time',
      Float64Array.from({ length: 500_000 }, (_, i) => i % 2),
    ) as SpreadFigure
    assert.is(measuredValue(values, 'stddev'), 0.5)
  },
  { limitMs: 20_000 },
)

test('what the tool itself says of a spread counts, the samples give the rest', () => {
  const values = spread('time', Float64Array.of(1, 2), { mean: 1.6 }) as SpreadFigure
  assert.is(measuredValue(values, 'mean'), 1.6)
  assert.is(measuredValue(values, 'max'), 2)
  const said = spread('time', new Float64Array(), { min: 1, max: 3 }) as SpreadFigure
  assert.equal(
    [measuredValue(said, 'min'), measuredValue(said, 'p99'), measuredValue(said, 'stddev')],
    [1, undefined, undefined],
  )
  assert.is(spread('time', new Float64Array()), undefined)
})

test.run()
