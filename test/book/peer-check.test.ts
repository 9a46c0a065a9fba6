import fc from 'fast-check'
import * as assert from 'uvu/assert'
import type { Reason } from '../../src/book/reasons.ts'
import { type Fate, livePeers, type PeerGuard, type PeerStory } from '../fixtures/peer-world.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('book/peer-check')

const prompt: Fate = { takes: 1, lost: false, again: undefined }
const story = (size: number, change: Partial<PeerStory> = {}): PeerStory => ({
  ...{ size, ups: Array.from({ length: size - 1 }, () => [900]), clocks: [], flaws: {}, fates: [prompt] },
  ...change,
})
const codes = (story: PeerStory) =>
  Object.values(livePeers(story).verdicts).map(verdict => (verdict === 'go' ? 'go' : verdict?.code))
const verdictOf = (story: PeerStory, name: string) => livePeers(story).verdicts[name] as Reason

for (const size of [2, 3, 5])
  test(`${size} members that are there and agree run`, () => {
    assert.equal(codes(story(size)), Array(size).fill('go'))
  })

test('a member that does not come before A keeps all others from running, and is named', () => {
  const alone = story(3, { ups: [[900], []] })
  assert.equal(codes(alone), ['PEER_SILENT', 'PEER_SILENT', 'PEER_SILENT'])
  assert.equal(verdictOf(alone, 'b').data, { peer: 'c' })
  assert.equal(verdictOf(alone, 'c').data, { peer: 'a' })
})

test('the lead gives up while the others can still hear of it, and GO is never late', () => {
  const { decided, armBy } = livePeers(story(3, { ups: [[900], []], fates: [{ ...prompt, takes: 20 }] }))
  // 50 ms, and the way there and back, ahead of A; the next look at the clock is 50 ms later.
  assert.ok((decided['a'] as number) >= armBy - 90_000 && (decided['a'] as number) < armBy, `${decided['a']}`)
  assert.equal(codes(story(2, { ups: [[80]], fates: [{ ...prompt, takes: 20 }] })), ['PEER_SILENT', 'PEER_SILENT'])
})

test('a member that reaches a lead without such a reservation ends at once', () => {
  const { verdicts, decided, armBy } = livePeers(story(2, { flaws: { b: 'none' } }))
  assert.equal(verdicts['b'], { code: 'PEER_MISSING', data: { peer: 'a' } })
  assert.is(decided['b'] ?? armBy - 900_000, armBy - 900_000)
  assert.is((verdicts['a'] as Reason).code, 'PEER_SILENT')
})

test('a member that agreed on something else keeps all others from running', () => {
  assert.equal(codes(story(3, { flaws: { c: 'digest' } })), ['PEER_MISMATCH', 'PEER_MISMATCH', 'PEER_MISMATCH'])
})

test('a member whose clock has become too bad keeps all others from running', () => {
  assert.equal(codes(story(3, { flaws: { b: 'error' } })), ['CLOCK_UNSYNC', 'CLOCK_UNSYNC', 'CLOCK_UNSYNC'])
})

for (const [offset, direction] of [
  [500_000, 'ahead of'],
  [-500_000, 'behind'],
] as const)
  test(`a clock that is half a second ${direction} the lead's and claims a millisecond is refused by everybody`, () => {
    const wrong = story(3, { clocks: [0, 0, offset], ups: [[2_000], [2_000]] })
    assert.equal(codes(wrong), ['CLOCK_OFFSET', 'CLOCK_OFFSET', 'CLOCK_OFFSET'])
    const { offset: read, detail } = verdictOf(wrong, 'b').data
    assert.is(read, offset)
    assert.match(String(detail), `the clock of c is 500 ms ${direction} that of a;`)
  })

test('a link that breaks while GO is on its way is made up for by the next one', () => {
  // The last message of all is the GO: everything before it arrives.
  const { said } = livePeers(story(2))
  const fates = said.map(each => ({ ...prompt, lost: each.message.op === 'go' }))
  assert.equal(codes(story(2, { ups: [[900]], fates: [...fates, prompt] })), ['go', 'PEER_SILENT'])
  assert.equal(codes(story(2, { ups: [[900, 500]], fates: [...fates, prompt] })), ['go', 'go'])
})

