import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { octets } from '../../src/units/quantity.ts'
import { formatSize, parseSize } from '../../src/units/size.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('units/size')

test('k, M, G, T are powers of 1000, Ki, Mi, Gi, Ti of 1024', () => {
  const cases: [string, bigint][] = [
    ['1500B', 1500n],
    ['64k', 64_000n],
    ['64K', 64_000n],
    ['64kB', 64_000n],
    ['64Ki', 65_536n],
    ['64KiB', 65_536n],
    ['1M', 1_000_000n],
    ['1.5M', 1_500_000n],
    ['0.5Ki', 512n],
    ['2 MiB', 2_097_152n],
    ['3G', 3_000_000_000n],
    ['1Gi', 1_073_741_824n],
    ['1T', 1_000_000_000_000n],
    ['1Ti', 1_099_511_627_776n],
    ['0', 0n],
  ]
  for (const [text, size] of cases) assert.is(parseSize(text), size, text)
})

test('what has no unit, a wrong one or a fraction of an octet is no size', () => {
  for (const text of ['1500', '1', '', 'B', '1.5B', '0.3k1', '-1k', '64b', '64m', '64ki', '64Mbit', '1 2k', '0.0001k'])
    assert.is(parseSize(text), undefined, text)
})

test('every size is read back as it was written', () => {
  fc.assert(fc.property(fc.bigInt(0n, 1n << 60n), size => parseSize(formatSize(octets(size))) === size))
  assert.equal(
    [65_536n, 64_000n, 1500n, 1_048_576n].map(size => formatSize(octets(size))),
    ['64Ki', '64k', '1500B', '1Mi'],
  )
})

test.run()
