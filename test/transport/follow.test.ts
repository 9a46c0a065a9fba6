import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { followLogs } from '../../src/transport/follow.ts'
import { localTransport } from '../../src/transport/local.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('transport/follow')

test('settled logs have delivered everything that was in the files, again and again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-follow-'))
  const signal = new AbortController().signal
  const target = { name: 'here', kind: 'local', address: 'localhost' } as const
  const connection = await localTransport({ env: process.env }).connect(target, { signal })
  try {
    const heard = new Map<string, string>()
    const follower = await followLogs(connection, folder, ['a.log', 'b.log'], (file, chunk) =>
      heard.set(file, (heard.get(file) ?? '') + chunk.toString('utf8')),
    )
    await follower.settle(connection)
    let written = ''
    for (let cell = 1; cell <= 5; cell++) {
      const more = `cell ${cell}\n`.repeat(cell * 1000)
      written += more
      for (const file of ['a.log', 'b.log']) appendFileSync(join(folder, file), more)
      await follower.settle(connection)
      assert.equal([heard.get('a.log')?.length, heard.get('b.log')?.length], [written.length, written.length])
    }
    await follower.finish()
  } finally {
    await connection.close()
    rmSync(folder, { recursive: true })
  }
})

test.run()
