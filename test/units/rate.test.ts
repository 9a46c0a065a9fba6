import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { bitsPerSecond } from '../../src/units/quantity.ts'
import { formatRate, parseRate } from '../../src/units/rate.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('units/rate')

test('a rate is bits per second by powers of 1000', () => {
  const cases: [string, bigint][] = [
    ['100M', 100_000_000n],
    ['900Mbit/s', 900_000_000n],
    ['900 Mbps', 900_000_000n],
    ['2.5G', 2_500_000_000n],
    ['64k', 64_000n],
    ['64Kbit/s', 64_000n],
    ['1T', 1_000_000_000_000n],
    ['9600bit/s', 9600n],
    ['9600bps', 9600n],
    ['0', 0n],
  ]
  for (const [text, rate] of cases) assert.is(parseRate(text), rate, text)
})

test('what has no unit, a wrong one or a fraction of a bit is no rate', () => {
  for (const text of ['100', '', 'M', '-1M', '1.5bit/s', '100MB/s', '100Mi', '100Mibit/s', '1m', '100Mbit'])
    assert.is(parseRate(text), undefined, text)
})

test('every rate is read back as it was written', () => {
  fc.assert(fc.property(fc.bigInt(0n, 1n << 60n), rate => parseRate(formatRate(bitsPerSecond(rate))) === rate))
  assert.equal(
    [900_000_000n, 9600n].map(rate => formatRate(bitsPerSecond(rate))),
    ['900Mbit/s', '9600bit/s'],
  )
})

test.run()
