import * as assert from 'uvu/assert'
import { type Book, entryOf } from '../../src/book/book.ts'
import { decide } from '../../src/book/decide.ts'
import type { Entry } from '../../src/book/entry.ts'
import { happen } from '../../src/book/happen.ts'
import { decodeLine, encodeLine, type Happening, type JournalRecord, snapshotLines } from '../../src/book/journal.ts'
import { recover } from '../../src/book/recover.ts'
import type { Event, State } from '../../src/book/states.ts'
import { LockstepError } from '../../src/errors/error.ts'
import { seconds } from '../../src/units/micros.ts'
import { at, codeOf, confirmOf, emptyBook, granted, holdOf, now, resources } from '../fixtures/booking.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('book/recover')

const stamp = (seq: number) => ({ seq, epoch: 3, boot: 'boot-1', ...now(1) })
const record = (seq: number, happening: Happening): JournalRecord => ({ ...stamp(seq), ...happening })
const change = (from: State | null, data: Entry): Happening => ({
  kind: 'change',
  rid: data.rid,
  from,
  to: data.state,
  data,
})
const lines = (...happenings: readonly Happening[]) =>
  happenings.map((each, index) => encodeLine(record(index + 1, each)))

/** An entry of the book after these events; it starts a minute after nine and takes ten seconds. */
function entryAfter(events: readonly Event[], hold = holdOf('a')): Entry {
  const held = granted(decide(emptyBook(), hold, now(0)))
  if (events[0] !== 'confirm') return held.granted
  const first: Book = granted(decide(held.book, confirmOf(held.granted), now(0))).book
  const book = events.slice(1).reduce((current, event) => happen(current, { event, rid: 'a' }, now(60)).book, first)
  return entryOf(book, 'a') as Entry
}
const started: readonly Event[] = ['confirm', 'go', 'start']
const found = (journal: readonly string[], second: number, boot = 'boot-1', snapshot: readonly string[] = []) =>
  recover({ snapshot, journal, resources, now: now(second), boot })
const stateAfter = (
  events: readonly Event[],
  second: number,
  boot?: string,
  hold?: Parameters<typeof entryAfter>[1],
) => {
  const { book } = found(lines(change(null, entryAfter(events, hold))), second, boot)
  const entry = entryOf(book, 'a')
  return entry?.reason === undefined ? entry?.state : [entry.state, entry.reason.code]
}

test('a record reads back as it was written', () => {
  for (const happening of [
    { kind: 'start' },
    { kind: 'forget', rid: 'a' },
    { kind: 'snapshot', count: 0 },
    { kind: 'entry', data: entryAfter([...started, 'exit', 'traded']) },
    change(
      'held',
      entryAfter(['confirm'], holdOf('a', { details: { text: 'line\nend "crc":"00000000"}', umlaut: 'ä€🙂' } })),
    ),
    change(null, entryAfter([])),
  ] as const) {
    const line = encodeLine(record(7, happening))
    assert.not.match(line, '\n')
    assert.equal(decodeLine(line), record(7, happening))
  }
})

test('the checksum is CRC-32 of the line without it', () => {
  const line = encodeLine({ seq: 1, epoch: 1, boot: 'b', ...now(0), kind: 'start' })
  // Computed by another program, zlib of Python, from the same text.
  assert.is(
    line,
    `{"v":1,"seq":1,"epoch":1,"boot":"b","utc":1795251600000000,"mono":777000000,"kind":"start","crc":"7889f85e"}`,
  )
})

test('a line with one letter changed, or cut anywhere, is no record', () => {
  const line = encodeLine(record(1, change(null, entryAfter([]))))
  for (let i = 0; i < line.length; i++) {
    assert.type(decodeLine(line.slice(0, i)), 'string', `cut at ${i}`)
    const other = line[i] === '7' ? '8' : '7'
    assert.type(decodeLine(line.slice(0, i) + other + line.slice(i + 1)), 'string', `changed at ${i}`)
  }
})

test('a line of another version says which', () => {
  // The checksum again from zlib of Python.
  assert.is(decodeLine('{"v":2,"kind":"start","crc":"67b994e7"}'), 'it is of version 2, this lockstepd reads 1')
})

test('holds are forgotten, bookings with their arm deadline ahead are kept and armed again', () => {
  const held = found(lines(change(null, entryAfter([]))), 2)
  assert.equal([held.dropped, entryOf(held.book, 'a')], [['a'], undefined])
  assert.is(stateAfter(['confirm'], 59.599), 'confirmed')
  assert.is(codeOf(decide(found(lines(change(null, entryAfter(['confirm']))), 2).book, holdOf('b'), now(2))), 'BUSY')
})

test('what should have happened while the daemon was down is missed', () => {
  assert.equal(stateAfter(['confirm'], 59.6), ['missed', 'DOWN'])
  assert.is(stateAfter(['confirm', 'go'], 59.699), 'armed')
  assert.equal(stateAfter(['confirm', 'go'], 59.7), ['missed', 'DOWN'])
})

test('a test that was running is looked for; after a restart of the host it has failed', () => {
  const journal = lines(change(null, entryAfter(started)))
  const { running, changes, book } = found(journal, 65)
  assert.equal([running.map(({ rid }) => rid), changes], [['a'], []])
  assert.is(codeOf(decide(book, holdOf('b', { start: at(68), duration: seconds(1) }), now(65))), 'BUSY')
  assert.equal(stateAfter(started, 65, 'boot-2'), ['failed', 'REBOOT'])
  const rebooted = found(journal, 65, 'boot-2')
  assert.equal(
    [rebooted.running, rebooted.changes.map(({ from, effects }) => [from, effects])],
    [[], [['active', ['tell_peers', 'end_inside', 'keep']]]],
  )
})

