import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { claimFolder } from '../../src/cli/folder-claim.ts'
import { withFolder } from '../fixtures/made-run.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('cli/folder-claim')

test('one process writes into a folder at a time, and the next one when it is done', () =>
  withFolder({}, folder => {
    const release = claimFolder(folder)
    assert.throws(() => claimFolder(folder), /is going on: process \d+ runs it/)
    release()
    claimFolder(folder)()
  }))

test('the claim of a dead process is none', () =>
  withFolder({}, async folder => {
    const child = spawn(process.execPath, ['-e', ''])
    await once(child, 'exit')
    writeFileSync(join(folder, '.controller'), `${child.pid} 12345\n`)
    claimFolder(folder)()
  }))

test('a later process of the same number is not taken for the one that claimed', () =>
  withFolder({ '.controller': `${process.pid} 1\n` }, folder => {
    claimFolder(folder)()
  }))

test.run()
