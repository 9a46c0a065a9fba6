import * as assert from 'uvu/assert'
import { frame } from '../../src/output/frame.ts'
import { plainText } from '../../src/output/line.ts'
import { reservedHead } from '../../src/output/reserved-line.ts'
import { symbolsFor } from '../../src/output/symbols.ts'
import { emptyView, follow } from '../../src/output/view.ts'
import { reservedFlow } from '../fixtures/events.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('output/reserved-line')

const spans = (...all: readonly (readonly [number, number])[]) => ({
  reserved: new Map(all.map(([fromMs, toMs], i) => [`f${i}`, { fromMs, toMs }])),
})

test('it is said how far it is, how long it has lasted, and of several how many are over', () => {
  const one = spans([2_000, 5_000])
  assert.equal(
    [0, 1_999, 2_000, 3_500, 9_000].map(now => reservedHead(one, now)),
    ['begins in 2.0s', 'begins in 1ms', '0ms of 3.0s', '1.5s of 3.0s', '3.0s of 3.0s'],
  )
  const three = spans([2_000, 5_000], [6_000, 9_000], [6_000, 9_000])
  assert.equal(
    [0, 3_000, 5_000, 9_000].map(now => reservedHead(three, now)),
    ['begins in 2.0s', '0 of 3 are over', '1 of 3 are over', '3 of 3 are over'],
  )
})

test('the screen counts down beside the phase that waits', () => {
  const begin = Date.parse(reservedFlow[0]?.at ?? '')
  const until = (ms: number) =>
    reservedFlow
      .filter(({ at }) => Date.parse(at) - begin <= ms)
      .reduce((view, event) => follow(view, event, Date.parse(event.at) - begin), emptyView)
  const shown = (ms: number) =>
    frame(until(ms), { columns: 80, rows: 20 }, ms, symbolsFor({ LANG: 'C.UTF-8' }))
      .map(plainText)
      .join('\n')
  assert.match(shown(320), /reserve +begins in 1\.6s\n {4}. +A +armed/)
  assert.match(shown(1_000), /traffic +begins in 1\.0s/)
  assert.match(shown(3_000), /traffic +1\.0s of 10\.0s/)
  assert.match(shown(4_500), /B +cancelled \[CANCELLED\]/)
})

test.run()