test('a block outlives the daemon and the host until its own end', () => {
  const block = holdOf('a', { block: true })
  assert.is(stateAfter(['confirm', 'go'], 65, 'boot-2', block), 'armed')
  assert.is(stateAfter(started, 65, 'boot-2', block), 'active')
  assert.is(stateAfter(started, 70, 'boot-1', block), 'done')
  assert.equal(stateAfter(['confirm', 'go'], 70, 'boot-1', block), ['missed', 'DOWN'])
})

test('results are traded once more, and what is over stays history', () => {
  const trading = found(lines(change(null, entryAfter([...started, 'exit']))), 71)
  assert.equal(
    trading.trading.map(({ rid }) => rid),
    ['a'],
  )
  assert.is(stateAfter([...started, 'exit', 'traded'], 9999, 'boot-2'), 'done')
  const { book } = found(lines(change(null, entryAfter([...started, 'exit', 'traded']))), 100)
  const levels = [{ class: 'members', classes: ['members'], quotas: { runs: { most: 1, period: seconds(3600) } } }]
  assert.is(codeOf(decide(book, holdOf('b', { levels, start: at(200) }), now(100))), 'QUOTA')
})

test('every restart begins an epoch', () => {
  assert.equal([found([], 0).book.epoch, found([], 0).seq], [1, 0])
  const { book, seq } = found(lines({ kind: 'start' }, change(null, entryAfter([]))), 0)
  assert.equal([book.epoch, seq], [4, 2])
})

test('a torn last line counts as not written, wherever it was torn', () => {
  const [first = '', last = ''] = lines(change(null, entryAfter([])), change('held', entryAfter(['confirm'])))
  for (const length of [0, 1, 17, last.length - 1]) {
    const recovered = found([first, last.slice(0, length)], 2)
    assert.equal([recovered.whole, recovered.seq, recovered.dropped], [1, 1, ['a']])
  }
  assert.is(found([first, last], 2).whole, 2)
})

const refused = (journal: readonly string[], pattern: RegExp, snapshot: readonly string[] = []) =>
  assert.throws(
    () => found(journal, 2, 'boot-1', snapshot),
    (error: unknown) => error instanceof LockstepError && error.code === 'BOOK_JOURNAL' && pattern.test(error.message),
  )

test('any other bad line is refused, with its number and the reason', () => {
  const [first = '', second = '', third = ''] = lines(
    { kind: 'start' },
    change(null, entryAfter([])),
    change('held', entryAfter(['confirm'])),
  )
  refused(
    [first, `${second.slice(0, 40)}X${second.slice(41)}`, third],
    /^line 2 of the journal cannot be used: its checksum does not fit$/,
  )
  refused([first, second.slice(0, 40), third], /^line 2 .* no whole line$/)
  refused([first, third], /^line 2 .* it is record 3 of epoch 3, after record 1 of epoch 3$/)
  refused([second, third], /^line 1 .* it is record 2 of epoch 3, after record 0 of epoch 0$/)
  refused([first, second, first], /^line 3 .* it is record 1/)
  refused(
    lines(change('confirmed', entryAfter(['confirm', 'go']))),
    /^line 1 .* it says that a was confirmed, the lines before: new$/,
  )
  refused(lines({ kind: 'snapshot', count: 0 }), /^line 1 .* it belongs into a snapshot$/)
})

test('a snapshot stands for all lines up to its number', () => {
  const journal = lines(
    { kind: 'start' },
    change(null, entryAfter([])),
    change('held', entryAfter(['confirm'])),
    change('confirmed', entryAfter(['confirm', 'go'])),
  )
  const snapshot = [...snapshotLines(stamp(3), [entryAfter(['confirm'])])]
  const whole = found(journal, 2).book
  assert.equal(found(journal, 2, 'boot-1', snapshot).book.entries, whole.entries)
  assert.equal(found(journal.slice(3), 2, 'boot-1', snapshot).book.entries, whole.entries)
  assert.equal(found([], 2, 'boot-1', snapshot).seq, 3)
  refused(
    [encodeLine(record(5, { kind: 'start' }))],
    /^line 1 of the journal .* record 5 of epoch 3, after record 3/,
    snapshot,
  )
  refused([], /^the snapshot cannot be used: it should have 1 entries, and has 0$/, snapshot.slice(0, 1))
  refused([], /^line 2 of the snapshot /, [snapshot[0] ?? '', 'torn'])
  refused([], /^line 1 of the snapshot .* does not begin a snapshot$/, snapshot.slice(1))
})

test(
  '100,000 records are read in about 2 s',
  () => {
    const entry = entryAfter([...started, 'exit', 'traded'])
    const journal = Array.from({ length: 100_000 }, (_, i) =>
      encodeLine(record(i + 1, change(null, { ...entry, rid: `r${i}` }))),
    )
    const from = performance.now()
    const { book } = found(journal, 2)
    const ms = performance.now() - from
    assert.is(book.entries?.size, 100_000)
    assert.ok(ms < 30_000, `${ms.toFixed(0)} ms`)
  },
  { limitMs: 120_000 },
)

test.run()
