import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { type Book, entriesOf, entryOf, ledgerOfClass } from '../../src/book/book.ts'
import type { Claim } from '../../src/book/claims.ts'
import { decide, swept } from '../../src/book/decide.ts'
import { counts, type Entry } from '../../src/book/entry.ts'
import { startsIn } from '../../src/book/fit.ts'
import { happen, obstacleTo } from '../../src/book/happen.ts'
import { countOf } from '../../src/book/ledger.ts'
import { bookOf } from '../../src/book/load.ts'
import { type Decision, type Hold, isGranted, type Now } from '../../src/book/requests.ts'
import { eventsOf, isFinal, isFirm } from '../../src/book/states.ts'
import { micros, millis, moment, seconds, ticks } from '../../src/units/micros.ts'
import { confirmOf, emptyBook, holdOf, noMargins, ports, resources, share, whole } from '../fixtures/booking.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('book/invariants')

const claim: fc.Arbitrary<Claim> = fc.constantFrom(
  ...[whole('nic:eth1'), share('nic:eth1', 15), whole('nic:eth2'), share('clock', 60), ports(1), ports(3)],
)
const rid = fc.integer({ min: 0, max: 6 }).map(index => `r${index}`)

/** Anything that may come to a book, in any order. */
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('hold' as const),
      rid,
      startMs: fc.integer({ min: 20, max: 90 }),
      lengthMs: fc.integer({ min: 1, max: 30 }),
      claims: fc.uniqueArray(claim, { maxLength: 3, selector: each => each.resource }),
      block: fc.integer({ min: 0, max: 3 }),
      within: fc.option(fc.constantFrom('r0', 'r0', 'r1'), { freq: 2 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('confirm' as const), rid }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('release' as const, 'cancel' as const), rid }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('event' as const), rid, which: fc.oneof(fc.constant(0), fc.nat(6)) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 15 }) }) },
)
/** The block at the beginning ends, if it can. */
const blockEnds = fc.constant({ do: 'event' as const, rid: 'r0', which: 4 })
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** Half of the stories begin with a block that runs. */
const opening: readonly Step[] = [
  { do: 'hold', rid: 'r0', startMs: 20, lengthMs: 90, claims: [whole('nic:eth1'), ports(3)], block: 0, within: null },
  { do: 'confirm', rid: 'r0' },
  { do: 'event', rid: 'r0', which: 0 },
  { do: 'event', rid: 'r0', which: 0 },
]
/** Every other step is taken further: what is held is confirmed, armed and started at once. */
const further = (each: Step, far: number): readonly Step[] =>
  each.do !== 'hold' || far === 0 ? [each] : [each, ...opening.slice(1, far).map(next => ({ ...next, rid: each.rid }))]
const steps = fc
  .tuple(
    fc.boolean(),
    fc.array(fc.tuple(fc.oneof({ weight: 12, arbitrary: step }, { weight: 1, arbitrary: blockEnds }), fc.nat(4)), {
      maxLength: 40,
    }),
  )
  .map(([opened, more]) => [...(opened ? opening : []), ...more.flatMap(([each, far]) => further(each, far))])

const timeAt = (ms: number): Now => ({ utc: moment(ms * 1_000), mono: ticks(ms * 1_000) })

function live(steps: readonly Step[], watch: (book: Book, now: Now) => void): Book {
  let [book, ms] = [emptyBook(), 0]
  steps.forEach((each, index) => {
    const now = timeAt(ms)
    if (each.do === 'wait') ms += each.ms
    else book = after(book, each, `id${index}`, now)
    watch(book, timeAt(ms))
  })
  return book
}

function after(book: Book, each: Exclude<Step, { do: 'wait' }>, id: string, now: Now): Book {
  const known = entryOf(book, each.rid)
  if (each.do === 'hold') return bookAfter(book, decide(book, holdIn(each, id), now))
  if (known === undefined) return book
  if (each.do === 'confirm') return bookAfter(book, decide(book, confirmOf(known, { id }), now))
  if (each.do === 'event') {
    // The door tells of what the table has a row for; repeated holds and requests come by decide.
    const events = eventsOf(known.state).filter(event => !['hold', 'confirm', 'release', 'overstay'].includes(event))
    const event = events[each.which % events.length]
    if (
      event === undefined ||
      obstacleTo(book, known, event === 'exit' && known.ending === 'cancel' ? 'gone' : event) !== undefined
    )
      return book
    return happen(book, { event, rid: each.rid }, now).book
  }
  return bookAfter(book, decide(book, { op: each.do, id, rid: each.rid, identity: 'alice', admin: false }, now))
}

const bookAfter = (book: Book, decision: Decision) => (isGranted(decision) ? decision.book : book)

