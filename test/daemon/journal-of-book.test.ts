import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { type Book, entryOf } from '../../src/book/book.ts'
import { decide } from '../../src/book/decide.ts'
import type { Entry } from '../../src/book/entry.ts'
import { encodeLine, type Happening, snapshotLines } from '../../src/book/journal.ts'
import { recover } from '../../src/book/recover.ts'
import type { State } from '../../src/book/states.ts'
import { openJournal } from '../../src/daemon/journal.ts'
import { readBook } from '../../src/daemon/journal-files.ts'
import { at, confirmOf, emptyBook, granted, holdOf, now, resources } from '../fixtures/booking.ts'
import { withFolder } from '../fixtures/scratch.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('the book in its files')

const stamp = (seq: number) => ({ seq, epoch: 1, boot: 'boot-1', ...now(1) })
const change = (from: State | null, data: Entry): Happening => ({
  ...{ kind: 'change', rid: data.rid, from, to: data.state, data },
})

/** A book with bookings a minute apart, as its daemon would have written it down. */
function booked(count: number): { readonly book: Book; readonly happenings: readonly Happening[] } {
  let book = emptyBook()
  const happenings: Happening[] = [{ kind: 'start' }]
  for (let i = 0; i < count; i++) {
    const held = granted(decide(book, holdOf(`r${i}`, { start: at(60 + 60 * i) }), now(0)))
    const confirmed = granted(decide(held.book, confirmOf(held.granted), now(0)))
    happenings.push(change(null, held.granted), change('held', confirmed.granted))
    book = confirmed.book
  }
  return { book, happenings }
}

async function recovered(folder: string) {
  const { snapshot, lines } = await readBook(folder)
  return recover({ snapshot, journal: lines, resources, now: now(1), boot: 'boot-1' }).book
}

test('a book comes back out of a journal, out of a snapshot with a journal behind it, and out of a torn one', () =>
  withFolder(async folder => {
    const { happenings } = booked(6)
    const { journal } = await openJournal(folder)
    const middle = 7 // the start, and three bookings
    let seq = 0
    const write = (happening: Happening) => journal.append(encodeLine({ ...stamp(++seq), ...happening }))
    for (const happening of happenings.slice(0, middle)) write(happening)
    await journal.synced()
    const first = await recovered(folder)
    for (const rid of ['r0', 'r1', 'r2']) assert.is(entryOf(first, rid)?.state, 'confirmed')
    const entries = [0, 1, 2].map(i => entryOf(first, `r${i}`) as Entry)
    const upTo = stamp(seq)
    const written = journal.snapshot(() => snapshotLines(upTo, entries))
    for (const happening of happenings.slice(middle)) write(happening)
    await written
    await journal.close()
    // The power goes while a record is written.
    await appendFile(
      join(folder, 'journal-2'),
      encodeLine({ ...stamp(seq + 1), kind: 'forget', rid: 'r5' }).slice(0, 40),
    )
    const { torn, lines, journal: again } = await openJournal(folder)
    assert.equal([torn, lines.length], [40, 6])
    await again.close()
    const second = await recovered(folder)
    for (let i = 0; i < 6; i++) assert.is(entryOf(second, `r${i}`)?.state, 'confirmed')
  }))

test.run()
