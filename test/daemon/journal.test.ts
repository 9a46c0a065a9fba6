import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { groupCommit } from '../../src/daemon/group-commit.ts'
import { openJournal } from '../../src/daemon/journal.ts'
import { readBook } from '../../src/daemon/journal-files.ts'
import { refusal } from '../fixtures/processes.ts'
import { random } from '../fixtures/random.ts'
import { needsMounts, withFolder, withSmallDisk } from '../fixtures/scratch.ts'
import { suite } from '../fixtures/suite.ts'
import { withVictims } from '../fixtures/victim.ts'

const test = suite('the journal’s files')

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => String(from + i))

/** Everything that counts, as one row of numbers. */
async function rowOf(folder: string): Promise<readonly string[]> {
  const { snapshot, lines } = await readBook(folder)
  return [...numbers(1, Number(snapshot.at(-1) ?? 0)), ...lines]
}

test('a new book is empty; what was synced is read back', () =>
  withFolder(async folder => {
    const { snapshot, lines, torn, journal } = await openJournal(folder)
    assert.equal([snapshot, lines, torn], [[], [], 0])
    for (const line of ['1', '{"ä":"\\n"}', '3']) journal.append(line)
    await journal.synced()
    assert.equal((await readBook(folder)).lines, ['1', '{"ä":"\\n"}', '3'])
    await journal.close()
    const again = await openJournal(folder)
    assert.equal(again.lines, ['1', '{"ä":"\\n"}', '3'])
    again.journal.append('4')
    await again.journal.close()
    assert.equal((await readBook(folder)).lines, ['1', '{"ä":"\\n"}', '3', '4'])
    assert.throws(() => again.journal.append('a\nb'), RangeError)
  }))

test('a torn last line is cut off wherever it was torn, and the next line stands behind the last whole one', () =>
  withFolder(async folder => {
    const file = join(folder, 'journal-1')
    const text = '1\n22\nä33\n'
    const bytes = Buffer.from(text)
    for (let length = 0; length <= bytes.length; length++) {
      await writeFile(file, bytes.subarray(0, length))
      const whole = bytes.subarray(0, length).lastIndexOf(0x0a) + 1
      const { lines, torn, journal } = await openJournal(folder)
      assert.is(torn, length - whole)
      assert.equal(lines, text.split('\n').slice(0, -1).slice(0, lines.length))
      journal.append('next')
      await journal.close()
      assert.is(await readFile(file, 'utf8'), `${bytes.toString('utf8', 0, whole)}next\n`)
    }
  }))

test('a file that is missing in the middle, or torn there, stops the daemon', () =>
  withFolder(async folder => {
    const { journal } = await openJournal(folder)
    journal.append('1')
    await journal.snapshot(() => ['snapshot', '1'])
    journal.append('2')
    await journal.close()
    await writeFile(join(folder, 'journal-4'), '')
    const missing = await refusal(readBook(folder))
    assert.is(missing.code, 'BOOK_JOURNAL')
    assert.is(missing.message, `${join(folder, 'journal-3')} is missing`)
    await writeFile(join(folder, 'journal-3'), '')
    assert.equal(await rowOf(folder), ['1', '2'])
    await truncate(join(folder, 'journal-2'), 1)
    assert.is((await refusal(readBook(folder))).message, `${join(folder, 'journal-2')} ends in the middle of a line`)
  }))

test('a snapshot takes the place of what was before it, and nothing else', () =>
  withFolder(async folder => {
    const { journal } = await openJournal(folder)
    for (const line of numbers(1, 3)) journal.append(line)
    const written = journal.snapshot(() => ['snapshot', '3'])
    for (const line of numbers(4, 6)) journal.append(line)
    await journal.synced()
    assert.equal(await rowOf(folder), numbers(1, 6))
    await written
    assert.equal((await readdir(folder)).sort(), ['journal-2', 'snapshot-2'])
    const { snapshot, lines } = await readBook(folder)
    assert.equal([snapshot, lines], [['snapshot', '3'], numbers(4, 6)])
    await journal.close()
  }))

test('a snapshot that is asked for while another is written stands for what is there when its turn comes', () =>
  withFolder(async folder => {
    const { journal } = await openJournal(folder)
    let last = 0
    const more = (count: number) => {
      for (const line of numbers(last + 1, last + count)) journal.append(line)
      last += count
    }
    const snapshot = () => journal.snapshot(() => ['snapshot', String(last)])
    const written: Promise<void>[] = []
    for (const count of [3, 2, 4, 1]) {
      more(count)
      written.push(snapshot())
      more(1)
    }
    await Promise.all(written)
    assert.equal(await rowOf(folder), numbers(1, last))
    more(2)
    await journal.close()
    assert.equal(await rowOf(folder), numbers(1, last))
    assert.equal((await readdir(folder)).sort(), ['journal-5', 'snapshot-5'])
  }))

