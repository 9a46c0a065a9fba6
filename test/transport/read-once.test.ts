import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { readOnce } from '../../src/transport/read-once.ts'
import { withFolder } from '../fixtures/scratch.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('transport/read-once')

test('a file is read once for however many ask, and anew when it was written to, replaced or gone', async () => {
  await withFolder(async folder => {
    const file = join(folder, 'known_hosts')
    let reads = 0
    const read = readOnce(octets => `${octets} ${++reads}`)
    writeFileSync(file, 'a')
    assert.equal(await Promise.all([read(file), read(file)]), ['a 1', 'a 1'])
    assert.is(await read(file), 'a 1')
    writeFileSync(file, 'b')
    assert.is(await read(file), 'b 2')
    writeFileSync(join(folder, 'other'), 'c')
    renameSync(join(folder, 'other'), file)
    assert.is(await read(file), 'c 3')
    rmSync(file)
    assert.is(await read(file).catch(({ code }) => code), 'ENOENT')
  })
})

test.run()
