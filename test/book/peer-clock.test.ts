import fc from 'fast-check'
import * as assert from 'uvu/assert'
import {
  clocksProblem,
  type Exchange,
  pairProblem,
  type ReadClock,
  readingOf,
  worseProblem,
} from '../../src/book/peer-clock.ts'
import { micros, millis, moment } from '../../src/units/micros.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('book/peer-clock')

/** The other clock is ahead by `offset`; the way there and back takes so long. All in microseconds. */
const exchange = (offset: number, there: number, back: number, sent = 1_000_000): Exchange => ({
  sent: moment(sent),
  received: moment(sent + there + offset),
  answered: moment(sent + there + offset + 40),
  back: moment(sent + there + 40 + back),
})

const clock = (endpoint: string, error: number, offset = 0, delay = 0): ReadClock => ({
  ...{ endpoint, error: micros(error), offset: micros(offset), delay: micros(delay) },
})

test('the exchange that was least on its way counts', () => {
  const reading = readingOf([exchange(500, 900, 100), exchange(500, 50, 50), exchange(500, 100, 3_000)])
  assert.equal(reading, { offset: 500, delay: 100 })
})

test('the true offset is never further from the reading than half of the delay', () => {
  const ways = fc.tuple(fc.nat(1_000_000), fc.nat(1_000_000))
  fc.assert(
    fc.property(fc.integer({ min: -1e9, max: 1e9 }), fc.array(ways, { minLength: 1, maxLength: 8 }), (offset, all) => {
      const [first, ...rest] = all.map(([there, back]) => exchange(offset, there, back))
      const reading = readingOf([first as Exchange, ...rest])
      assert.ok(Math.abs(reading.offset - offset) <= reading.delay / 2)
    }),
  )
})

test('clocks may differ by what both claim and half of the delay, and by no more', () => {
  const b = (offset: number) => clock('b', 700, offset, 200)
  for (const sign of [1, -1]) {
    assert.is(pairProblem(b(sign * 1_800), clock('a', 1_000), undefined), undefined)
    assert.is(pairProblem(b(sign * 1_801), clock('a', 1_000), undefined)?.code, 'CLOCK_OFFSET')
  }
})

test('the reason says whose clock is ahead, by how much, and what both claim', () => {
  const said = (offset: number) => pairProblem(clock('b', 1_000, offset, 300), clock('a', 1_000), undefined)?.data
  assert.equal(said(500_000), {
    ...{ peer: 'b', against: 'a', offset: 500_000, delay: 300, error: 1_000, error_against: 1_000 },
    detail: 'the clock of b is 500 ms ahead of that of a; they claim errors up to 1 ms and 1 ms',
  })
  assert.is(said(-500_000)?.['offset'], -500_000)
  assert.match(String(said(-500_000)?.['detail']), 'the clock of b is 500 ms behind that of a;')
})

test('two members are judged against each other, not only against the lead', () => {
  const lead = clock('a', 1_000)
  const [b, c] = [clock('b', 100, 900, 100), clock('c', 100, -900, 100)]
  assert.is(clocksProblem([lead, b], undefined), undefined)
  assert.is(clocksProblem([lead, c], undefined), undefined)
  const problem = clocksProblem([lead, b, c], undefined)
  assert.is(problem?.code, 'CLOCK_OFFSET')
  assert.equal([problem?.data['peer'], problem?.data['against'], problem?.data['offset']], ['c', 'b', -1_800])
})

test('the gate of a test wants the offset and its doubt within it', () => {
  const a = clock('a', 5_000)
  assert.is(pairProblem(clock('b', 5_000, 850, 300), a, micros(1_000)), undefined)
  const problem = pairProblem(clock('b', 5_000, 851, 300), a, micros(1_000))
  assert.equal([problem?.code, problem?.data['bound'], problem?.data['gate']], ['CLOCK_UNSYNC', 1_001, 1_000])
})

test('clocks that claim to be finer than the network can measure pass a gate that fits their claims', () => {
  const [a, b] = [clock('a', 1), clock('b', 1, 20, 400)]
  assert.is(pairProblem(b, a, micros(2)), undefined)
  assert.is(pairProblem(b, a, micros(1))?.code, 'CLOCK_UNSYNC')
})

test('a clock may have become worse by the guard', () => {
  const problem = (error: number) => worseProblem({ endpoint: 'b', error: micros(error) }, millis(1), millis(50))
  assert.is(problem(51_000), undefined)
  assert.equal(problem(51_001), {
    code: 'CLOCK_UNSYNC',
    data: { peer: 'b', error: 51_001, booked: 1_000, guard: 50_000 },
  })
})

test.run()