test('a snapshot that a crash left half-written counts for nothing', () =>
  withFolder(async folder => {
    const { journal } = await openJournal(folder)
    journal.append('1')
    await journal.close()
    await writeFile(join(folder, 'snapshot-2.new'), 'snaps')
    assert.equal(await rowOf(folder), ['1'])
    const again = await openJournal(folder)
    await again.journal.snapshot(() => ['snapshot', '1'])
    await again.journal.close()
    assert.equal((await readdir(folder)).sort(), ['journal-2', 'snapshot-2'])
  }))

test('one sync serves all who wait, there are no two within 2 ms, and nobody is told before it', async () => {
  const writes: { readonly at: number; readonly text: string }[] = []
  let onDisk = ''
  const { append, synced } = groupCommit(async text => {
    writes.push({ at: performance.now(), text })
    await new Promise(resolve => setTimeout(resolve, 1))
    onDisk += text
  })
  const started = performance.now()
  let told = 0
  const waiting: Promise<void>[] = []
  for (let i = 0; i < 400; i++) {
    append(`${i}\n`)
    waiting.push(
      synced().then(() => {
        assert.ok(onDisk.includes(`${i}\n`))
        told += 1
      }),
    )
    if (i % 20 === 0) await new Promise(resolve => setTimeout(resolve, 1))
  }
  await Promise.all(waiting)
  const tookMs = performance.now() - started
  assert.is(told, 400)
  assert.is(writes.map(({ text }) => text).join(''), Array.from({ length: 400 }, (_, i) => `${i}\n`).join(''))
  assert.ok(writes.length <= tookMs / 2 + 1, `${writes.length} syncs in ${tookMs} ms`)
  // Timers may be early by a fraction of a millisecond.
  for (const [i, { at }] of writes.entries()) assert.ok(i === 0 || at - (writes[i - 1]?.at ?? 0) >= 1)
})

test('after a sync that failed nothing is said to be on disk any more', async () => {
  let tries = 0
  const { append, synced } = groupCommit(async () => {
    tries += 1
    if (tries === 2) throw new Error('EIO')
  })
  append('1')
  await synced()
  append('2')
  const [first, second] = await Promise.allSettled([synced(), synced()])
  assert.equal([first?.status, second?.status], ['rejected', 'rejected'])
  append('3')
  assert.is((await Promise.allSettled([synced()]))[0]?.status, 'rejected')
  assert.is(tries, 2)
})

test.unless(
  needsMounts,
  'a full disk is told to all who wait, and a snapshot mends the journal when there is room',
  () =>
    withSmallDisk(262_144, async folder => {
      const { journal } = await openJournal(folder)
      journal.append('1')
      await journal.synced()
      await fill(join(folder, 'filler'))
      journal.append('2'.repeat(8_192))
      const full = await refusal(journal.synced())
      assert.is(full.code, 'BOOK_JOURNAL')
      assert.match(full.message, /the journal cannot be written: ENOSPC/)
      assert.is((await refusal(journal.snapshot(() => ['x'.repeat(100_000)]))).code, 'BOOK_JOURNAL')
      journal.append('3')
      assert.is((await refusal(journal.synced())).code, 'BOOK_JOURNAL')
      await rm(join(folder, 'filler'))
      journal.append('4')
      assert.is((await refusal(journal.synced())).code, 'BOOK_JOURNAL')
      await journal.snapshot(() => ['snapshot', '4'])
      journal.append('5')
      await journal.synced()
      assert.equal(await rowOf(folder), numbers(1, 5))
      await journal.close()
      assert.equal(await rowOf(folder), numbers(1, 5))
    }),
)

test('whatever a writer had said to be on disk is there when it is killed, snapshots or not', () =>
  withFolder(folder =>
    withVictims('journal-victim.ts', async start => {
      const { int } = random(7)
      let said = 0
      for (let round = 0; round < 6; round++) {
        const victim = start(folder)
        const from = (await victim.said()) as number
        assert.ok(from >= said, `it goes on at ${from}, and had said ${said}`)
        for (let lines = int(1, 60); lines > 0; lines--) said = (await victim.said()) as number
        await victim.kill('SIGKILL')
        const row = await rowOf(folder)
        assert.ok(row.length >= said, `it had said ${said}, and ${row.length} are there`)
        assert.equal(row, numbers(1, row.length))
      }
    }),
  ))

async function fill(path: string): Promise<void> {
  const error = await writeFile(path, Buffer.alloc(1_000_000)).then(
    () => undefined,
    (each: NodeJS.ErrnoException) => each,
  )
  assert.is(error?.code, 'ENOSPC')
}

test.run()
