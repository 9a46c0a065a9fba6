import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { lockFolder } from '../../src/daemon/book-folder.ts'
import { isAlive } from '../../src/daemon/proc.ts'
import { refusal, until } from '../fixtures/processes.ts'
import { withFolder } from '../fixtures/scratch.ts'
import { suite } from '../fixtures/suite.ts'
import { withVictims } from '../fixtures/victim.ts'

const test = suite('the lock of a book')

test('a second daemon does not get the book, and gets it when the first has let it go', () =>
  withFolder(async folder => {
    const first = await lockFolder(folder)
    const error = await refusal(lockFolder(folder))
    assert.is(error.code, 'BOOK_LOCKED')
    assert.is(error.message, `another lockstepd has the book in ${folder}`)
    await first.release()
    await (await lockFolder(folder)).release()
  }))

test('the lock dies with its holder, even when a program that it started lives on', () =>
  withFolder(folder =>
    withVictims('journal-victim.ts', async start => {
      const victim = start(folder, 'lock')
      const other = (await victim.said()) as number
      try {
        assert.is((await refusal(lockFolder(folder))).code, 'BOOK_LOCKED')
        await victim.kill('SIGKILL')
        assert.ok(isAlive(other))
        await (await lockFolder(folder)).release()
      } finally {
        process.kill(other, 'SIGKILL')
        await until(() => !isAlive(other))
      }
    }),
  ))

test('of many that start at once one gets it', () =>
  withFolder(async folder => {
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(join(folder, 'new'))))
    const got = outcomes.flatMap(each => (each.status === 'fulfilled' ? [each.value] : []))
    assert.is(got.length, 1)
    await got[0]?.release()
  }))

test('a link in the place of the lock is not followed', () =>
  withFolder(async folder => {
    await mkdir(join(folder, 'book'))
    await writeFile(join(folder, 'elsewhere'), '')
    await symlink('../elsewhere', join(folder, 'book/lock'))
    const error = await lockFolder(join(folder, 'book')).then(
      () => undefined,
      (each: NodeJS.ErrnoException) => each,
    )
    assert.is(error?.code, 'ELOOP')
  }))

test.run()