function holdIn({ rid, startMs, lengthMs, claims, block, within }: Step & { do: 'hold' }, id: string): Hold {
  const time = {
    start: moment(startMs * 1_000),
    duration: millis(lengthMs),
    margins: { ...noMargins, before: millis(2), after: millis(3) },
  }
  const where = within === null ? { block: block === 0, within: undefined } : { block: false, within }
  return holdOf(rid, { id, gid: `g-${rid}`, claims, lead: micros(0), holdFor: seconds(1), ...time, ...where })
}

test('in whatever order things come, no two reservations of one place are in each other’s way', () => {
  fc.assert(
    fc.property(steps, story => {
      live(story, book => {
        const alive = entriesOf(book).filter(({ state }) => !isFinal(state))
        for (const { window } of alive) {
          const there = alive.filter(each => each.window.from <= window.from && window.from < each.window.to)
          for (const block of [undefined, ...there.filter(each => each.block)])
            assert.is(collision(book, there, block), undefined)
        }
      })
    }),
    { numRuns: 500 },
  )
})

/** What is taken twice: of the endpoint, or inside a block of what the block has. */
function collision(book: Book, there: readonly Entry[], block: Entry | undefined): string | undefined {
  const takesFrom = (entry: Entry, resource: string) => {
    const own = entry.within === undefined ? undefined : entryOf(book, entry.within)
    return own?.claims.some(each => each.resource === resource) ? own.rid : undefined
  }
  for (const [resource, { kind, ...rest }] of Object.entries(resources)) {
    const takers = there.filter(each => takesFrom(each, resource) === block?.rid && each.rid !== block?.rid)
    const claims = takers.flatMap(each => each.claims.filter(claim => claim.resource === resource))
    const own = block?.claims.find(each => each.resource === resource)
    const given = takers.flatMap(each => each.ports[resource] ?? [])
    if (new Set(given).size < given.length) return resource
    if (own?.mode === 'ports' && given.some(port => !block?.ports[resource]?.includes(port))) return resource
    if (kind === 'ports') continue
    const capacity = own?.mode === 'shared' ? own.amount : 'capacity' in rest ? rest.capacity : 0
    const shares = claims.reduce((sum, each) => sum + (each.mode === 'shared' ? each.amount : 0), 0)
    if (shares > capacity || (claims.some(each => each.mode === 'exclusive') && claims.length > 1)) return resource
  }
  return undefined
}

test('no two processes are in each other’s way, whatever becomes of the blocks that they were booked in', () => {
  let ran = 0
  fc.assert(
    fc.property(steps, story => {
      live(story, book => {
        const running = entriesOf(book).filter(({ state, block }) => state === 'active' && !block)
        ran += running.filter(({ within }) => within !== undefined).length
        for (const { window } of running) {
          const there = running.filter(each => each.window.from <= window.from && window.from < each.window.to)
          assert.is(
            collision(
              book,
              there.map(each => ({ ...each, within: undefined })),
              undefined,
            ),
            undefined,
          )
        }
      })
    }),
    { numRuns: 1_000 },
  )
  assert.ok(ran > 10, `${ran} ran in a block`)
})

test('no hold outlives its expiry once the door has looked, and every count is that of the entries', () => {
  fc.assert(
    fc.property(steps, story => {
      live(story, (book, now) => {
        const { book: current } = swept(book, now)
        for (const { state, lapsesAt } of entriesOf(current)) {
          if (state === 'held') assert.ok((lapsesAt ?? 0) > now.mono)
          else assert.is(lapsesAt, undefined)
        }
        const ledger = [ledgerOfClass(current, 'members')]
        const recount = (...states: readonly string[]) =>
          entriesOf(current).filter(each => states.includes(each.state)).length
        assert.equal(
          [countOf(ledger, 'held'), countOf(ledger, 'pending'), countOf(ledger, 'active'), ledger[0]?.size ?? 0],
          [recount('held'), recount('confirmed', 'armed'), recount('active'), entriesOf(current).filter(counts).length],
        )
      })
    }),
    { numRuns: 300 },
  )
})

test('a book is what its entries say: made anew from them it offers the same', () => {
  fc.assert(
    fc.property(steps, fc.array(claim, { maxLength: 1 }), (story, claims) => {
      const grown = live(story, () => {})
      const made = bookOf(grown.epoch, resources, entriesOf(grown))
      const blocks = entriesOf(grown).filter(({ block, state }) => block && isFirm(state))
      for (const within of [undefined, ...blocks.map(each => each.rid)]) {
        const wish = { claims, duration: millis(2), margins: noMargins, within }
        for (const among of ['all', 'firm'] as const)
          assert.equal(
            startsIn(made, wish, { from: 0, to: 200_000 }, among),
            startsIn(grown, wish, { from: 0, to: 200_000 }, among),
          )
      }
    }),
    { numRuns: 300 },
  )
})

test.run()
