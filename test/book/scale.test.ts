import * as assert from 'uvu/assert'
import { decide } from '../../src/book/decide.ts'
import type { Entry } from '../../src/book/entry.ts'
import { firstFit, startsIn } from '../../src/book/fit.ts'
import { bookOf } from '../../src/book/load.ts'
import { seconds } from '../../src/units/micros.ts'
import { at, codeOf, confirmOf, emptyBook, granted, holdOf, now, resources } from '../fixtures/booking.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('book/scale')

const pattern = granted(
  decide(
    granted(decide(emptyBook(), holdOf('x'), now(0))).book,
    confirmOf(granted(decide(emptyBook(), holdOf('x'), now(0))).granted),
    now(0),
  ),
).granted

/** Tests of ten seconds, one each twelve seconds: no gap between them is long enough for another. */
function crowded(count: number): readonly Entry[] {
  return Array.from({ length: count }, (_, i) => {
    const start = at(60 + i * 12)
    const window = { from: at(59.6 + i * 12), to: at(70.6 + i * 12) }
    return { ...pattern, rid: `r${i}`, gid: `g${i}`, start, window, identity: `user${i % 50}` }
  })
}

function msOf<T>(body: () => T): { readonly value: T; readonly ms: number } {
  const from = performance.now()
  const value = body()
  return { value, ms: performance.now() - from }
}

const leastOf = (times: number, body: () => unknown) => Math.min(...Array.from({ length: times }, () => msOf(body).ms))

const level = {
  class: 'members',
  classes: ['members'],
  quotas: { pending: 1e9, runs: { most: 10_000, period: seconds(3600) } },
}

test(
  'a book of 100,000 entries loads in about 2 s and answers in milliseconds',
  () => {
    const entries = crowded(100_000)
    const { value: book, ms } = msOf(() => bookOf(1, resources, entries))
    assert.ok(ms < 30_000, `loading took ${ms.toFixed(0)} ms`)
    const end = at(60 + 100_000 * 12 + 600)
    const wish = holdOf('new', { levels: [level] })
    assert.equal(
      startsIn(book, wish, { from: at(1), to: end }, 'all').ranges.map(({ from }) => from),
      [at(1), at(60 + 100_000 * 12 - 1)],
    )
    const availMs = leastOf(5, () => startsIn(book, wish, { from: at(1), to: end }, 'all'))
    assert.ok(availMs < 50, `avail took ${availMs.toFixed(1)} ms`)
    assert.is(firstFit(book, wish, at(100), 'firm'), at(60 + 100_000 * 12 - 1))
  },
  { limitMs: 120_000 },
)

test(
  'what a decision costs hardly grows with the entries: a hundred times as many, not ten times the time',
  () => {
    const [small, large] = [1_000, 100_000].map(count => {
      const book = bookOf(1, resources, crowded(count))
      const busy = holdOf('new', { start: at(600), levels: [level] })
      const free = holdOf('new', { start: at(60 + count * 12), levels: [level] })
      assert.equal([codeOf(decide(book, busy, now(0))), codeOf(decide(book, free, now(0)))], ['BUSY', 'granted'])
      const many = (hold: typeof busy) => () => {
        for (let i = 0; i < 50; i++) decide(book, hold, now(0))
      }
      return leastOf(5, many(busy)) + leastOf(5, many(free))
    })
    assert.ok((large ?? 0) < 10 * (small ?? 0), `${small?.toFixed(2)} ms, then ${large?.toFixed(2)} ms`)
  },
  { limitMs: 120_000 },
)

test.run()
