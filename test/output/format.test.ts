import * as assert from 'uvu/assert'
import { clean, formatOffset, formatSpan } from '../../src/output/format.ts'
import { fit, lineWidth, paint, plainText, span, table } from '../../src/output/line.ts'
import { prefix, widthOf } from '../../src/output/width.ts'
import { ns } from '../../src/units/quantity.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('output/format')

const offsets: [bigint, string][] = [
  [0n, '0ns'],
  [-56n, '-56ns'],
  [999n, '+999ns'],
  [1_000n, '+1.000us'],
  [1_234n, '+1.234us'],
  [-999_999n, '-999.999us'],
  [12_345_678n, '+12.346ms'],
  [999_999_499n, '+999.999ms'],
  [999_999_500n, '+1.000s'],
  [37_000_000_000n, '+37.000s'],
  [-86_400_000_000_000n, '-86400.000s'],
]
for (const [offset, text] of offsets) {
  test(`an offset of ${offset} ns reads ${text}`, () => assert.is(formatOffset(ns(offset)), text))
}

const spans: [number, string][] = [
  [0, '0ms'],
  [-5, '0ms'],
  [999.9, '999ms'],
  [1_000, '1.0s'],
  [59_999, '59.9s'],
  [60_000, '1m00s'],
  [125_000, '2m05s'],
  [3_725_000, '1h02m'],
]
for (const [length, text] of spans) test(`${length} ms read ${text}`, () => assert.is(formatSpan(length), text))

test('a text is cut by the columns it takes, and graphemes stay whole', () => {
  assert.is(prefix('abcdef', 6), 'abcdef')
  assert.is(prefix('abcdef', 4), 'abcd')
  assert.is(prefix('漢字漢字', 5), '漢字')
  assert.is(widthOf(prefix('漢字漢字', 5)), 4)
  assert.is(prefix('👩‍👩‍👧x👩‍👩‍👧', 3), '👩‍👩‍👧x')
})

test('what a stranger wrote cannot move the cursor, set colours or begin a line', () => {
  assert.is(clean('a\u001b[2J\u001b[31mred\u001b[0m\r\nb\u0007\u009b5A'), 'ared b')
  assert.is(clean('\u001b]0;title\u0007rest'), 'rest')
})

test('a line is cut across its pieces and keeps their colours', () => {
  const line = [span('green', 'green'), span(' and plain')]
  assert.is(plainText(fit(line, 15, '…')), 'green and plain')
  assert.is(plainText(fit(line, 14, '…')), 'green and pla…')
  assert.equal(fit(line, 4, '…'), [{ text: 'gre…', style: 'green' }])
  for (let width = 1; width < 16; width++) assert.ok(lineWidth(fit(line, width, '…')) <= width)
})

test('colour goes around the pieces that have one, or nowhere', () => {
  const line = [span('ok', 'green'), span(' fine')]
  assert.is(paint(line, true), '\u001b[32mok\u001b[39m fine')
  assert.is(paint(line, false), 'ok fine')
})

test('columns of a table stand below each other, wide characters counted', () => {
  const lines = table(
    [
      [span('a'), span('+1ns'), span('x')],
      [span('漢字'), span('-100ns'), span('longer')],
    ],
    ['left', 'right'],
  )
  assert.equal(lines.map(plainText), ['a       +1ns  x', '漢字  -100ns  longer'])
})

test.run()