const fates = fc.record<Fate>({
  takes: fc.oneof({ weight: 3, arbitrary: fc.nat(10) }, fc.nat(80)),
  lost: fc.oneof({ weight: 40, arbitrary: fc.constant(false) }, fc.constant(true)),
  again: fc.option(fc.nat(200), { nil: undefined }),
})
const stories = fc.integer({ min: 2, max: 5 }).chain(size =>
  fc.record<PeerStory>({
    size: fc.constant(size),
    ups: fc.array(fc.array(fc.integer({ min: -50, max: 950 }), { minLength: 1, maxLength: 4 }), {
      ...{ minLength: size - 1, maxLength: size - 1 },
    }),
    clocks: fc.array(fc.integer({ min: -1_000, max: 1_000 }), { minLength: size, maxLength: size }),
    flaws: fc.dictionary(fc.constantFrom('b', 'c', 'd'), fc.constantFrom('digest', 'error', 'none'), { maxKeys: 1 }),
    fates: fc.array(fates, { minLength: 1, maxLength: 60 }),
  }),
)

/** How many run; throws when somebody runs who must not. */
function safe(told: PeerStory, without?: PeerGuard): number {
  const { verdicts, said, decided, armBy } = livePeers(told, without)
  const going = Object.keys(verdicts).filter(name => verdicts[name] === 'go')
  for (const name of going) assert.ok((decided[name] as number) < armBy, `${name} went after A`)
  for (const name of Object.keys(verdicts)) assert.ok(verdicts[name] !== undefined, `${name} never decided`)
  if (going.length === 0) return 0
  // One that missed its GO may still say so afterwards.
  const ops = said.map(({ message }) => message.op)
  assert.not(ops.slice(0, ops.indexOf('go')).includes('no'), 'somebody had said no')
  assert.is(verdicts['a'], 'go', 'the lead does not run')
  const ready = new Set(said.filter(({ message }) => message.op === 'ready').map(({ by }) => by))
  assert.is(ready.size, told.size - 1, 'somebody was not ready')
  const digests = said.flatMap(({ message }) => (message.op === 'card' ? [message.digest] : []))
  assert.is(new Set(digests).size, 1, 'they did not agree')
  return going.length
}

test(
  'whatever is lost, late or repeated: nobody runs when one has said no or never said yes, and never after A',
  () => {
    let ran = 0
    let stopped = 0
    fc.assert(
      fc.property(stories, told => {
        const going = safe(told)
        ran += going
        stopped += told.size - going
      }),
      { numRuns: 2_000 },
    )
    // Both must have happened, or nothing is shown.
    assert.ok(ran > 200 && stopped > 200, `${ran} ran, ${stopped} were stopped`)
  },
  { limitMs: 120_000 },
)

for (const [guard, seen] of [
  ['digest', /did not agree/],
  ['deadline of A', /went after A|never decided/],
] as const)
  test(
    `without its rule '${guard}' the same test fails`,
    () => {
      const property = fc.property(stories, told => void safe(told, guard))
      const result = fc.check(property, { numRuns: 2_000, endOnFailure: true })
      assert.ok(result.failed, 'nobody noticed')
      assert.match(String(result.errorInstance), seen)
    },
    { limitMs: 60_000 },
  )

test(
  'when messages take their time but arrive, and everybody is there half a second ahead, all run',
  () => {
    const timely = fc.record({
      size: fc.integer({ min: 2, max: 5 }),
      takes: fc.nat(10),
      again: fc.option(fc.nat(100), { nil: undefined }),
    })
    fc.assert(
      fc.property(timely, ({ size, takes, again }) => {
        const all = story(size, {
          ups: Array.from({ length: size - 1 }, () => [500]),
          fates: [{ takes, lost: false, again }],
        })
        assert.equal(codes(all), Array(size).fill('go'))
      }),
      { numRuns: 200 },
    )
  },
  { limitMs: 60_000 },
)

test.run()
